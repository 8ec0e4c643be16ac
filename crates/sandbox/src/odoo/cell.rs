//! Cells that hold no reference: text to booleans, numbers, dates, choices and JSON.

use serde_json::{Map, Value as Json, json};

use super::convert::{Problem, Wrong, problem};
use super::refusal::Refusal;
use super::schema::{Kind, Model};
use super::value::{decimal_of, python_type};

pub(super) fn plain(
    _model: Model,
    kind: Kind,
    value: &Json,
    warnings: &mut Vec<Problem>,
) -> Result<Json, Wrong> {
    match kind {
        Kind::Bool => {
            let text = string(value, "lower")?;
            if let Some(yes) = truth(text) {
                return Ok(json!(yes));
            }
            // Odoo says so as an error and still goes on with "yes".
            warnings.push(Problem {
                warning: false,
                message: format!("Unknown value '{text}' for boolean field '%(field)s'"),
                extra: Some(more("Use '1' for yes and '0' for no")),
            });
            Ok(json!(true))
        }
        Kind::Int => match value {
            Json::Number(n) => Ok(json!(n)),
            Json::Bool(yes) => Ok(json!(i64::from(*yes))),
            Json::String(text) => text.trim().parse::<i64>().map(|n| json!(n)).map_err(|_| {
                problem(
                    format!("'{text}' does not seem to be an integer for field '%(field)s'"),
                    Map::new(),
                )
            }),
            other => Err(Refusal::type_error(format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                python_type(other)
            ))
            .into()),
        },
        Kind::Float(_) | Kind::Price | Kind::Money => float_cell(value),
        Kind::Json => json_cell(value),
        Kind::Selection(options) => {
            let text = string(value, "lower")?;
            let wanted = text.to_lowercase();
            let found = options.iter().find(|(key, label)| {
                key.to_lowercase() == wanted || label.to_lowercase() == wanted
            });
            found.map(|(key, _)| json!(key)).ok_or_else(|| {
                let labels: Vec<&str> = options.iter().map(|(_, label)| *label).collect();
                problem(
                    format!("Value '{text}' not found in selection field '%(field)s'"),
                    Map::from_iter([("moreinfo".to_owned(), json!(labels))]),
                )
            })
        }
        Kind::Date | Kind::Datetime => {
            let text = string(value, "strptime")?;
            let kind_name = kind.name();
            super::value::parse_time(text)
                .map(|_| value.clone())
                .map_err(|_| {
                    problem(
                        format!(
                            "'{text}' does not seem to be a valid {kind_name} for field '%(field)s'"
                        ),
                        more(if kind == Kind::Date {
                            "Use the format '2012-12-31'"
                        } else {
                            "Use the format '2012-12-31 23:59:59'"
                        }),
                    )
                })
        }
        _ => Ok(value.clone()),
    }
}

fn float_cell(value: &Json) -> Result<Json, Wrong> {
    match value {
        Json::Number(n) => Ok(json!(n)),
        Json::Bool(yes) => Ok(json!(i64::from(*yes))),
        Json::String(text) if decimal_of(text).is_some() => Ok(value.clone()),
        Json::String(text) => Err(problem(
            format!("'{text}' does not seem to be a number for field '%(field)s'"),
            Map::new(),
        )),
        other => Err(Refusal::type_error(format!(
            "float() argument must be a string or a real number, not '{}'",
            python_type(other)
        ))
        .into()),
    }
}

/// JSON comes as a string that holds it.
fn json_cell(value: &Json) -> Result<Json, Wrong> {
    let Json::String(text) = value else {
        return Err(Refusal::type_error(format!(
            "the JSON object must be str, bytes or bytearray, not {}",
            python_type(value)
        ))
        .into());
    };
    serde_json::from_str(text).map_err(|_| {
        problem(
            format!("'{text}' does not seem to be a valid JSON for field '%(field)s'"),
            Map::new(),
        )
    })
}

fn more(text: &str) -> Map<String, Json> {
    Map::from_iter([("moreinfo".to_owned(), json!(text))])
}

/// The cell as a string, or the crash that Python has when it is none.
pub(super) fn string<'a>(value: &'a Json, method: &str) -> Result<&'a str, Wrong> {
    value.as_str().ok_or_else(|| {
        Wrong::Crash(Refusal::attribute_error(format!(
            "'{}' object has no attribute '{method}'",
            python_type(value)
        )))
    })
}

pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" => Some(true),
        "" | "0" | "false" | "no" => Some(false),
        _ => None,
    }
}
