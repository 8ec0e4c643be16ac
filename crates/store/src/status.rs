//! What a person asks: how far is each flow, what failed and why, what is known of one record.

mod stuck;

pub use stuck::{STUCK_MAX, Stuck};

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use sync::flow::Flow;
use sync::link::{Link, Name};
use sync::record::{Key, Reason, SourceId, State};
use sync::sighting::Part;

use crate::connections::ConnectionId;
use crate::limit::at_most;
use crate::records::RecordId;
use crate::row::params;
use crate::tx::Tx;
use crate::vault::{Cipher, ConnectionKeys};
use crate::{Error, Result, Store, connections, links, observations};

/// Records that one [`FailureGroup`] names at most; its `count` counts all.
pub const RECORDS_PER_FAILURE_MAX: usize = 100;

/// Records that [`Store::warnings`] returns at most.
pub const WARNED_MAX: i64 = 10_000;

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

/// What a person must look at: what failed, and what waits with advice (without, it waits for another record).
const FAILED: &str = "(state = 'failed' OR (state = 'waiting' AND advice <> ''))";

fn flow_status(tx: &mut Tx<'_>, id: ConnectionId, flow: Flow) -> Result<FlowStatus> {
    let mut counts: BTreeMap<State, u64> = State::ALL.into_iter().map(|state| (state, 0)).collect();
    let rows = tx.query(
        "SELECT state, count(*) FROM records WHERE connection = $1 AND flow = $2 GROUP BY state",
        params![id.0, flow],
    )?;
    for mut row in rows {
        counts.insert(row.take(0)?, row.take(1)?);
    }
    let mut warned = tx.query_one(
        "SELECT count(*) FROM records WHERE connection = $1 AND flow = $2 AND warned > 0 AND state = 'synced'",
        params![id.0, flow],
    )?;
    let mut pending = tx.query_one(
        "SELECT min(observed_at) FROM records WHERE connection = $1 AND flow = $2 AND state = 'pending'",
        params![id.0, flow],
    )?;
    let latest = tx.query_opt(
        "SELECT observed_at FROM observations WHERE connection = $1 AND flow = $2 ORDER BY id DESC LIMIT 1",
        params![id.0, flow],
    )?;
    Ok(FlowStatus {
        flow,
        counts,
        warnings: warned.take(0)?,
        oldest_pending_at: pending.take(0)?,
        last_observed_at: latest.map(|mut row| row.take(0)).transpose()?,
    })
}

/// Groups come out largest first, each with its first records: one window query instead of one query for each group.
fn failures(
    tx: &mut Tx<'_>,
    wrapper: &Cipher,
    id: Option<ConnectionId>,
) -> Result<Vec<FailureGroup>> {
    let group = "connection, flow, cause, advice, state";
    let sql = format!(
        "SELECT {group}, total, source, what, state_since, id FROM (
             SELECT {group}, source, what, state_since, id,
                    count(*) OVER (PARTITION BY {group}) AS total,
                    row_number() OVER (PARTITION BY {group} ORDER BY state_since, id) AS place
               FROM records
              WHERE {FAILED} AND (connection = $1 OR $1 IS NULL)
         ) AS ranked
         WHERE place <= $2
         ORDER BY total DESC, {group}, place LIMIT $3"
    );
    let rows_max = FAILURE_GROUPS_MAX * RECORDS_PER_FAILURE_MAX;
    let rows = tx.query(
        &sql,
        params![
            id.map(|id| id.0),
            at_most(RECORDS_PER_FAILURE_MAX, RECORDS_PER_FAILURE_MAX),
            at_most(rows_max, rows_max)
        ],
    )?;
    let mut groups: Vec<FailureGroup> = Vec::new();
    let mut keys: HashMap<ConnectionId, ConnectionKeys> = HashMap::new();
    for mut row in rows {
        let group = FailureGroup {
            connection: ConnectionId(row.take(0)?),
            flow: row.take(1)?,
            cause: row.take::<Option<String>>(2)?.unwrap_or_default(),
            advice: row.take::<Option<String>>(3)?.unwrap_or_default(),
            state: row.take(4)?,
            count: row.take(5)?,
            records: Vec::new(),
        };
        let keys = match keys.entry(group.connection) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(connections::load_keys(tx, wrapper, group.connection)?)
            }
        };
        let record = FailedRecord {
            source: SourceId(row.take(6)?),
            what: open_what(keys, RecordId(row.take(9)?), row.take(7)?)?.unwrap_or_default(),
            since: row.take(8)?,
        };
        match groups.last_mut() {
            Some(last) if last.is_same_group(&group) => last.records.push(record),
            _ => groups.push(FailureGroup {
                records: vec![record],
                ..group
            }),
        }
    }
    groups.truncate(FAILURE_GROUPS_MAX);
    Ok(groups)
}

impl FailureGroup {
    fn is_same_group(&self, other: &Self) -> bool {
        (self.connection, self.flow, self.state) == (other.connection, other.flow, other.state)
            && self.cause == other.cause
            && self.advice == other.advice
    }
}

