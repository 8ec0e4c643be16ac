//! Cells of a `load` to values: what Odoo calls the fields converter.
//!
//! Cells are meant to be strings. A falsy cell (`""`, `null`, `false`, `0`) clears its field; a number is taken where
//! Python happens to take it; a native `true` or a native object ends the whole call in a Python exception, as in
//! Odoo, because the converter calls string methods on it.

use serde_json::{Map, Value as Json, json};

use super::Id;
use super::cell::{plain, string, truth};
use super::database::Tx;
use super::load::Load;
use super::refusal::Refusal;
use super::schema::{Field, Kind, Model};
use super::search;
use super::value::{is_truthy, python_repr};
use super::write::Values;

/// One cell, or the sub-records of a relational column.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Plain(Json),
    Nested(Vec<Record>),
}

/// Column (without its path below) to cell; `""` stands for the record's own name.
pub(super) type Record = Vec<(String, Cell)>;

/// What is wrong with a cell. A problem of the data is a message of `load`; a crash ends the call.
#[derive(Debug)]
pub(super) enum Wrong {
    Data(Box<Problem>),
    Crash(Refusal),
}

/// A message about a cell; `%(field)s` stands for the field's label.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) warning: bool,
    pub(super) message: String,
    /// Extra entries of the message. `None`: not even the field's name is added.
    pub(super) extra: Option<Map<String, Json>>,
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self::Crash(refusal)
    }
}

pub(super) fn problem(message: impl Into<String>, extra: Map<String, Json>) -> Wrong {
    Wrong::Data(Box::new(Problem {
        warning: false,
        message: message.into(),
        extra: Some(extra),
    }))
}

fn bare_problem(message: &str) -> Wrong {
    Wrong::Data(Box::new(Problem {
        warning: false,
        message: message.to_owned(),
        extra: None,
    }))
}

const REFERENCES: [&str; 3] = ["", "id", ".id"];

