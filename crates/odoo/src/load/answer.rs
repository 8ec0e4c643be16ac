//! What Odoo answers to one `load`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::RowFault;
use super::rows::{Row, Rows};
use crate::error::{Error, ErrorKind, bounded, speaks_of_conflict};
use crate::record::RecordId;

/// What one `load` did.
///
/// Four things that Odoo says of a row are not to be believed at once, read in its source and seen on
/// real servers:
///
/// * When a batch fails as a whole, Odoo tries record by record, and puts the batch's own error *in front*
///   of theirs, under the name of the batch's first record, even if that one is sound.
/// * An error rolls back everything before it. Rows that refer to another row of the same call are then
///   told that it does not exist.
/// * After ten errors it stops, and rows that refer to what was not tried are told the same.
/// * A record that was created and rolled back stays in Odoo's memory for a while, so that a sound row
///   which is tried after it is told that a record of its own does not exist (`res.partner(140,)`).
///
/// Such groups are `doubted`, unless nothing else would be left to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All rows are saved: the records' ids per group, in row order.
    Saved {
        /// Ids per group.
        ids: BTreeMap<usize, Vec<RecordId>>,
        /// What Odoo remarked all the same.
        warnings: Vec<Warning>,
    },
    /// Nothing is saved, because of these groups.
    Refused {
        /// Why, per group that is certainly at fault. Not empty.
        faults: BTreeMap<usize, RowFault>,
        /// Groups that may only have been drawn in.
        doubted: BTreeSet<usize>,
    },
    /// Nothing is saved, because another transaction was in the way.
    Conflict {
        /// `PostgreSQL`'s sentence.
        message: String,
        /// Groups that were refused besides.
        faults: BTreeMap<usize, RowFault>,
    },
    /// Nothing is saved, and no row is named.
    Unnamed {
        /// Odoo's sentence.
        message: String,
    },
}

/// A remark on a row that was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The row's group, where Odoo names a row.
    pub group: Option<usize>,
    /// The field, where Odoo names one.
    pub field: Option<String>,
    /// Odoo's sentence.
    pub message: String,
}

/// An error with the row that it names.
type Named<'a> = (&'a Message<'a>, &'a Row);

/// One entry of `messages`.
struct Message<'a> {
    row: Option<usize>,
    field: Option<&'a str>,
    field_name: Option<&'a str>,
    text: &'a str,
    is_error: bool,
}

impl<'a> Message<'a> {
    fn read(message: &'a Value) -> Self {
        let text = |key: &str| message.get(key).and_then(Value::as_str);
        // `record` counts records, `rows` counts rows; with lines they differ.
        let row = message
            .pointer("/rows/from")
            .or_else(|| message.get("record"))
            .and_then(Value::as_u64)
            .and_then(|row| usize::try_from(row).ok());
        Self {
            row,
            field: text("field"),
            field_name: text("field_name"),
            text: text("message").unwrap_or_default(),
            is_error: text("type") != Some("warning"),
        }
    }
}

impl Answer {
    /// Reads the answer to a `load` of these groups' rows.
    pub fn read(rows: &Rows, groups: &BTreeSet<usize>, answer: &Value) -> Result<Self, Error> {
        let sent: Vec<&Row> = rows.of(groups).collect();
        let messages: Vec<Message<'_>> = answer
            .get("messages")
            .and_then(Value::as_array)
            .map(|messages| messages.iter().map(Message::read).collect())
            .unwrap_or_default();
        match answer.get("ids") {
            Some(Value::Array(ids)) => saved(rows, &sent, ids, &messages),
            Some(Value::Bool(false)) => Ok(refused(rows, &sent, &messages)),
            _ => Err(unreadable(rows, "no ids in the answer")),
        }
    }
}

fn unreadable(rows: &Rows, why: &str) -> Error {
    Error::new(format!("{} load", rows.model()), ErrorKind::Unreadable, why).ambiguous()
}