pub(crate) fn open_what(
    keys: &ConnectionKeys,
    record: RecordId,
    sealed: Option<Vec<u8>>,
) -> Result<Option<String>> {
    sealed
        .map(|sealed| keys.open_text("records", "what", &record.to_string(), sealed))
        .transpose()
}

pub(crate) fn open_warnings(
    keys: &ConnectionKeys,
    record: RecordId,
    sealed: Option<Vec<u8>>,
) -> Result<Vec<String>> {
    let Some(sealed) = sealed else {
        return Ok(Vec::new());
    };
    let json = keys.open("records", "warnings", &record.to_string(), sealed)?;
    serde_json::from_slice(&json)
        .map_err(|_unreadable| Error::corrupt(format!("the warnings of record {record}")))
}

/// The record, without its parts, links and dependencies.
fn bare_record(
    tx: &mut Tx<'_>,
    keys: &ConnectionKeys,
    id: ConnectionId,
    key: &Key,
) -> Result<Option<RecordView>> {
    let row = tx.query_opt(
        "SELECT id, state, state_since, cause, what, advice, warnings, input_version, planned_version, tries, due_at,
                triggered_by, input_at, decision
           FROM records WHERE connection = $1 AND flow = $2 AND source = $3",
        params![id.0, key.flow, &key.source.0],
    )?;
    let Some(mut row) = row else { return Ok(None) };
    let record = RecordId(row.take(0)?);
    let what = open_what(keys, record, row.take(4)?)?;
    let reason = match (row.take(3)?, what, row.take(5)?) {
        (Some(cause), Some(what), Some(advice)) => Some(Reason {
            cause,
            what,
            advice,
        }),
        _ => None,
    };
    Ok(Some(RecordView {
        id: record,
        key: key.clone(),
        state: row.take(1)?,
        since: row.take(2)?,
        reason,
        warnings: open_warnings(keys, record, row.take(6)?)?,
        input_version: row.take(7)?,
        planned_version: row.take(8)?,
        tries: row.take(9)?,
        due_at: row.take(10)?,
        trigger: row.take(11)?,
        observed_at: row.take(12)?,
        decision: row.take(13)?,
        parts: Vec::new(),
        links: Vec::new(),
        depends_on: Vec::new(),
    }))
}

fn depends_on(tx: &mut Tx<'_>, record: RecordId) -> Result<Vec<Name>> {
    let rows = tx.query(
        "SELECT name FROM dependencies WHERE record = $1 ORDER BY name",
        params![record.0],
    )?;
    rows.into_iter()
        .map(|mut row| row.take(0).map(Name))
        .collect()
}

impl Store {
    /// Where each flow of a connection stands, in the flows' order; every flow is there.
    pub async fn status(&self, id: ConnectionId) -> Result<Vec<FlowStatus>> {
        self.read("read the status", move |tx| {
            Flow::ALL
                .into_iter()
                .map(|flow| flow_status(tx, id, flow))
                .collect()
        })
        .await
    }

    /// Synced records of which something was left out, and what; at most [`WARNED_MAX`].
    pub async fn warnings(&self, id: ConnectionId) -> Result<Vec<(Key, Vec<String>)>> {
        let keys = self.keys(id).await?;
        self.read("read the warnings", move |tx| {
            let rows = tx.query(
                "SELECT id, flow, source, warnings FROM records
                  WHERE connection = $1 AND warned > 0 AND state = 'synced' ORDER BY flow, id LIMIT $2",
                params![id.0, WARNED_MAX],
            )?;
            let warned = rows.into_iter().map(|mut row| {
                let record = RecordId(row.take(0)?);
                let key = Key {
                    flow: row.take(1)?,
                    source: SourceId(row.take(2)?),
                };
                Ok((key, open_warnings(&keys, record, row.take(3)?)?))
            });
            warned.collect()
        })
        .await
    }

    /// What failed or waits for a person, of one connection or of all.
    pub async fn failures(&self, id: Option<ConnectionId>) -> Result<Vec<FailureGroup>> {
        let wrapper = self.wrapper();
        self.read("read the failures", move |tx| failures(tx, &wrapper, id))
            .await
    }

    /// Everything that is known of one record.
    pub async fn record(&self, id: ConnectionId, key: &Key) -> Result<Option<RecordView>> {
        let keys = self.keys(id).await?;
        let key = key.clone();
        self.read("read a record", move |tx| {
            let Some(view) = bare_record(tx, &keys, id, &key)? else {
                return Ok(None);
            };
            let parts = observations::parts_of(tx, &keys, &[view.id.0])?.remove(&view.id);
            let links = links::of_records(tx, &keys, &[view.id.0])?.remove(&view.id);
            Ok(Some(RecordView {
                parts: parts.unwrap_or_default(),
                links: links.unwrap_or_default(),
                depends_on: depends_on(tx, view.id)?,
                ..view
            }))
        })
        .await
    }
}
