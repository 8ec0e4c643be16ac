//! `load`, Odoo's upsert by external id: what to send, how to read the answer, what to send next.
//!
//! One call is one transaction, and Odoo keeps all of it or nothing. A [`Plan`] turns that into results
//! per *group*, where a group is the rows that belong together (a customer, its contacts and locations):
//!
//! * Everything is sent. Where Odoo names rows that it refuses, their groups are taken out and the rest
//!   is sent again. Nothing of a refused group is ever written.
//! * What Odoo says of a row is not always that row's fault; see [`Answer`]. Doubtful rows are sent
//!   again with the rest, and blamed only when nothing else is left to blame.
//! * A refusal that names nobody is narrowed down by halving.
//! * A conflict with another transaction is answered by Odoo as if it were a bad row, and not retried
//!   there. Everything is sent again, after a pause that the caller makes.
//!
//! Values are texts, always: Odoo's reader of these rows fails on native booleans and objects. Booleans
//! are `1` and `0`, dates `2026-11-05`, datetimes UTC `2026-11-05 10:00:00`, and an empty text clears.
//!
//! Pure: no call is made here. [`Plan`] says what to send and is told what came back.

mod answer;
mod plan;
mod rows;

pub use answer::{Answer, Warning};
pub use plan::{CALLS_MAX, CONFLICTS_MAX, GroupResult, Plan, Step};
pub use rows::{Rows, RowsError};

use crate::error::{bounded, speaks_of_rights};

/// Why Odoo refuses a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// What is wrong, roughly.
    pub kind: RowFaultKind,
    /// The technical name of the field at fault, where Odoo names one (`country_id`).
    pub field: Option<String>,
    /// The field's label (`Country`).
    pub field_name: Option<String>,
    /// Odoo's sentence, one bounded line.
    pub message: String,
}

/// What is wrong with a row, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowFaultKind {
    /// A value does not fit its field: unknown reference, selection, date.
    Value,
    /// The record that the row addresses by `.id` does not exist, or the user may not see it.
    MissingRecord,
    /// The user may not create or write this.
    Access,
    /// Odoo refuses the record as a whole: a constraint, a missing required field, a business rule.
    Record,
}

impl RowFault {
    /// Reads what Odoo says of one row.
    pub(crate) fn new(field: Option<&str>, field_name: Option<&str>, message: &str) -> Self {
        let kind = match field {
            Some(".id") => RowFaultKind::MissingRecord,
            _ if speaks_of_rights(message) => RowFaultKind::Access,
            Some(_) => RowFaultKind::Value,
            None => RowFaultKind::Record,
        };
        Self {
            kind,
            field: field.map(str::to_owned),
            field_name: field_name.map(str::to_owned),
            message: bounded(message),
        }
    }
}