/// Converts the cells of one record. `say` takes what is wrong with a field.
pub(super) fn convert_record(
    tx: &mut Tx<'_>,
    load: &mut Load,
    model: Model,
    record: &Record,
    say: &mut dyn FnMut(&'static Field, Problem) -> Result<(), Wrong>,
) -> Result<Values, Wrong> {
    let definition = model.definition();
    let mut out = Values::new();
    for (name, cell) in record {
        if REFERENCES.contains(&name.as_str()) {
            continue;
        }
        let Some(place) = definition.find(name) else {
            return Err(Refusal::new(
                super::refusal::Kind::Python("builtins.KeyError"),
                name.clone(),
            )
            .into());
        };
        let field = definition.at(place);
        let empty = match cell {
            Cell::Plain(json) => !is_truthy(json),
            Cell::Nested(records) => records.is_empty(),
        };
        if empty {
            out.insert(name.clone(), json!(false));
            continue;
        }
        let mut warnings = Vec::new();
        match convert_cell(tx, load, model, field, cell, &mut warnings) {
            Ok(value) => {
                out.insert(name.clone(), value);
                for warning in warnings {
                    say(field, warning)?;
                }
            }
            Err(Wrong::Data(mut problem)) => {
                if tx.context_flag("import_file") {
                    add_path(load, field, cell, &mut problem);
                }
                say(field, *problem)?;
            }
            Err(crash) => return Err(crash),
        }
    }
    Ok(out)
}

/// During the import of a file, a message that tells more also tells the path to its cell; the deepest one counts.
fn add_path(load: &Load, field: &Field, cell: &Cell, problem: &mut Problem) {
    let Some(extra) = problem.extra.as_mut().filter(|extra| !extra.is_empty()) else {
        return;
    };
    if extra.contains_key("field_path") {
        return;
    }
    let mut path = load.path_to(field.name);
    let mut at = cell;
    while let Cell::Nested(records) = at {
        let Some((name, below)) = records.first().and_then(|record| record.first()) else {
            break;
        };
        if !name.is_empty() {
            path.push(name.clone());
        }
        at = below;
    }
    extra.insert("field_path".to_owned(), json!(path));
}

fn convert_cell(
    tx: &mut Tx<'_>,
    load: &mut Load,
    model: Model,
    field: &'static Field,
    cell: &Cell,
    warnings: &mut Vec<Problem>,
) -> Result<Json, Wrong> {
    match (cell, field.kind) {
        (Cell::Nested(records), Kind::Many2one(comodel)) => {
            let (subfield, value) = reference(&records[0])?;
            let id = find(tx, load, comodel, subfield, value, warnings)?;
            Ok(id.map_or(json!(false), |id| json!(id)))
        }
        (Cell::Nested(records), Kind::Many2many(comodel)) => {
            let (subfield, value) = reference(&records[0])?;
            let mut ids = Vec::new();
            for one in string(value, "split")?.split(',') {
                ids.extend(find(tx, load, comodel, subfield, &json!(one), warnings)?);
            }
            if tx.context_flag("update_many2many") {
                return Ok(ids.iter().map(|id| json!([4, id])).collect());
            }
            Ok(json!([[6, 0, ids]]))
        }
        (Cell::Nested(records), Kind::One2many(comodel, _)) => {
            convert_lines(tx, load, field, comodel, records, warnings)
        }
        (Cell::Plain(value), kind) => plain(model, kind, value, warnings),
        (Cell::Nested(_), _) => Ok(json!(false)),
    }
}

/// The one way in which a relational cell names its record: by name, by external id or by database id.
fn reference(record: &Record) -> Result<(&str, &Json), Wrong> {
    if record
        .iter()
        .any(|(name, _)| !REFERENCES.contains(&name.as_str()))
    {
        return Err(bare_problem(
            "Can not create Many-To-One records indirectly, import the field separately",
        ));
    }
    let mut names: Vec<&str> = record.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    match (names.as_slice(), record.last()) {
        ([name], Some((_, Cell::Plain(value)))) => Ok((name, value)),
        _ => Err(bare_problem(
            "Ambiguous specification for field '%(field)s', only provide one of name, external id or database id",
        )),
    }
}

/// The record that a reference means. `None`: the cell says "nothing".
fn find(
    tx: &mut Tx<'_>,
    load: &mut Load,
    comodel: Model,
    subfield: &str,
    value: &Json,
    warnings: &mut Vec<Problem>,
) -> Result<Option<Id>, Wrong> {
    let (found, kind) = match subfield {
        ".id" => {
            if let Json::String(text) = value
                && truth(text) == Some(false)
            {
                return Ok(None);
            }
            let number = match value {
                Json::Number(n) => n.as_i64(),
                Json::Bool(yes) => Some(i64::from(*yes)),
                Json::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            let Some(number) = number else {
                let text = shown(value);
                return Err(problem(
                    format!("Invalid database id '{text}' for the field '%(field)s'"),
                    action(comodel, subfield),
                ));
            };
            let id = Id(number);
            (tx.row(comodel, id).map(|_| id), "database id")
        }
        "id" => {
            let text = string(value, "lower")?;
            if truth(text) == Some(false) {
                return Ok(None);
            }
            let external_id = load.full_name(text);
            load.flush_for(tx, &external_id);
            (
                find_external(tx, load, &external_id, comodel)?,
                "external id",
            )
        }
        _ => {
            load.flush_model(tx, comodel);
            let text = shown(value);
            let found = search::name_search(tx, comodel, &text, "=", None)?;
            if found.len() > 1 {
                warnings.push(Problem {
                    warning: true,
                    message: format!(
                        "Found multiple matches for value \"{text}\" in field \"%(field)s\" ({} matches)",
                        found.len()
                    ),
                    extra: None,
                });
            }
            (found.first().map(|(id, _)| *id), "name")
        }
    };
    if found.is_some() {
        return Ok(found);
    }
    let mut extra = action(comodel, subfield);
    let mut text = shown(value);
    if tx.context_flag("import_file") {
        text = text.chars().take(50).collect();
        extra.insert("value".to_owned(), json!(text));
        extra.insert("field_type".to_owned(), json!(kind));
    }
    Err(problem(
        format!("No matching record found for {kind} '{text}' in field '%(field)s'"),
        extra,
    ))
}

fn shown(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| python_repr(value), str::to_owned)
}

/// What Odoo's import screen would open to show the possible values.
fn action(comodel: Model, subfield: &str) -> Map<String, Json> {
    let mut action = json!({
        "name": "Possible Values",
        "type": "ir.actions.act_window",
        "target": "new",
        "view_mode": "list,form",
        "views": [[false, "list"], [false, "form"]],
        "context": {"create": false},
        "help": "See all possible values",
        "res_model": comodel.name(),
    });
    if !subfield.is_empty() {
        action["res_model"] = json!("ir.model.data");
        action["domain"] = json!([["model", "=", comodel.name()]]);
    }
    Map::from_iter([("moreinfo".to_owned(), action)])
}

/// Looks an external id up, through the cache that one `load` keeps (also for records that it has since rolled back).
fn find_external(
    tx: &Tx<'_>,
    load: &mut Load,
    external_id: &str,
    model: Model,
) -> Result<Option<Id>, Wrong> {
    let target = match load.cache.get(external_id) {
        Some(target) => Some(target.clone()),
        None => tx
            .db
            .external_row(external_id)
            .filter(|row| !tx.is_from_the_future(row))
            .map(super::database::external_target)
            .filter(|(_, id)| tx.row(model, *id).is_some()),
    };
    let Some((found, id)) = target else {
        return Ok(None);
    };
    load.cache
        .insert(external_id.to_owned(), (found.clone(), id));
    if found != model.name() {
        return Err(bare_problem(&format!(
            "Invalid external ID {external_id}: expected model '{}', found '{found}'",
            model.name()
        )));
    }
    Ok(Some(id))
}

fn convert_lines(
    tx: &mut Tx<'_>,
    load: &mut Load,
    field: &'static Field,
    comodel: Model,
    records: &[Record],
    warnings: &mut Vec<Problem>,
) -> Result<Json, Wrong> {
    let mut listed = Vec::new();
    let records: &[Record] = match records {
        [one]
            if one
                .iter()
                .all(|(name, _)| REFERENCES.contains(&name.as_str())) =>
        {
            let (subfield, value) = reference(one)?;
            for part in string(value, "split")?.split(',') {
                listed.push(vec![(subfield.to_owned(), Cell::Plain(json!(part)))]);
            }
            &listed
        }
        many => many,
    };
    let mut commands = Vec::new();
    for record in records {
        let references: Record = record
            .iter()
            .filter(|(name, _)| REFERENCES.contains(&name.as_str()))
            .cloned()
            .collect();
        load.hierarchy.push(field.name);
        let converted = {
            let mut say = |inner: &'static Field, mut problem: Problem| {
                if problem.warning {
                    warnings.push(problem);
                    return Ok(());
                }
                problem.message = problem
                    .message
                    .replace("%(field)s", &format!("%(field)s/{}", inner.label));
                Err(Wrong::Data(Box::new(problem)))
            };
            convert_record(tx, load, comodel, record, &mut say)
        };
        load.hierarchy.pop();
        let mut values = converted?;
        let mut id = None;
        if !references.is_empty() {
            let (subfield, value) = reference(&references)?;
            match find(tx, load, comodel, subfield, value, warnings) {
                Ok(found) => id = found,
                Err(Wrong::Data(_)) if subfield == "id" => {
                    values.insert("id".to_owned(), value.clone());
                }
                Err(wrong) => return Err(wrong),
            }
        }
        if let Some(id) = id {
            commands.push(json!([4, id]));
            commands.push(json!([1, id, values]));
        } else {
            commands.push(json!([0, 0, values]));
        }
    }
    Ok(Json::Array(commands))
}
