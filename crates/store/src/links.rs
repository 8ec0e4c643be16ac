//! Links: source id <-> target id, and the content that the target was last given (sealed).
//!
//! Links change only with the outcome of a record ([`Store::record_outcomes`]). A link that belongs to a part moves with
//! the part when that moves to another record.

use std::collections::BTreeMap;

use sync::link::{Link, Name, TargetId};
use sync::sighting::PartKey;

use crate::connections::ConnectionId;
use crate::{Result, Store};

/// Names that one call of [`Store::links`] takes at most.
pub const NAMES_MAX: usize = 10_000;

/// A change to a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// Makes or replaces a link.
    Put {
        /// The link.
        link: Link,
        /// The part that it stands for: it then belongs to whichever record owns that part. Without one it belongs to
        /// the outcome's record.
        part: Option<PartKey>,
    },
    /// The target has another id now (merged there); what it holds is kept.
    Repoint {
        /// The link's name.
        name: Name,
        /// The new id.
        target: TargetId,
    },
    /// Removes a link.
    Forget {
        /// The link's name.
        name: Name,
    },
}

impl Store {
    /// The links of these names (at most [`NAMES_MAX`]), as far as they exist.
    pub async fn links(&self, id: ConnectionId, names: &[Name]) -> Result<BTreeMap<Name, Link>> {
        todo!("{id} {names:?}")
    }
}
