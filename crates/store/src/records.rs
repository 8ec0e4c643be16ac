//! Records: where each source record stands, what is due, and what came of it.
//!
//! Level-triggered: whatever a record depends on bumps its *input version* and makes it due. An outcome says which
//! version it was planned from; when more has come since, the record stays due, whatever the outcome was. The same holds
//! for links of other records that it depends on (their *links version*).

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use sync::flow::Flow;
use sync::link::{Link, Name};
use sync::record::{Key, Reason, SourceId, State};
use sync::sighting::Part;

use crate::attempts::NewAttempt;
use crate::audit::NewAuditEntry;
use crate::connections::ConnectionId;
use crate::links::LinkChange;
use crate::passes::PassId;
use crate::{Result, Store};

/// Records that one call of [`Store::due`] returns at most, whatever its `limit`.
pub const DUE_MAX: usize = 5_000;

/// Outcomes that one call of [`Store::record_outcomes`] takes at most.
pub const OUTCOMES_MAX: usize = 5_000;

/// The store's id of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub(crate) i64);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A record whose turn it is, with everything that planning needs of the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The store's id of it.
    pub record: RecordId,
    /// Its name.
    pub key: Key,
    /// What was read; goes back with the [`Outcome`].
    pub input_version: i64,
    /// The connection's count of changed links when this was read; goes back with the [`Outcome`], so that a link that
    /// changed meanwhile makes the record due again.
    pub links_version: i64,
    /// Retries of this input so far.
    pub tries: u32,
    /// What made it due, for a person.
    pub trigger: String,
    /// When the oldest input came that was not planned yet.
    pub observed_at: Timestamp,
    /// Its parts, by key.
    pub parts: Vec<Part>,
    /// The links that belong to it, by name.
    pub links: Vec<Link>,
    /// What a person decided about it, e.g. `recreate`; forgotten once an outcome other than `pending` is recorded.
    pub decision: Option<String>,
}

/// What an outcome did to the target; counted by passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// It was not there before.
    Created,
    /// It was changed.
    Updated,
    /// It already held what it should.
    Unchanged,
    /// Nothing that a pass counts: it waits, failed, is retried or ignored.
    #[default]
    None,
}

/// What came of one due record.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which record.
    pub record: RecordId,
    /// [`Due::input_version`].
    pub input_version: i64,
    /// [`Due::links_version`].
    pub links_version: i64,
    /// Where it stands now. `Pending` is a retry: it counts a try.
    pub state: State,
    /// For `Pending`: when to try again; at once when absent.
    pub due_at: Option<Timestamp>,
    /// Why it stands there. A reason of `Waiting` with advice waits for a person, without advice for another record.
    pub reason: Option<Reason>,
    /// What a person should know although it is in step.
    pub warnings: Vec<String>,
    /// What it did to the target.
    pub effect: Effect,
    /// What happened to its links.
    pub links: Vec<LinkChange>,
    /// The links of other records that the plan looked at, found or not. Replaces what was known; when the target of
    /// one of them changes, the record becomes due.
    pub depends_on: Vec<Name>,
    /// The attempt that led to it.
    pub attempt: Option<NewAttempt>,
    /// Entries for the audit chain.
    pub audit: Vec<NewAuditEntry>,
}

/// Which records to make due again; everything left empty selects all records of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only this flow.
    pub flow: Option<Flow>,
    /// Only these records.
    pub sources: Vec<SourceId>,
    /// Only records whose reason has this cause.
    pub cause: Option<String>,
    /// Only records whose latest input came at this time or later.
    pub since: Option<Timestamp>,
    /// Only records whose latest input came before this time.
    pub until: Option<Timestamp>,
    /// What a person decided about them; planning sees it as [`Due::decision`].
    pub decision: Option<String>,
}

impl Store {
    /// Pending records whose time has come, longest due first: at most `limit` (and [`DUE_MAX`]), without those in
    /// `excluding`.
    pub async fn due(
        &self,
        id: ConnectionId,
        flow: Flow,
        now: Timestamp,
        limit: usize,
        excluding: &HashSet<RecordId>,
    ) -> Result<Vec<Due>> {
        todo!("{id} {flow} {now} {limit} {excluding:?}")
    }

    /// When the next pending record is due; in the past when one is due already.
    pub async fn next_due(&self, id: ConnectionId, flow: Flow) -> Result<Option<Timestamp>> {
        todo!("{id} {flow}")
    }

    /// Writes down what came of a batch, in one commit, and counts it for the pass.
    ///
    /// Links, attempts and audit entries land in any case. A record whose input has moved on, or that depends on a link
    /// whose target has changed since it was planned, stays pending and is due now. Records that depend on a link whose
    /// target this batch changes become pending.
    pub async fn record_outcomes(
        &self,
        id: ConnectionId,
        outcomes: Vec<Outcome>,
        pass: Option<PassId>,
        now: Timestamp,
    ) -> Result<()> {
        todo!("{id} {outcomes:?} {pass:?} {now}")
    }

    /// Makes records due again with no tries counted, and audits it. Returns how many.
    pub async fn replay(
        &self,
        id: ConnectionId,
        selection: Selection,
        actor: &str,
        now: Timestamp,
    ) -> Result<u64> {
        todo!("{id} {selection:?} {actor} {now}")
    }

    /// Makes synced records with warnings due again. Returns how many.
    pub async fn touch_warned(&self, id: ConnectionId, flow: Flow, now: Timestamp) -> Result<u64> {
        todo!("{id} {flow} {now}")
    }
}
