//! What `write` takes: [`Values`] in Odoo's native types, and [`Command`]s for the lines of a document.
//!
//! Where `load` takes texts and never removes a line, a `write` with commands adds, changes and removes
//! lines in one transaction. A line that is made this way can bear an external id from the start; but
//! that is no upsert: a second one of the same name is a second line, which takes the name from the
//! first. After an ambiguous failure, read the lines back.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::decimal::{self, TooManyDigits};
use crate::record::{ExternalId, RecordId};
use crate::{Fields, datetime};

/// Field values for `write`, in Odoo's native types.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    fields: Fields,
    /// Some line bears an external id, which Odoo heeds only under a context that says so.
    names_lines: bool,
}

impl Values {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A text, a flag, a whole number, a many2one's [`RecordId`], or JSON.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    /// Empties a field.
    #[must_use]
    pub fn clear(self, field: &str) -> Self {
        self.with(field, false)
    }

    /// An amount, a price, a quantity: exactly this one.
    pub fn decimal(self, field: &str, value: Decimal) -> Result<Self, TooManyDigits> {
        Ok(self.with(field, decimal::number(value)?))
    }

    /// A date.
    #[must_use]
    pub fn date(self, field: &str, value: Date) -> Self {
        self.with(field, value.to_string())
    }

    /// An instant, to the second.
    #[must_use]
    pub fn datetime(self, field: &str, value: Timestamp) -> Self {
        self.with(field, datetime::text(value))
    }

    /// What becomes of a document's lines (`order_line`), or of the records that a many2many field
    /// names (`tax_ids`). In their order.
    #[must_use]
    pub fn commands(mut self, field: &str, commands: impl IntoIterator<Item = Command>) -> Self {
        let mut list = Vec::new();
        for command in commands {
            self.names_lines |= command.names_lines();
            list.push(command.to_json());
        }
        self.with(field, list)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The JSON object that Odoo takes.
    #[must_use]
    pub fn to_json(&self) -> Fields {
        self.fields.clone()
    }

    /// Whether lines among them are to bear external ids.
    #[cfg(feature = "client")]
    pub(crate) fn names_lines(&self) -> bool {
        self.names_lines
    }
}

impl From<Fields> for Values {
    fn from(fields: Fields) -> Self {
        Self {
            fields,
            names_lines: false,
        }
    }
}

/// What becomes of one record of an x2many field.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A new line.
    Create {
        /// Its external id, saved in the same transaction.
        name: Option<ExternalId>,
        /// Its values.
        values: Values,
    },
    /// A line that is there gets other values.
    Update {
        /// The line.
        id: RecordId,
        /// Its new values; others stay.
        values: Values,
    },
    /// A line is deleted.
    Delete(RecordId),
    /// A record is taken out of a many2many field, and lives on.
    Unlink(RecordId),
    /// A record is put into a many2many field.
    Link(RecordId),
    /// A many2many field shall name exactly these.
    Set(Vec<RecordId>),
}

impl Command {
    /// Odoo's triple.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Create { name, values } => {
                let mut fields = values.to_json();
                if let Some(name) = name {
                    fields.insert("id".to_owned(), name.to_string().into());
                }
                json!([0, 0, fields])
            }
            Self::Update { id, values } => json!([1, id, values.to_json()]),
            Self::Delete(id) => json!([2, id, 0]),
            Self::Unlink(id) => json!([3, id, 0]),
            Self::Link(id) => json!([4, id, 0]),
            Self::Set(ids) => json!([6, 0, ids]),
        }
    }

    fn names_lines(&self) -> bool {
        match self {
            Self::Create { name, values } => name.is_some() || values.names_lines,
            Self::Update { values, .. } => values.names_lines,
            Self::Delete(_) | Self::Unlink(_) | Self::Link(_) | Self::Set(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_odoos_triples() {
        let price: Decimal = "100.10".parse().unwrap();
        let line = Values::new()
            .with("name", "Pipe")
            .with("product_id", RecordId(4))
            .decimal("price_unit", price)
            .unwrap()
            .commands("tax_ids", [Command::Set(vec![])]);
        let name = ExternalId::new("__acme__", "line_9").unwrap();
        let values = Values::new()
            .date("date_order", "2026-11-23".parse().unwrap())
            .clear("partner_ref")
            .commands(
                "order_line",
                [
                    Command::Create {
                        name: Some(name),
                        values: line,
                    },
                    Command::Update {
                        id: RecordId(7),
                        values: Values::new().with("sequence", 3),
                    },
                    Command::Delete(RecordId(8)),
                    Command::Unlink(RecordId(5)),
                    Command::Link(RecordId(6)),
                ],
            );
        assert!(values.names_lines());
        assert_eq!(
            Value::Object(values.to_json()),
            json!({
                "date_order": "2026-11-23",
                "partner_ref": false,
                "order_line": [
                    [0, 0, {"id": "__acme__.line_9", "name": "Pipe", "product_id": 4, "price_unit": 100.1,
                        "tax_ids": [[6, 0, []]]}],
                    [1, 7, {"sequence": 3}],
                    [2, 8, 0],
                    [3, 5, 0],
                    [4, 6, 0],
                ],
            })
        );
        let unnamed = Command::Create {
            name: None,
            values: Values::new(),
        };
        let plain = Values::new().commands("order_line", [unnamed, Command::Delete(RecordId(1))]);
        assert!(!plain.names_lines());
    }
}
