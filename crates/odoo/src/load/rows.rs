//! The rows of one `load`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::record::Model;

/// Rows for one model, under the same columns, in the order in which Odoo shall read them.
///
/// A row that refers to another one of the same call by external id (`parent_id/id`) stands after it;
/// all parents first, then all children, is fastest: each reference to a row that is not saved yet makes
/// Odoo save what it has read so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    model: Model,
    columns: Vec<String>,
    records: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) group: usize,
    pub(super) values: Vec<String>,
    /// A line of the record above (`order_line/...`), not a record of its own.
    pub(super) continues: bool,
}

/// Why rows cannot be what was meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The row has another number of values than there are columns.
    #[error("a row has {values} values for {columns} columns")]
    Width {
        /// Values in the row.
        values: usize,
        /// Columns.
        columns: usize,
    },
    /// A line before any record, or under a record of another group.
    #[error("a line stands under no record of its group")]
    LineWithoutRecord,
}

impl Rows {
    /// No rows yet. Columns are named as in Odoo's import: `id` (external id), `.id` (database id),
    /// `name`, `country_id/id`, `country_id/.id`, `order_line/id`. Never a bare relation such as
    /// `country_id`: Odoo would search by name and take the first match.
    #[must_use]
    pub fn new<C: Into<String>>(model: Model, columns: impl IntoIterator<Item = C>) -> Self {
        Self {
            model,
            columns: columns.into_iter().map(Into::into).collect(),
            records: Vec::new(),
        }
    }

    /// Adds a record's row to a group (any number that the caller knows it by).
    pub fn push(&mut self, group: usize, values: Vec<String>) -> Result<(), RowsError> {
        self.add(group, values, false)
    }

    /// Adds a further line of the record that was pushed last: only columns of its one2many field are
    /// filled, all others are empty.
    pub fn push_line(&mut self, group: usize, values: Vec<String>) -> Result<(), RowsError> {
        if self.records.last().is_none_or(|row| row.group != group) {
            return Err(RowsError::LineWithoutRecord);
        }
        self.add(group, values, true)
    }

    fn add(&mut self, group: usize, values: Vec<String>, continues: bool) -> Result<(), RowsError> {
        if values.len() != self.columns.len() {
            return Err(RowsError::Width {
                values: values.len(),
                columns: self.columns.len(),
            });
        }
        self.records.push(Row {
            group,
            values,
            continues,
        });
        Ok(())
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The column names.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The groups in use.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<usize> {
        self.records.iter().map(|row| row.group).collect()
    }

    /// Whether rows address records by database id. Archived ones are then found only with
    /// `active_test` off.
    #[must_use]
    pub fn addresses_by_id(&self) -> bool {
        self.columns.iter().any(|column| column == ".id")
    }

    /// The named arguments of `load` for these groups' rows.
    #[must_use]
    pub fn arguments(&self, groups: &BTreeSet<usize>) -> Map<String, Value> {
        let data: Vec<Value> = self
            .of(groups)
            .map(|row| Value::from(row.values.clone()))
            .collect();
        let mut arguments = Map::new();
        arguments.insert("fields".to_owned(), Value::from(self.columns.clone()));
        arguments.insert("data".to_owned(), Value::Array(data));
        arguments
    }

    pub(super) fn of<'a>(&'a self, groups: &'a BTreeSet<usize>) -> impl Iterator<Item = &'a Row> {
        self.records
            .iter()
            .filter(|row| groups.contains(&row.group))
    }
}
