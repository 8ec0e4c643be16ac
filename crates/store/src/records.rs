//! Records: where each source record stands, what is due, and what came of it.
//!
//! Level-triggered: whatever a record depends on bumps its *input version* and makes it due. An outcome says which
//! version it was planned from; when more has come since, the record stays due, whatever the outcome was. The same holds
//! for links of other records that it depends on (their *links version*).

mod link_changes;
mod outcomes;

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use jiff::Timestamp;
use sync::flow::Flow;
use sync::link::{Link, Name};
use sync::record::{Key, SourceId};
use sync::sighting::Part;

pub use outcomes::{Effect, OUTCOMES_MAX, Outcome};

use crate::audit;
use crate::connections::{self, ConnectionId};
use crate::limit::{at_most, refuse_beyond};
use crate::row::{Param, list, params, texts};
use crate::store::no_connection;
use crate::tx::Tx;
use crate::vault::ConnectionKeys;
use crate::{Error, Result, Store, links, observations};

/// Records that one call of [`Store::due`] returns at most, whatever its `limit`.
pub const DUE_MAX: usize = 5_000;

/// Records that [`Selection::sources`] names at most.
pub const SOURCES_MAX: usize = 10_000;

/// Records named in a replay that get an audit entry each; of more, one entry tells the number.
const SOURCES_AUDITED_MAX: usize = 100;

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
    /// Set when a call about it went unanswered: its links prove nothing before it was written again.
    pub doubt: Option<Doubt>,
    /// What a person decided about it, e.g. `recreate`; forgotten once an outcome other than `pending` is recorded.
    pub decision: Option<String>,
    /// Why it stands where it stands since it was planned last: empty if there is no reason, `None` before it was planned.
    pub stands: Option<String>,
}

/// A call went out about a record, and nobody knows whether it had its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// When it cannot have its effect any more.
    pub until: Timestamp,
    /// The links that it would make.
    pub names: BTreeSet<Name>,
}

impl Doubt {
    /// Both at once.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            until: self.until.max(other.until),
            names: self.names.into_iter().chain(other.names).collect(),
        }
    }

    fn names_to_json(&self) -> String {
        serde_json::to_string(&self.names).expect("names are texts")
    }
}

