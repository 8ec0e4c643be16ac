//! Making, changing and deleting records: what every model has in common.
//!
//! Values come as JSON, in the shapes that Odoo's `create` and `write` take. What the partner does beyond this stands
//! in `partner`, and so on for every model with rules of its own.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::Id;
use super::access::{self, Operation};
use super::constraint::{check_cycle, check_row, release};
use super::database::{Tx, blank, external_target};
use super::derived;
use super::html::sanitised;
use super::lines::apply_lines;
use super::order;
use super::order_line;
use super::partner;
use super::product;
use super::receipt;
use super::refusal::{Kind as Failure, Refusal};
use super::schema::{Field, Kind, Model, Source, log};
use super::stock;
use super::tree;
use super::value::{Value, decimal, decimal_of, is_truthy, python_repr, rounded};

pub(super) type Values = Map<String, Json>;

/// `create`: new records, in the order of the given values.
pub(super) fn create(
    tx: &mut Tx<'_>,
    model: Model,
    vals_list: Vec<Values>,
) -> Result<Vec<Id>, Refusal> {
    if vals_list.is_empty() {
        return Ok(Vec::new());
    }
    let external: Vec<Option<String>> =
        vals_list.iter().map(|v| given_external_id(tx, v)).collect();
    let ids = match model {
        Model::Partner => partner::create(tx, vals_list)?,
        Model::Product => product::create(tx, vals_list)?,
        Model::Template => product::create_templates(tx, vals_list)?,
        Model::Order => order::create(tx, vals_list)?,
        Model::OrderLine => order_line::create(tx, vals_list)?,
        _ => {
            let ids = create_plain(tx, model, &vals_list)?;
            tree::name(tx, model, &ids)?;
            ids
        }
    };
    let noupdate = tx.context_flag("noupdate");
    for (id, external_id) in ids.iter().zip(external) {
        if let Some(external_id) = external_id {
            bind(tx, &external_id, model, *id, noupdate)?;
        }
    }
    Ok(ids)
}

/// During an import, a record's values may carry its external id as `id`.
fn given_external_id(tx: &Tx<'_>, vals: &Values) -> Option<String> {
    let module = tx.env.context.get("_import_current_module")?.as_str()?;
    let name = vals.get("id")?.as_str().filter(|name| !name.is_empty())?;
    Some(if name.contains('.') {
        name.to_owned()
    } else {
        format!("{module}.{name}")
    })
}

/// The part of `create` that knows no model's own rules.
pub(super) fn create_plain(
    tx: &mut Tx<'_>,
    model: Model,
    vals_list: &[Values],
) -> Result<Vec<Id>, Refusal> {
    access::check(tx, model, Operation::Create, &[])?;
    for vals in vals_list {
        check_names(model, vals)?;
    }
    let mut ids = Vec::with_capacity(vals_list.len());
    for vals in vals_list {
        let mut row = blank(model);
        let definition = model.definition();
        for (place, field) in definition.fields.iter().enumerate() {
            if !vals.contains_key(field.name)
                && let Some(value) = field.default_value()
            {
                row[place] = value;
            }
        }
        for (place, value) in converted(tx, model, vals)? {
            row[place] = value;
        }
        if let Some(kind) = vals.get("company_type").filter(|_| model == Model::Partner) {
            row[definition.place("is_company")] = Value::Bool(kind == "company");
        }
        check_row(tx, model, &row, None)?;
        ids.push(tx.insert(model, row));
    }
    for (id, vals) in ids.iter().zip(vals_list) {
        apply_lines(tx, model, *id, vals)?;
        check_cycle(tx, model, *id, vals)?;
    }
    access::check(tx, model, Operation::Create, &ids)?;
    Ok(ids)
}

/// `write`: the same values into all the records.
pub(super) fn write(
    tx: &mut Tx<'_>,
    model: Model,
    ids: &[Id],
    vals: Values,
) -> Result<(), Refusal> {
    match model {
        Model::Partner => partner::write(tx, ids, vals),
        Model::Product => product::write(tx, ids, vals),
        Model::Template => product::write_templates(tx, ids, vals),
        Model::Order => order::write(tx, ids, &vals),
        Model::OrderLine => order_line::write(tx, ids, &vals),
        Model::StockMove => stock::write_moves(tx, ids, &vals),
        _ => {
            write_plain(tx, model, ids, &vals)?;
            tree::name(tx, model, ids)
        }
    }
}

/// `action_archive` and `action_unarchive`.
pub(super) fn archive(
    tx: &mut Tx<'_>,
    model: Model,
    ids: &[Id],
    active: bool,
) -> Result<(), Refusal> {
    let vals = Map::from_iter([("active".to_owned(), Json::Bool(active))]);
    write(tx, model, ids, vals)?;
    if model == Model::Product {
        product::after_archiving(tx, ids, active)?;
    }
    Ok(())
}

/// The part of `write` that knows no model's own rules. Even without a value it bumps `write_date`.
pub(super) fn write_plain(
    tx: &mut Tx<'_>,
    model: Model,
    ids: &[Id],
    vals: &Values,
) -> Result<(), Refusal> {
    if ids.is_empty() {
        return Ok(());
    }
    access::check(tx, model, Operation::Write, ids)?;
    check_names(model, vals)?;
    let mut changes = converted(tx, model, vals)?;
    if let Some(kind) = vals.get("company_type").filter(|_| model == Model::Partner) {
        let place = model.definition().place("is_company");
        changes.push((place, Value::Bool(kind == "company")));
    }
    for id in ids {
        let mut row = tx.existing(model, *id)?.values.clone();
        for (place, value) in &changes {
            row[*place] = value.clone();
        }
        check_row(tx, model, &row, Some(*id))?;
        tx.update(model, *id, changes.clone())?;
        apply_lines(tx, model, *id, vals)?;
        check_cycle(tx, model, *id, vals)?;
    }
    Ok(())
}

