//! What ServiceTitan is told of bills in Odoo.

use serde::{Deserialize, Serialize};

use super::Directory;

/// Which custom fields of ServiceTitan's bills hold what, and whether bills are marked as exported there. A field that is
/// not named is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteBack {
    /// Odoo's number of the bill.
    pub number_field: Option<String>,
    /// Its state: `Draft`, `Posted`, `Cancelled`, `Deleted`.
    pub state_field: Option<String>,
    /// How far it is paid, in Odoo's words: `Not Paid`, `Partially Paid`, `Paid`...
    pub payment_field: Option<String>,
    /// What is still to be paid, e.g. `120.50`.
    pub open_amount_field: Option<String>,
    /// Whether a bill that is posted on both sides is marked as exported, which locks it in ServiceTitan for good.
    pub mark_exported: bool,
}

impl WriteBack {
    /// The names of the fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        [
            &self.number_field,
            &self.state_field,
            &self.payment_field,
            &self.open_amount_field,
        ]
        .into_iter()
        .filter_map(|field| field.as_deref())
    }
}

impl Directory {
    /// Sets what ServiceTitan is told of bills in Odoo.
    #[must_use]
    pub fn with_write_back(mut self, write_back: WriteBack) -> Self {
        self.write_back = write_back;
        self
    }

    /// What ServiceTitan is told of bills in Odoo.
    #[must_use]
    pub const fn write_back(&self) -> &WriteBack {
        &self.write_back
    }
}
