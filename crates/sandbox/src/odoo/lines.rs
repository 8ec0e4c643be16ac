//! Commands of one2many and many2many fields: `[0, 0, values]`, `[1, id, values]`, `[2, id]` to `[6, 0, ids]`.

use serde_json::{Value as Json, json};

use super::Id;
use super::bill_line;
use super::database::Tx;
use super::refusal::Refusal;
use super::schema::{Kind, Model};
use super::value::{Value, python_repr};
use super::write::{Values, create, unlink, write};

/// One2many and many2many commands among the values.
pub(super) fn apply_lines(
    tx: &mut Tx<'_>,
    model: Model,
    id: Id,
    vals: &Values,
) -> Result<(), Refusal> {
    let definition = model.definition();
    for (name, json) in vals {
        let Some(place) = definition.find(name) else {
            continue;
        };
        match definition.at(place).kind {
            Kind::One2many(comodel, inverse) => {
                let shown_only = name == "invoice_line_ids";
                for command in commands(json)? {
                    apply_to_lines(tx, id, (comodel, inverse, shown_only), &command)?;
                }
            }
            Kind::Many2many(comodel) => {
                let mut linked: Vec<Id> = tx.existing(model, id)?.values[place].as_many().to_vec();
                for command in commands(json)? {
                    apply_to_links(tx, comodel, &mut linked, &command)?;
                }
                tx.update(model, id, vec![(place, Value::Many(linked.into()))])?;
            }
            _ => {}
        }
    }
    Ok(())
}

enum Command {
    Create(Values),
    Update(Id, Values),
    Delete(Id),
    Unlink(Id),
    Link(Id),
    Clear,
    Set(Vec<Id>),
}

fn commands(json: &Json) -> Result<Vec<Command>, Refusal> {
    let items = match json {
        Json::Null | Json::Bool(false) => return Ok(vec![Command::Clear]),
        Json::Array(items) => items,
        other => {
            return Err(Refusal::value_error(format!(
                "Wrong value for a relation: {}",
                python_repr(other)
            )));
        }
    };
    if !items.is_empty() && items.iter().all(Json::is_number) {
        return Ok(vec![Command::Set(ids_of(json))]);
    }
    items
        .iter()
        .map(|item| {
            let parts = item.as_array().map(Vec::as_slice).unwrap_or_default();
            let id = || Id(parts.get(1).and_then(Json::as_i64).unwrap_or_default());
            let values = || {
                parts
                    .get(2)
                    .and_then(Json::as_object)
                    .cloned()
                    .unwrap_or_default()
            };
            match parts.first().and_then(Json::as_i64) {
                Some(0) => Ok(Command::Create(values())),
                Some(1) => Ok(Command::Update(id(), values())),
                Some(2) => Ok(Command::Delete(id())),
                Some(3) => Ok(Command::Unlink(id())),
                Some(4) => Ok(Command::Link(id())),
                Some(5) => Ok(Command::Clear),
                Some(6) => Ok(Command::Set(ids_of(parts.get(2).unwrap_or(&Json::Null)))),
                _ => Err(Refusal::value_error(format!(
                    "Wrong value for a relation: {}",
                    python_repr(item)
                ))),
            }
        })
        .collect()
}

fn ids_of(json: &Json) -> Vec<Id> {
    let items = json.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Json::as_i64).map(Id).collect()
}

fn apply_to_lines(
    tx: &mut Tx<'_>,
    id: Id,
    (comodel, inverse, shown_only): (Model, &'static str, bool),
    command: &Command,
) -> Result<(), Refusal> {
    // Of a bill's lines, those that it shows.
    let there = |tx: &Tx<'_>| -> Vec<Id> {
        tx.db
            .pointing(comodel, inverse, id)
            .filter(|line| !shown_only || tx.row(comodel, *line).is_some_and(bill_line::is_shown))
            .collect()
    };
    let linked = |to: Json| Values::from_iter([(inverse.to_owned(), to)]);
    match command {
        Command::Create(vals) => {
            let mut vals = vals.clone();
            vals.insert(inverse.to_owned(), json!(id));
            create(tx, comodel, vec![vals])?;
        }
        Command::Update(line, vals) => write(tx, comodel, &[*line], vals.clone())?,
        Command::Delete(line) => unlink(tx, comodel, &[*line])?,
        Command::Unlink(line) => detach(tx, comodel, inverse, &[*line])?,
        Command::Link(line) => {
            let row = tx.existing(comodel, *line)?;
            if row.reference(comodel, inverse) != Some(id) {
                write(tx, comodel, &[*line], linked(json!(id)))?;
            }
        }
        Command::Clear => {
            let lines = there(tx);
            detach(tx, comodel, inverse, &lines)?;
        }
        Command::Set(wanted) => {
            let lines = there(tx);
            let dropped: Vec<Id> = lines
                .iter()
                .copied()
                .filter(|l| !wanted.contains(l))
                .collect();
            let added: Vec<Id> = wanted
                .iter()
                .copied()
                .filter(|l| !lines.contains(l))
                .collect();
            detach(tx, comodel, inverse, &dropped)?;
            write(tx, comodel, &added, linked(json!(id)))?;
        }
    }
    Ok(())
}

/// Lines that cannot be without their document are deleted when they are taken from it.
fn detach(
    tx: &mut Tx<'_>,
    comodel: Model,
    inverse: &'static str,
    lines: &[Id],
) -> Result<(), Refusal> {
    let definition = comodel.definition();
    if definition.at(definition.place(inverse)).required {
        unlink(tx, comodel, lines)
    } else {
        let vals = Values::from_iter([(inverse.to_owned(), json!(false))]);
        write(tx, comodel, lines, vals)
    }
}

fn apply_to_links(
    tx: &mut Tx<'_>,
    comodel: Model,
    linked: &mut Vec<Id>,
    command: &Command,
) -> Result<(), Refusal> {
    match command {
        Command::Create(vals) => linked.extend(create(tx, comodel, vec![vals.clone()])?),
        Command::Update(id, vals) => write(tx, comodel, &[*id], vals.clone())?,
        Command::Delete(id) => {
            unlink(tx, comodel, &[*id])?;
            linked.retain(|l| l != id);
        }
        Command::Unlink(id) => linked.retain(|l| l != id),
        Command::Link(id) => {
            tx.existing(comodel, *id)?;
            if !linked.contains(id) {
                linked.push(*id);
            }
        }
        Command::Clear => linked.clear(),
        Command::Set(ids) => {
            for id in ids {
                tx.existing(comodel, *id)?;
            }
            linked.clone_from(ids);
        }
    }
    Ok(())
}
