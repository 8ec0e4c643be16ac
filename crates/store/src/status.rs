//! What a person asks: how far is each flow, what failed and why, what is known of one record.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sync::flow::Flow;
use sync::link::{Link, Name};
use sync::record::{Key, Reason, SourceId, State};
use sync::sighting::Part;

use crate::connections::ConnectionId;
use crate::records::RecordId;
use crate::{Result, Store};

/// Records that one [`FailureGroup`] names at most; its `count` counts all.
pub const RECORDS_PER_FAILURE_MAX: usize = 100;

/// Groups that [`Store::failures`] returns at most, largest first.
pub const FAILURE_GROUPS_MAX: usize = 1_000;

/// Where a flow of a connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowStatus {
    /// The flow.
    pub flow: Flow,
    /// Records by state; every state is there.
    pub counts: BTreeMap<State, u64>,
    /// Synced records with warnings.
    pub warnings: u64,
    /// When the oldest input came that is not planned yet.
    pub oldest_pending_at: Option<Timestamp>,
    /// When a source last told something new.
    pub last_observed_at: Option<Timestamp>,
    /// When the next pending record is due.
    pub next_due: Option<Timestamp>,
}

/// Records that failed, or wait for a person, for one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureGroup {
    /// Their connection.
    pub connection: ConnectionId,
    /// Their flow.
    pub flow: Flow,
    /// The cause.
    pub cause: String,
    /// What to do.
    pub advice: String,
    /// `Failed`, or `Waiting` for a person.
    pub state: State,
    /// How many.
    pub count: u64,
    /// The first [`RECORDS_PER_FAILURE_MAX`] of them, longest standing first.
    pub records: Vec<FailedRecord>,
}

/// One record of a [`FailureGroup`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRecord {
    /// The source's id of it.
    pub source: SourceId,
    /// What happened.
    pub what: String,
    /// Since when it stands like this.
    pub since: Timestamp,
}

/// Everything that is known of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordView {
    /// The store's id of it.
    pub id: RecordId,
    /// Its name.
    pub key: Key,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: Option<Reason>,
    /// What a person should know although it is in step.
    pub warnings: Vec<String>,
    /// Version of its input.
    pub input_version: i64,
    /// Version of the input that was last planned.
    pub planned_version: i64,
    /// Retries of this input so far.
    pub tries: u32,
    /// When it is due, if pending.
    pub due_at: Option<Timestamp>,
    /// What made it due the last time.
    pub trigger: String,
    /// When its latest input came.
    pub observed_at: Timestamp,
    /// What a person decided, until it is planned.
    pub decision: Option<String>,
    /// Its parts, by key.
    pub parts: Vec<Part>,
    /// The links that belong to it, by name.
    pub links: Vec<Link>,
    /// The links of other records that it depends on.
    pub depends_on: Vec<Name>,
}

impl Store {
    /// Where each flow of a connection stands, in the flows' order; every flow is there.
    pub async fn status(&self, id: ConnectionId) -> Result<Vec<FlowStatus>> {
        todo!("{id}")
    }

    /// What failed or waits for a person, of one connection or of all.
    pub async fn failures(&self, id: Option<ConnectionId>) -> Result<Vec<FailureGroup>> {
        todo!("{id:?}")
    }

    /// Everything that is known of one record.
    pub async fn record(&self, id: ConnectionId, key: &Key) -> Result<Option<RecordView>> {
        todo!("{id} {key}")
    }
}
