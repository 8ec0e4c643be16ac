//! A sighting: one row that a source showed, filed under the record that it belongs to.
//!
//! A record is an aggregate: a customer is one *part* from the customers' feed, one for each contact, one for each
//! location. Feeds show parts, each on its own and in any order; the store keeps the last sighting of each part.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::link::Name;
use crate::record::SourceId;

/// Names a part within its connection and flow: `customer/12`, `contact/12/7`, `location/9`.
///
/// A part that can move from one record to another (a location after a merge) is named without its owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartKey(pub String);

impl PartKey {
    /// The kind of part: the text before the first slash.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0
            .split_once('/')
            .map_or(self.0.as_str(), |(kind, _)| kind)
    }
}

impl fmt::Display for PartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One row as the source sent it, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which part of which record.
    pub part: PartKey,
    /// The record that the part belongs to now.
    pub owner: SourceId,
    /// The row's JSON text, untouched.
    pub payload: String,
    /// What the record has in common with others that must be known when it is planned: of a bill, its order.
    pub shares: Vec<Name>,
}

/// A part as the store gives it back for planning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which part.
    pub key: PartKey,
    /// The JSON text of its last sighting.
    pub payload: String,
}
