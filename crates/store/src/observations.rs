//! Observations: what a source told us. Append-only; only rows whose content changed are kept.
//!
//! A record is an aggregate of *parts*; each part keeps its last observation. An observation whose content differs from
//! its part's makes the record due: its input version bumps, and so does that of a record that the part left.

use jiff::Timestamp;
use sync::flow::Flow;
use sync::sighting::Sighting;

use crate::connections::ConnectionId;
use crate::{Result, Store};

/// Rows that one call of [`Store::observe`] takes at most.
pub const SIGHTINGS_MAX: usize = 10_000;

/// How rows came to us. (Webhook deliveries come through [`Store::receive`](crate::wakes).)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObservationSource {
    /// A page of an export feed.
    Feed,
    /// A page of a list, polled.
    Poll,
    /// A record fetched by its id.
    Fetch,
}

/// Rows of one page, seen together.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The flow that they belong to.
    pub flow: Flow,
    /// How they came.
    pub source: ObservationSource,
    /// What caused the look, for a person: `feed customers (quick)`.
    pub trigger: String,
    /// The rows, in the order in which the source showed them; the last sighting of a part counts.
    pub sightings: Vec<Sighting>,
    /// Name and value of the cursor to save in the same commit.
    pub cursor: Option<(String, String)>,
}

/// What came of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// Rows that differed from what was known; their records are due.
    pub changed: usize,
    /// Rows that did not.
    pub unchanged: usize,
}

impl Store {
    /// Takes in a page of rows (at most [`SIGHTINGS_MAX`]) and its cursor in one commit. Rows that show nothing new
    /// write nothing.
    pub async fn observe(
        &self,
        id: ConnectionId,
        observed: Observed,
        now: Timestamp,
    ) -> Result<Observation> {
        todo!("{id} {observed:?} {now}")
    }
}