/// `unlink`: the records, their external ids, and what pointed to them no longer points anywhere.
pub(super) fn unlink(tx: &mut Tx<'_>, model: Model, ids: &[Id]) -> Result<(), Refusal> {
    if ids.is_empty() {
        return Ok(());
    }
    access::check(tx, model, Operation::Unlink, ids)?;
    match model {
        Model::Partner => partner::check_unlink(tx, ids)?,
        Model::Order => order::check_unlink(tx, ids)?,
        Model::OrderLine => order_line::check_unlink(tx, ids)?,
        _ => {}
    }
    let mut orphans = Vec::new();
    let companions = companions(tx, model, ids)?;
    for (model, id) in ids.iter().map(|id| (model, *id)).chain(companions) {
        if tx.row(model, id).is_none() {
            continue;
        }
        orphans.extend(release(tx, model, id, ids)?);
        delete(tx, model, id)?;
    }
    match model {
        Model::Partner => derived::recompute(tx, &orphans),
        Model::OrderLine => order::settle(tx, &orphans, order::Cause::Lines),
        _ => Ok(()),
    }
}

/// What goes with these records, first.
fn companions(tx: &mut Tx<'_>, model: Model, ids: &[Id]) -> Result<Vec<(Model, Id)>, Refusal> {
    let lines: Vec<Id> = match model {
        Model::Order => ids.iter().flat_map(|id| order::lines(tx, *id)).collect(),
        Model::OrderLine => ids.to_vec(),
        _ => return Ok(product::companions(tx, model, ids)),
    };
    for line in &lines {
        receipt::forget_line(tx, *line)?;
    }
    let going = |line: &Id| model == Model::Order || !ids.contains(line);
    Ok(lines
        .into_iter()
        .filter(going)
        .map(|line| (Model::OrderLine, line))
        .collect())
}

/// Deletes a record and its external ids.
pub(super) fn delete(tx: &mut Tx<'_>, model: Model, id: Id) -> Result<(), Refusal> {
    tx.delete(model, id)?;
    let external: Vec<Id> = tx
        .db
        .external_rows_of(model.name(), id)
        .map(super::database::Row::id)
        .collect();
    for row in external {
        tx.delete(Model::ExternalId, row)?;
    }
    Ok(())
}

pub(super) fn check_names(model: Model, vals: &Values) -> Result<(), Refusal> {
    for name in vals.keys() {
        if model.definition().find(name).is_none() {
            return Err(Refusal::value_error(format!(
                "Invalid field '{name}' in '{}'",
                model.name()
            )));
        }
    }
    Ok(())
}

/// The stored values among the given ones. What only the server writes is dropped without a word, as Odoo does.
fn converted(tx: &Tx<'_>, model: Model, vals: &Values) -> Result<Vec<(usize, Value)>, Refusal> {
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

/// Gives a record an external id, as `INSERT .. ON CONFLICT (module, name) DO UPDATE`: an id that exists is pointed to
/// the record; one that another transaction has just made ends this transaction.
pub(super) fn bind(
    tx: &mut Tx<'_>,
    external_id: &str,
    model: Model,
    id: Id,
    noupdate: bool,
) -> Result<(), Refusal> {
    if external_id.contains(' ') {
        return Err(Refusal::constraint(
            format!(
                "new row for relation \"ir_model_data\" violates check constraint \
                 \"ir_model_data_name_nospaces\"\nDETAIL:  Failing row contains ({external_id}, {}, {id}).\n",
                model.name()
            ),
            None,
        ));
    }
    if tx.contended {
        return Err(Refusal::serialization());
    }
    let definition = Model::ExternalId.definition();
    if let Some(row) = tx.db.external_row(external_id) {
        if tx.is_from_the_future(row) {
            return Err(Refusal::serialization());
        }
        if external_target(row) == (model.name().to_owned(), id) {
            return Ok(());
        }
        let row = row.id();
        let changes = vec![
            (definition.place("model"), Value::text(model.name())),
            (definition.place("res_id"), Value::Int(id.0)),
        ];
        return tx.update(Model::ExternalId, row, changes);
    }
    let (module, name) = external_id.split_once('.').unwrap_or(("", external_id));
    let mut row = blank(Model::ExternalId);
    row[definition.place("module")] = Value::text(module);
    row[definition.place("name")] = Value::text(name);
    row[definition.place("model")] = Value::text(model.name());
    row[definition.place("res_id")] = Value::Int(id.0);
    row[definition.place("noupdate")] = Value::Bool(noupdate);
    tx.insert(Model::ExternalId, row);
    Ok(())
}

/// Outside of `load`, a broken constraint is told as a validation error.
pub(super) fn as_call_failure(refusal: Refusal) -> Refusal {
    if refusal.kind == Failure::Constraint {
        Refusal::validation(format!(
            "The operation cannot be completed: {}",
            refusal.message
        ))
    } else {
        refusal
    }
}
