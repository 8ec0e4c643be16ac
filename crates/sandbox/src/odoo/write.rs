//! Making, changing and deleting records: what every model has in common.
//!
//! Values come as JSON, in the shapes that Odoo's `create` and `write` take. What the partner does beyond this stands
//! in `partner`.

use serde_json::{Map, Value as Json};

use super::Id;
use super::access::{self, Operation};
use super::constraint::{check_cycle, check_row, release};
use super::database::{Tx, blank, external_target};
use super::derived;
use super::html::sanitised;
use super::lines::apply_lines;
use super::partner;
use super::refusal::{Kind as Failure, Refusal};
use super::schema::{Field, Kind, Model, Preset, Source, log};
use super::value::{Value, is_truthy, python_repr};

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
    let ids = if model == Model::Partner {
        partner::create(tx, vals_list)?
    } else {
        create_plain(tx, model, &vals_list)?
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
            if !vals.contains_key(field.name) {
                row[place] = match field.default {
                    Preset::None => continue,
                    Preset::True => Value::Bool(true),
                    Preset::Int(n) => Value::Int(n),
                    Preset::Text(text) => Value::text(text),
                };
            }
        }
        for (place, value) in converted(model, vals)? {
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
    if model == Model::Partner {
        partner::write(tx, ids, vals)
    } else {
        write_plain(tx, model, ids, &vals)
    }
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
    let mut changes = converted(model, vals)?;
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
    if model == Model::Partner {
        partner::check_unlink(tx, ids)?;
    }
    let mut orphans = Vec::new();
    for id in ids {
        if tx.row(model, *id).is_none() {
            continue;
        }
        orphans.extend(release(tx, model, *id, ids)?);
        tx.delete(model, *id)?;
        let external: Vec<Id> = tx
            .db
            .external_rows_of(model.name(), *id)
            .map(super::database::Row::id)
            .collect();
        for row in external {
            tx.delete(Model::ExternalId, row)?;
        }
    }
    if model == Model::Partner {
        derived::recompute(tx, &orphans)?;
    }
    Ok(())
}

fn check_names(model: Model, vals: &Values) -> Result<(), Refusal> {
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
fn converted(model: Model, vals: &Values) -> Result<Vec<(usize, Value)>, Refusal> {
    let definition = model.definition();
    let mut out = Vec::with_capacity(vals.len());
    for (name, json) in vals {
        let Some(place) = definition.find(name) else {
            continue;
        };
        let field = definition.at(place);
        let is_lines = matches!(field.kind, Kind::One2many(..) | Kind::Many2many(_));
        if place <= log::WRITE_DATE || field.source == Source::Computed || is_lines {
            continue;
        }
        out.push((place, convert(model, field, json)?));
    }
    Ok(out)
}

fn convert(model: Model, field: &Field, json: &Json) -> Result<Value, Refusal> {
    Ok(match field.kind {
        Kind::Bool => Value::Bool(is_truthy(json)),
        Kind::Int => Value::Int(integer(json)?),
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
            Json::String(text) if !text.is_empty() => Value::text(text),
            _ => Value::Empty,
        },
        Kind::Datetime => match json {
            Json::String(text) if !text.is_empty() => {
                Value::Time(super::value::parse_time(text)?.0)
            }
            _ => Value::Empty,
        },
        Kind::Char => match json {
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
