//! A link: source id <-> target id, kept on our side, with what the target was last given.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::content::Content;

/// The name of one target record: the part of its external id after the dot, e.g. `customer_4711`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(pub String);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// An id that the target gave to a record: Odoo, or ServiceTitan where a flow goes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TargetId(pub i64);

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One link, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its name, unique within the connection.
    pub name: Name,
    /// The target's model, e.g. `res.partner`.
    pub model: String,
    /// The target's id of it. After a merge it is the survivor's.
    pub target: TargetId,
    /// What the target was last given by us: the base of every three-way decision.
    pub base: Content,
}

/// The column of a document's base that is no column of the target: the state that it was brought to.
pub(crate) const REACHED: &str = "reached";

/// Another one: the total that it came to.
pub(crate) const TOTAL: &str = "total";

/// Another one: what of that is tax.
pub(crate) const TAX: &str = "tax";

/// Another one, of an invoice: how often it was changed in Odoo, which forgets then what it was matched with.
pub const CHANGED: &str = "changed";

/// Another one, of a payment: what it is matched with.
pub(crate) const MATCHED: &str = "matched";

/// Another one: what comparing it with its order and receipts found.
pub const MATCH: &str = "match";

/// Another one: what its source said of the records that it refers to, digested.
pub(crate) const REFERRED: &str = "referred";

/// Another one: the day on which a bill is booked whose own date lay in a closed period.
pub const BOOKED: &str = "booked";

/// Another one, of a bill that somebody entered in the target: nothing is written through its link.
pub(crate) const ADOPTED: &str = "adopted";

/// The base of an adopted bill that stands in this state there.
#[must_use]
pub fn adopted(holds: &Content, state: &str) -> Content {
    holds.overlaid(&Content::from_iter([(REACHED, state)]))
}

/// The base of a document that was written, but not brought to its state: the next plan brings it there.
#[must_use]
pub fn unreached(base: &Content) -> Content {
    base.iter()
        .filter(|(column, _)| {
            ![REACHED, TOTAL, TAX, MATCHED, MATCH, REFERRED, BOOKED].contains(column)
        })
        .collect()
}

/// The base of a bill that a person posted.
#[must_use]
pub fn as_posted(base: &Content) -> Content {
    let posted = crate::plan::Goal::Posted.as_str();
    base.overlaid(&Content::from_iter([(REACHED, posted)]))
}

impl Link {
    /// Whether it only points to another record's target. After a merge in ServiceTitan it has no base; after one in Odoo
    /// its base says so.
    #[must_use]
    pub fn is_alias(&self) -> bool {
        self.base.is_empty() || self.is_shared()
    }

    /// Of a document: the word of the state that it was last brought to.
    #[must_use]
    pub fn reached(&self) -> Option<&str> {
        self.base.get(REACHED)
    }

    /// Whether its target was entered by somebody in Odoo, and only linked with: see [`crate::linking`].
    #[must_use]
    pub fn is_adopted(&self) -> bool {
        self.base.get(ADOPTED).is_some()
    }

    /// Of a document: what it came to when it was last brought to its state.
    #[must_use]
    pub fn total(&self) -> Option<Decimal> {
        self.base.get(TOTAL)?.parse().ok()
    }

    /// Whether a person merged its target with another one of ours, in Odoo.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.base == shared()
    }
}

/// The base of a link to a target of which nothing is known: everything is written.
#[must_use]
pub fn unknown() -> Content {
    Content::from_iter([("held", "unknown")])
}

/// The base of a link whose target a person merged with another one of ours: nothing is written through it.
#[must_use]
pub fn shared() -> Content {
    Content::from_iter([("shared", "odoo")])
}