/// The doubt in these two columns.
fn doubt(until: Option<Timestamp>, names: Option<&str>) -> Result<Option<Doubt>> {
    let Some(until) = until else { return Ok(None) };
    let names = serde_json::from_str(names.unwrap_or("[]"))
        .map_err(|_unreadable| Error::corrupt("the doubted links of a record"))?;
    Ok(Some(Doubt { until, names }))
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

/// Makes the records of `which` due, as new input would; its arguments are numbered from `$4`. A decision, if there is
/// one, replaces theirs. Returns how many.
pub(crate) fn make_due(
    tx: &mut Tx<'_>,
    which: &str,
    now: Timestamp,
    trigger: &str,
    decision: Option<&str>,
    params: &[Param<'_>],
) -> Result<u64> {
    let sql = format!(
        "UPDATE records SET
             state = 'pending',
             state_since = CASE WHEN state = 'pending' THEN state_since ELSE $1 END,
             input_version = input_version + 1,
             input_at = $1,
             observed_at = CASE WHEN state = 'pending' THEN observed_at ELSE $1 END,
             due_at = $1,
             tries = 0,
             triggered_by = $2,
             decision = COALESCE($3, decision)
         WHERE {which}"
    );
    let params: Vec<Param<'_>> = [now.into(), trigger.into(), decision.into()]
        .into_iter()
        .chain(params.iter().copied())
        .collect();
    tx.execute(&sql, &params)
}

/// Which records, longest due first; without their parts and links.
fn bare_due(
    tx: &mut Tx<'_>,
    (id, flow, now): (ConnectionId, Flow, Timestamp),
    limit: i64,
    excluding: &str,
) -> Result<Vec<Due>> {
    let version = tx.query_opt(
        "SELECT links_version FROM connections WHERE id = $1",
        params![id.0],
    )?;
    let links_version: i64 = version.ok_or_else(|| no_connection(id))?.take(0)?;
    let rows = tx.query(
        "SELECT id, source, input_version, tries, triggered_by, observed_at, doubt_until, doubted,
                decision, planned_version, cause
           FROM records
          WHERE connection = $1 AND flow = $2 AND state = 'pending' AND due_at <= $3
            AND id NOT IN {integers $5}
          ORDER BY due_at, id LIMIT $4",
        params![id.0, flow, now, limit, excluding],
    )?;
    let due = |mut row: crate::row::Row| {
        Ok(Due {
            record: RecordId(row.take(0)?),
            key: Key {
                flow,
                source: SourceId(row.take(1)?),
            },
            input_version: row.take(2)?,
            links_version,
            tries: row.take(3)?,
            trigger: row.take(4)?,
            observed_at: row.take(5)?,
            parts: Vec::new(),
            links: Vec::new(),
            doubt: doubt(row.take(6)?, row.take::<Option<String>>(7)?.as_deref())?,
            decision: row.take(8)?,
            stands: stands(row.take(9)?, row.take(10)?),
        })
    };
    rows.into_iter().map(due).collect()
}

/// Why a record stands where it stands, if it was planned before.
fn stands(planned: i64, cause: Option<String>) -> Option<String> {
    (planned > 0).then(|| cause.unwrap_or_default())
}

fn fill_due(tx: &mut Tx<'_>, keys: &ConnectionKeys, due: &mut [Due]) -> Result<()> {
    let ids: Vec<i64> = due.iter().map(|due| due.record.0).collect();
    let mut parts = observations::parts_of(tx, keys, &ids)?;
    let mut links = links::of_records(tx, keys, &ids)?;
    for due in due {
        due.parts = parts.remove(&due.record).unwrap_or_default();
        due.links = links.remove(&due.record).unwrap_or_default();
    }
    Ok(())
}

impl Selection {
    /// For the audit trail.
    fn describe(&self) -> String {
        let sources = (!self.sources.is_empty()).then(|| format!("{} named", self.sources.len()));
        let words = [
            self.flow.map(|flow| format!("flow {flow}")),
            sources,
            self.cause.as_ref().map(|cause| format!("cause {cause}")),
            self.since.map(|since| format!("since {since}")),
            self.until.map(|until| format!("until {until}")),
            self.decision
                .as_ref()
                .map(|decision| format!("decision {decision}")),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        if words.is_empty() {
            "all".to_owned()
        } else {
            words.join(", ")
        }
    }

    /// What the audit entry is about: one record, or many.
    fn subjects(&self) -> Vec<String> {
        let flows = self.flow.map_or(Flow::ALL.to_vec(), |flow| vec![flow]);
        let named: Vec<String> = flows
            .into_iter()
            .flat_map(|flow| {
                self.sources.iter().map(move |source| {
                    let source = source.clone();
                    Key { flow, source }.to_string()
                })
            })
            .collect();
        if (1..=SOURCES_AUDITED_MAX).contains(&self.sources.len()) {
            named
        } else {
            vec![ALL_RECORDS.to_owned()]
        }
    }

    fn make_due(
        &self,
        tx: &mut Tx<'_>,
        id: ConnectionId,
        trigger: &str,
        now: Timestamp,
    ) -> Result<u64> {
        // A condition that was left out has a null for its argument.
        let mut which = "connection = $4
            AND (flow = $5 OR $5 IS NULL)
            AND (cause = $6 OR $6 IS NULL)
            AND (input_at >= $7 OR $7 IS NULL)
            AND (input_at < $8 OR $8 IS NULL)"
            .to_owned();
        let sources = texts(self.sources.iter().map(|source| source.0.as_str()));
        let mut params =
            params![id.0, self.flow, self.cause.as_ref(), self.since, self.until].to_vec();
        if !self.sources.is_empty() {
            which.push_str(" AND source IN {texts $9}");
            params.push((&sources).into());
        }
        make_due(tx, &which, now, trigger, self.decision.as_deref(), &params)
    }
}

/// What the trail calls a replay of more records than it names.
const ALL_RECORDS: &str = "records";

/// The records of these ids, in whatever flow, as the trail names them: one id may stand in several flows.
fn known_subjects(
    tx: &mut Tx<'_>,
    id: ConnectionId,
    sources: &[SourceId],
) -> Result<BTreeSet<String>> {
    if sources.is_empty() || sources.len() > SOURCES_AUDITED_MAX {
        return Ok(BTreeSet::new());
    }
    let sources = texts(sources.iter().map(|source| source.0.as_str()));
    let rows = tx.query(
        "SELECT flow, source FROM records WHERE connection = $1 AND source IN {texts $2}",
        params![id.0, &sources],
    )?;
    let subject = |mut row: crate::row::Row| {
        let (flow, source) = (row.take(0)?, SourceId(row.take(1)?));
        Ok(Key { flow, source }.to_string())
    };
    rows.into_iter().map(subject).collect()
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
        let keys = self.keys(id).await?;
        let limit = at_most(limit, DUE_MAX);
        let excluding: Vec<i64> = excluding.iter().map(|record| record.0).collect();
        let excluding = list(&excluding);
        self.read("read what is due", move |tx| {
            let mut due = bare_due(tx, (id, flow, now), limit, &excluding)?;
            fill_due(tx, &keys, &mut due)?;
            Ok(due)
        })
        .await
    }

    /// Which of these records (at most [`SOURCES_MAX`]) were ever seen.
    pub async fn known(
        &self,
        id: ConnectionId,
        flow: Flow,
        sources: &[SourceId],
    ) -> Result<HashSet<SourceId>> {
        let operation = "look which records are known";
        refuse_beyond(SOURCES_MAX, sources.len(), "records named", operation)?;
        let sources = texts(sources.iter().map(|source| source.0.as_str()));
        self.read(operation, move |tx| {
            let rows = tx.query(
                "SELECT source FROM records WHERE connection = $1 AND flow = $2 AND source IN {texts $3}",
                params![id.0, flow, &sources],
            )?;
            let source = |mut row: crate::row::Row| Ok(SourceId(row.take(0)?));
            rows.into_iter().map(source).collect()
        })
        .await
    }

    /// Notes, before a call about these records goes out, what it may leave behind if it is not answered. The outcome of
    /// an answered call takes the note back ([`Outcome::doubt`]); so does a note of what was in doubt before.
    pub async fn note_call(
        &self,
        id: ConnectionId,
        doubts: Vec<(RecordId, Option<Doubt>)>,
    ) -> Result<()> {
        let operation = "note a call";
        refuse_beyond(OUTCOMES_MAX, doubts.len(), "records", operation)?;
        self.write(operation, move |tx| {
            for (record, doubt) in &doubts {
                tx.execute(
                    "UPDATE records SET doubt_until = $3, doubted = $4 WHERE connection = $1 AND id = $2",
                    params![
                        id.0,
                        record.0,
                        doubt.as_ref().map(|doubt| doubt.until),
                        doubt.as_ref().map(Doubt::names_to_json).as_ref()
                    ],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// When the next pending record is due; in the past when one is due already.
    pub async fn next_due(&self, id: ConnectionId, flow: Flow) -> Result<Option<Timestamp>> {
        self.read("read when the next record is due", move |tx| {
            let mut row = tx.query_one(
                "SELECT min(due_at) FROM records WHERE connection = $1 AND flow = $2 AND state = 'pending'",
                params![id.0, flow],
            )?;
            row.take(0)
        })
        .await
    }

    /// Makes records due again with no tries counted, and audits it. Returns how many.
    pub async fn replay(
        &self,
        id: ConnectionId,
        selection: Selection,
        actor: &str,
        now: Timestamp,
    ) -> Result<u64> {
        let operation = "replay records";
        refuse_beyond(
            SOURCES_MAX,
            selection.sources.len(),
            "records named",
            operation,
        )?;
        let entries = selection
            .subjects()
            .iter()
            .flat_map(|subject| {
                self.salted_note(actor, "record.replayed", subject, selection.describe())
            })
            .collect::<Vec<_>>();
        let trigger = format!("replay by {actor}");
        self.write(operation, move |tx| {
            connections::require(tx, id)?;
            let count = selection.make_due(tx, id, &trigger, now)?;
            let known = known_subjects(tx, id, &selection.sources)?;
            let of_known = entries.iter().filter(|entry| {
                let subject = entry.subject();
                subject == ALL_RECORDS || known.contains(subject)
            });
            audit::append(tx, id, &of_known.cloned().collect::<Vec<_>>(), now)?;
            Ok(count)
        })
        .await
    }

    /// Makes due again, because what all records of a flow refer to has changed: records that wait or failed for one of
    /// these causes and, if so wanted, all that are synced. Returns how many.
    pub async fn touch_referring(
        &self,
        id: ConnectionId,
        flow: Flow,
        synced: bool,
        causes: &[&str],
        now: Timestamp,
    ) -> Result<u64> {
        let causes = texts(causes.iter().copied());
        let state = if synced { "synced" } else { "" };
        self.write("make referring records due", move |tx| {
            make_due(
                tx,
                "connection = $4 AND flow = $5 AND (state = $7
                     OR (state IN ('waiting', 'failed', 'ignored') AND cause IN {texts $6}))",
                now,
                "reference data changed",
                None,
                params![id.0, flow, &causes, state],
            )
        })
        .await
    }
}
