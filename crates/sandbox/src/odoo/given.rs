//! Values as clients give them in `create` and `write`, made into what is stored.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::Id;
use super::database::Tx;
use super::html::sanitised;
use super::refusal::{Kind as Failure, Refusal};
use super::schema::{Field, Kind, Model, Source, log};
use super::value::{Value, decimal, decimal_of, is_truthy, python_repr, rounded};
use super::write::Values;

/// The stored values among the given ones. What only the server writes is dropped without a word, as Odoo does.
pub(super) fn converted(
    tx: &Tx<'_>,
    model: Model,
    vals: &Values,
) -> Result<Vec<(usize, Value)>, Refusal> {
    let definition = model.definition();
    let mut out = Vec::with_capacity(vals.len());
    for (name, json) in vals {
        let Some(place) = definition.find(name) else {
            continue;
        };
        let field = definition.at(place);
        let is_lines = matches!(field.kind, Kind::One2many(..) | Kind::Many2many(_));
        let elsewhere = matches!(field.source, Source::Computed | Source::Inherited);
        if place <= log::WRITE_DATE || elsewhere || is_lines {
            continue;
        }
        out.push((place, convert(tx, model, field, json)?));
    }
    Ok(out)
}

fn convert(tx: &Tx<'_>, model: Model, field: &Field, json: &Json) -> Result<Value, Refusal> {
    Ok(match field.kind {
        Kind::Bool => Value::Bool(is_truthy(json)),
        Kind::Int => Value::Int(integer(json)?),
        Kind::Float(places) => number(json, places)?,
        Kind::Price => number(json, tx.db.price_digits)?,
        Kind::Money => number(json, Some(2))?,
        Kind::Json => json_value(json)?,
        Kind::Many2one(_) => many2one(field, json)?,
        // The languages are not checked on writing, unlike in `load`.
        Kind::Selection(_) if field.name == "lang" => match json {
            Json::String(code) if !code.is_empty() => Value::text(code),
            _ => Value::Empty,
        },
        Kind::Selection(options) => match json {
            Json::Null | Json::Bool(false) => Value::Empty,
            Json::String(text) if options.iter().any(|(key, _)| key == text) => Value::text(text),
            other => {
                return Err(Refusal::value_error(format!(
                    "Wrong value for {}.{}: {}",
                    model.name(),
                    field.name,
                    python_repr(other)
                )));
            }
        },
        Kind::Html => match json {
            Json::Null | Json::Bool(false) => Value::Empty,
            Json::String(text) => Value::text(&sanitised(text)),
            other => Value::text(&sanitised(&python_repr(other))),
        },
        Kind::Date => match json {
            // Of a time, the day counts.
            Json::String(text) if !text.is_empty() => match text.get(..10) {
                Some(day) if day.parse::<jiff::civil::Date>().is_ok() => Value::text(day),
                _ => {
                    return Err(Refusal::value_error(format!(
                        "time data {} does not match format '%Y-%m-%d'",
                        python_repr(json)
                    )));
                }
            },
            _ => Value::Empty,
        },
        Kind::Datetime => match json {
            Json::String(text) if !text.is_empty() => {
                Value::Time(super::value::parse_time(text)?.0)
            }
            _ => Value::Empty,
        },
        Kind::Char | Kind::Text => match json {
            Json::Null | Json::Bool(false) => Value::Empty,
            Json::String(text) => Value::text(text),
            other => Value::text(&python_repr(other)),
        },
        Kind::One2many(..) | Kind::Many2many(_) => Value::Empty,
    })
}

/// Whatever is no id reaches PostgreSQL as it is.
fn many2one(field: &Field, json: &Json) -> Result<Value, Refusal> {
    let wrong = |name, message: String| Err(Refusal::new(Failure::Python(name), message));
    match json {
        Json::Number(n) if n.as_i64() != Some(0) => {
            Ok(n.as_i64().map_or(Value::Empty, |n| Value::Ref(Id(n))))
        }
        Json::String(text) if !text.is_empty() => match text.parse() {
            Ok(n) => Ok(Value::Ref(Id(n))),
            Err(_) => wrong(
                "psycopg2.errors.InvalidTextRepresentation",
                format!("invalid input syntax for type integer: \"{text}\"\n"),
            ),
        },
        Json::Array(items) if !items.is_empty() => wrong(
            "psycopg2.errors.DatatypeMismatch",
            format!(
                "column \"{}\" is of type integer but expression is of type integer[]\n",
                field.name
            ),
        ),
        _ => Ok(Value::Empty),
    }
}

fn number(json: &Json, places: Option<u32>) -> Result<Value, Refusal> {
    let number = match json {
        Json::Null => Decimal::ZERO,
        Json::Bool(yes) => Decimal::from(u8::from(*yes)),
        Json::Number(n) => decimal(n),
        Json::String(text) if text.is_empty() => Decimal::ZERO,
        Json::String(text) => decimal_of(text).ok_or_else(|| {
            Refusal::value_error(format!(
                "could not convert string to float: {}",
                python_repr(json)
            ))
        })?,
        other => {
            return Err(Refusal::type_error(format!(
                "float() argument must be a string or a real number, not '{}'",
                super::value::python_type(other)
            )));
        }
    };
    Ok(Value::Number(
        places.map_or(number, |places| rounded(number, places)),
    ))
}

/// The only JSON of the simulated models is the analytic distribution: percents by accounts, which are not looked up.
fn json_value(json: &Json) -> Result<Value, Refusal> {
    let parts = match json {
        Json::Object(parts) => parts,
        other if !is_truthy(other) => return Ok(Value::Empty),
        other => {
            return Err(Refusal::attribute_error(format!(
                "'{}' object has no attribute 'items'",
                super::value::python_type(other)
            )));
        }
    };
    if parts.is_empty() {
        return Ok(Value::Empty);
    }
    let mut out = Map::new();
    for (accounts, percent) in parts {
        let Value::Number(percent) = number(percent, Some(2))? else {
            continue;
        };
        out.insert(accounts.clone(), super::value::float(percent));
    }
    Ok(Value::Json(Arc::new(Json::Object(out))))
}

fn integer(json: &Json) -> Result<i64, Refusal> {
    match json {
        Json::Null => Ok(0),
        Json::Bool(yes) => Ok(i64::from(*yes)),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "Python's int() cuts the fraction off too"
        )]
        Json::Number(n) => Ok(n
            .as_i64()
            .unwrap_or_else(|| n.as_f64().unwrap_or_default() as i64)),
        Json::String(text) if text.is_empty() => Ok(0),
        Json::String(text) => text.trim().parse().map_err(|_| {
            Refusal::value_error(format!(
                "invalid literal for int() with base 10: {}",
                python_repr(json)
            ))
        }),
        other => Err(Refusal::type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            super::value::python_type(other)
        ))),
    }
}