fn saved(
    rows: &Rows,
    sent: &[&Row],
    ids: &[Value],
    messages: &[Message<'_>],
) -> Result<Answer, Error> {
    let records: Vec<&&Row> = sent.iter().filter(|row| !row.continues).collect();
    if records.len() != ids.len() {
        return Err(unreadable(
            rows,
            &format!("{} ids for {} records", ids.len(), records.len()),
        ));
    }
    let mut by_group: BTreeMap<usize, Vec<RecordId>> = BTreeMap::new();
    for (row, id) in records.iter().zip(ids) {
        let id = id
            .as_i64()
            .ok_or_else(|| unreadable(rows, "an id that is no number"))?;
        by_group.entry(row.group).or_default().push(RecordId(id));
    }
    let warnings = messages
        .iter()
        .map(|message| Warning {
            group: message
                .row
                .and_then(|row| sent.get(row))
                .map(|row| row.group),
            field: message.field.map(str::to_owned),
            message: bounded(message.text),
        })
        .collect();
    Ok(Answer::Saved {
        ids: by_group,
        warnings,
    })
}

fn refused(rows: &Rows, sent: &[&Row], messages: &[Message<'_>]) -> Answer {
    let errors: Vec<&Message<'_>> = messages.iter().filter(|message| message.is_error).collect();
    let conflict = errors.iter().find(|error| speaks_of_conflict(error.text));
    let own: Vec<&&Message<'_>> = errors
        .iter()
        .filter(|error| !speaks_of_conflict(error.text))
        .collect();
    let named = own
        .iter()
        .filter_map(|error| Some((**error, *sent.get(error.row?)?)));

    let call = Call::new(rows, sent);
    let (orphans, firm): (Vec<_>, Vec<_>) = named
        .partition(|(error, row)| error.field.is_some() && call.refers_inside(row, error.field));
    let (ghosts, firm): (Vec<_>, Vec<_>) = firm
        .into_iter()
        .partition(|(error, _)| call.creates && speaks_of_a_ghost(rows, error));
    let (leading, firm) = firm.split_at(leading_doubts(&call, &firm));
    let mut faults = by_group(firm);
    let mut doubted = by_group(leading);
    doubted.extend(by_group(&orphans));
    if let Some(conflict) = conflict {
        // A conflict aborts the transaction, so what follows it proves little: blame only rows whose
        // values were refused before anything was written.
        faults.retain(|_, fault| fault.field.is_some());
        return Answer::Conflict {
            message: bounded(conflict.text),
            faults,
        };
    }
    if faults.is_empty() {
        faults = std::mem::take(&mut doubted);
    }
    if faults.is_empty() {
        // Where all are ghosts, whoever raised them is found by sending fewer rows.
        let message = own.first().map_or("", |error| error.text);
        return Answer::Unnamed {
            message: bounded(message),
        };
    }
    doubted.extend(by_group(&ghosts));
    let doubted = doubted
        .into_keys()
        .filter(|group| !faults.contains_key(group))
        .collect();
    Answer::Refused { faults, doubted }
}

fn by_group(errors: &[Named<'_>]) -> BTreeMap<usize, RowFault> {
    let mut faults = BTreeMap::new();
    for (error, row) in errors {
        faults
            .entry(row.group)
            .or_insert_with(|| RowFault::new(error.field, error.field_name, error.text));
    }
    faults
}

/// Whether Odoo misses a record that this very call made: in any language, it writes it as `res.partner(140,)`.
fn speaks_of_a_ghost(rows: &Rows, error: &Message<'_>) -> bool {
    let model = format!("{}(", rows.model());
    error.field.is_none()
        && error.text.match_indices(&model).any(|(at, _)| {
            let id = &error.text[at + model.len()..];
            let digits = id.bytes().take_while(u8::is_ascii_digit).count();
            digits > 0 && id[digits..].starts_with(",)")
        })
}

/// How many of the first errors may be those of whole batches.
///
/// Odoo inserts each at the very front, so they stand there last batch first, under falling record
/// numbers, each that of a batch's first record, and without a field, before the true ones, which rise.
/// The last error of all is always true.
fn leading_doubts(call: &Call<'_>, errors: &[Named<'_>]) -> usize {
    let mut count = 0;
    for (n, (error, row)) in errors.iter().enumerate() {
        let falls = n == 0 || error.row < errors[n - 1].0.row;
        let may_start_a_batch = error.row == Some(0) || call.refers_inside(row, None);
        if error.field.is_some() || !falls || !may_start_a_batch || n + 1 == errors.len() {
            break;
        }
        count = n + 1;
    }
    count
}

/// What was sent, for looking at references.
struct Call<'a> {
    columns: &'a [String],
    /// Whether rows bear external ids: then they may be new, and Odoo cannot miss them from before.
    creates: bool,
    /// The external ids that rows of this call bear.
    names: BTreeSet<&'a str>,
}

impl<'a> Call<'a> {
    fn new(rows: &'a Rows, sent: &[&'a Row]) -> Self {
        let column = rows.columns().iter().position(|column| column == "id");
        let names = column
            .map(|at| sent.iter().map(|row| row.values[at].as_str()).collect())
            .unwrap_or_default();
        Self {
            columns: rows.columns(),
            creates: column.is_some(),
            names,
        }
    }

    /// Whether the row holds the external id of a row of the same call, in this field or in any.
    fn refers_inside(&self, row: &Row, field: Option<&str>) -> bool {
        self.columns
            .iter()
            .zip(&row.values)
            .filter_map(|(column, value)| Some((column.strip_suffix("/id")?, value.as_str())))
            .any(|(column, value)| {
                !value.is_empty()
                    && field.is_none_or(|field| field == column)
                    && self.names.contains(value)
            })
    }
}

#[cfg(test)]
mod tests;
