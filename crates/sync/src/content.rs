//! What a record of the target should hold: column by column, as text, in the form that Odoo's `load` takes.
//!
//! Content is compared, stored as the base of later decisions, and sent. It never holds an id that Odoo gives out for
//! records of ours: references between our own records are by link name, and resolved when they are sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Columns and values of one target record. An empty value clears the field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(BTreeMap<String, String>);

impl Content {
    /// No columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a column; the last one wins.
    pub fn set(&mut self, column: &str, value: impl Into<String>) {
        self.0.insert(column.to_owned(), value.into());
    }

    /// Sets a column that is yes or no.
    pub fn set_flag(&mut self, column: &str, yes: bool) {
        self.set(column, if yes { "1" } else { "0" });
    }

    /// Sets a field that refers to a record of Odoo's own, by its id there; none clears it.
    pub fn set_id(&mut self, field: &str, id: Option<i64>) {
        let id = id.map(|id| id.to_string());
        self.set(&format!("{field}/.id"), id.unwrap_or_default());
    }

    /// The value of a column, if it is there.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// Columns and values in the order of the columns' names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(column, value)| (column.as_str(), value.as_str()))
    }

    /// Whether there is no column at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns whose value differs from what `base` holds. A column that `base` lacks counts as empty there.
    #[must_use]
    pub fn changes_since(&self, base: &Self) -> Self {
        let changed = self
            .0
            .iter()
            .filter(|(column, value)| base.get(column).unwrap_or_default() != value.as_str());
        Self(
            changed
                .map(|(column, value)| (column.clone(), value.clone()))
                .collect(),
        )
    }

    /// `self` with the columns of `newer` laid over it.
    #[must_use]
    pub fn overlaid(&self, newer: &Self) -> Self {
        let mut both = self.clone();
        both.0.extend(
            newer
                .0
                .iter()
                .map(|(column, value)| (column.clone(), value.clone())),
        );
        both
    }
}

impl<C: Into<String>, V: Into<String>> FromIterator<(C, V)> for Content {
    fn from_iter<I: IntoIterator<Item = (C, V)>>(columns: I) -> Self {
        Self(
            columns
                .into_iter()
                .map(|(column, value)| (column.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differing_columns_are_changes() {
        let base = Content::from_iter([("name", "Ann"), ("street", "1 Main"), ("zip", "")]);
        let wanted = Content::from_iter([
            ("name", "Ann B"),
            ("street", "1 Main"),
            ("zip", ""),
            ("city", ""),
        ]);
        assert_eq!(
            wanted.changes_since(&base),
            Content::from_iter([("name", "Ann B")])
        );
    }

    #[test]
    fn what_is_laid_over_leaves_nothing_to_change() {
        let base = Content::from_iter([("name", "Ann"), ("phone", "1")]);
        let wanted = Content::from_iter([("name", "Bob"), ("phone", "")]);
        let held = base.overlaid(&wanted.changes_since(&base));
        assert!(wanted.changes_since(&held).is_empty());
    }
}
