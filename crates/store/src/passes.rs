//! Passes: a run of `sync`, asked for by any process, done by the owner of the engine.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use sync::flow::Flow;

use crate::connections::ConnectionId;
use crate::{Result, Store};

/// Passes that a connection may have open at a time.
pub const OPEN_PASSES_MAX: usize = 100;

/// The store's id of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassId(pub(crate) i64);

impl fmt::Display for PassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A pass and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The store's id of it.
    pub id: PassId,
    /// Its connection.
    pub connection: ConnectionId,
    /// The flows it runs.
    pub flows: Vec<Flow>,
    /// Only what changed at the source since then.
    pub since: Option<Timestamp>,
    /// Who asked for it.
    pub actor: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the engine began it.
    pub started_at: Option<Timestamp>,
    /// When the engine ended it.
    pub finished_at: Option<Timestamp>,
    /// Whether nothing was pending at its end; absent until then.
    pub settled: Option<bool>,
    /// What the engine has to say about its end.
    pub note: Option<String>,
    /// What it did, per flow, up to now.
    pub effects: BTreeMap<Flow, Effects>,
}

/// Counts of source records (aggregates), not of rows in the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Brought for the first time.
    pub created: u64,
    /// Changed.
    pub updated: u64,
    /// Looked at and found in step.
    pub unchanged: u64,
}

impl Store {
    /// Asks for a pass; refuses more than [`OPEN_PASSES_MAX`] open ones.
    pub async fn request_pass(
        &self,
        id: ConnectionId,
        flows: Vec<Flow>,
        since: Option<Timestamp>,
        actor: &str,
        now: Timestamp,
    ) -> Result<PassId> {
        todo!("{id} {flows:?} {since:?} {actor} {now}")
    }

    /// The connection's passes that are not finished, oldest first.
    pub async fn open_passes(&self, id: ConnectionId) -> Result<Vec<Pass>> {
        todo!("{id}")
    }

    /// The engine takes a pass up. Again after a crash: the first start stays.
    pub async fn begin_pass(&self, pass: PassId, now: Timestamp) -> Result<()> {
        todo!("{pass} {now}")
    }

    /// The engine is done with a pass. A pass that is finished already stays as it is.
    pub async fn finish_pass(
        &self,
        pass: PassId,
        settled: bool,
        now: Timestamp,
        note: Option<String>,
    ) -> Result<()> {
        todo!("{pass} {settled} {now} {note:?}")
    }

    /// A pass.
    pub async fn pass(&self, pass: PassId) -> Result<Option<Pass>> {
        todo!("{pass}")
    }
}
