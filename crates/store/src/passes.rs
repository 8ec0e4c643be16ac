//! Passes: a run of `sync`, asked for by any process, done by the owner of the engine.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use sync::flow::Flow;

use crate::audit;
use crate::connections::{self, ConnectionId};
use crate::limit::{at_most, refuse_beyond};
use crate::records::Effect;
use crate::row::{Param, Row, list, params};
use crate::tx::Tx;
use crate::vault::{Cipher, Nonce};
use crate::{Error, ErrorKind, Result, Store};

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

impl Effects {
    pub(crate) fn count(&mut self, effect: Effect) {
        match effect {
            Effect::Created => self.created += 1,
            Effect::Updated => self.updated += 1,
            Effect::Unchanged => self.unchanged += 1,
            Effect::None => {}
        }
    }
}

/// Adds to what a pass did, inside the job that did it.
pub(crate) fn add(tx: &mut Tx<'_>, pass: PassId, effects: &BTreeMap<Flow, Effects>) -> Result<()> {
    let count = |count: u64| Param::Int(i64::try_from(count).expect("a count of outcomes fits"));
    let rows: Vec<[Param<'_>; 5]> = effects
        .iter()
        .map(|(flow, effects)| {
            [
                pass.0.into(),
                (*flow).into(),
                count(effects.created),
                count(effects.updated),
                count(effects.unchanged),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO pass_effects (pass, flow, created, updated, unchanged)",
        &rows,
        "ON CONFLICT (pass, flow) DO UPDATE SET
             created = pass_effects.created + excluded.created,
             updated = pass_effects.updated + excluded.updated,
             unchanged = pass_effects.unchanged + excluded.unchanged",
    )?;
    Ok(())
}

const COLUMNS: &str =
    "id, connection, flows, since, actor, requested_at, started_at, finished_at, settled, note";

fn pass(tx: &mut Tx<'_>, wrapper: &Cipher, row: &mut Row) -> Result<Pass> {
    let id = PassId(row.take(0)?);
    let connection = ConnectionId(row.take(1)?);
    let effects = tx.query(
        "SELECT flow, created, updated, unchanged FROM pass_effects WHERE pass = $1",
        params![id.0],
    )?;
    let effects = effects.into_iter().map(|mut row| {
        let effects = Effects {
            created: row.take(1)?,
            updated: row.take(2)?,
            unchanged: row.take(3)?,
        };
        Ok((row.take(0)?, effects))
    });
    Ok(Pass {
        id,
        connection,
        flows: row.take_json(2)?,
        since: row.take(3)?,
        actor: row.take(4)?,
        requested_at: row.take(5)?,
        started_at: row.take(6)?,
        finished_at: row.take(7)?,
        settled: row.take::<Option<i64>>(8)?.map(|settled| settled == 1),
        note: match row.take::<Option<Vec<u8>>>(9)? {
            Some(note) => Some(open_note(tx, wrapper, connection, id, note)?),
            None => None,
        },
        effects: effects.collect::<Result<_>>()?,
    })
}

fn open_note(
    tx: &mut Tx<'_>,
    wrapper: &Cipher,
    connection: ConnectionId,
    pass: PassId,
    sealed: Vec<u8>,
) -> Result<String> {
    let keys = connections::load_keys(tx, wrapper, connection)?;
    keys.open_text("passes", "note", &pass.to_string(), sealed)
}

fn seal_note(
    tx: &mut Tx<'_>,
    wrapper: &Cipher,
    pass: PassId,
    note: &str,
    nonce: Nonce,
) -> Result<Vec<u8>> {
    let row = tx.query_opt(
        "SELECT connection FROM passes WHERE id = $1",
        params![pass.0],
    )?;
    let connection = ConnectionId(row.ok_or_else(|| no_pass(pass))?.take(0)?);
    let keys = connections::load_keys(tx, wrapper, connection)?;
    Ok(keys.seal("passes", "note", &pass.to_string(), note.as_bytes(), nonce))
}

fn no_pass(pass: PassId) -> Error {
    Error::new("find a pass", ErrorKind::NotFound(format!("pass {pass}")))
}

/// Touches a pass that exists; `set` may use `$1`, the pass, and further arguments.
fn update(tx: &mut Tx<'_>, pass: PassId, set: &str, params: &[Param<'_>]) -> Result<()> {
    if tx.execute(&format!("UPDATE passes SET {set} WHERE id = $1"), params)? == 0 {
        return Err(no_pass(pass));
    }
    Ok(())
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
        let operation = "request a pass";
        let names = flows
            .iter()
            .map(|flow| flow.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let entries = self.salted_note(actor, "pass.requested", "connection", names);
        let actor = actor.to_owned();
        self.write(operation, move |tx| {
            connections::require(tx, id)?;
            let mut open = tx.query_one(
                "SELECT count(*) FROM passes WHERE connection = $1 AND finished_at IS NULL",
                params![id.0],
            )?;
            let with_this = usize::try_from(open.take::<u64>(0)?)
                .unwrap_or(usize::MAX)
                .saturating_add(1);
            refuse_beyond(OPEN_PASSES_MAX, with_this, "open passes", operation)?;
            let mut row = tx.query_one(
                "INSERT INTO passes (connection, flows, since, actor, requested_at)
                 VALUES ($1, $2, $3, $4, $5) RETURNING id",
                params![id.0, &list(&flows), since, &actor, now],
            )?;
            audit::append(tx, id, &entries, now)?;
            Ok(PassId(row.take(0)?))
        })
        .await
    }

    /// The connection's passes that are not finished, oldest first.
    pub async fn open_passes(&self, id: ConnectionId) -> Result<Vec<Pass>> {
        let wrapper = self.wrapper();
        self.read("read the open passes", move |tx| {
            let sql = format!(
                "SELECT {COLUMNS} FROM passes WHERE connection = $1 AND finished_at IS NULL ORDER BY id LIMIT $2"
            );
            let rows = tx.query(&sql, params![id.0, at_most(OPEN_PASSES_MAX, OPEN_PASSES_MAX)])?;
            rows.into_iter()
                .map(|mut row| pass(tx, &wrapper, &mut row))
                .collect()
        })
        .await
    }

    /// The engine takes a pass up. Again after a crash: the first start stays.
    pub async fn begin_pass(&self, pass: PassId, now: Timestamp) -> Result<()> {
        self.write("begin a pass", move |tx| {
            update(
                tx,
                pass,
                "started_at = COALESCE(started_at, $2)",
                params![pass.0, now],
            )
        })
        .await
    }

    /// The engine is done with a pass. A pass that is finished already stays as it is.
    pub async fn finish_pass(
        &self,
        pass: PassId,
        settled: bool,
        now: Timestamp,
        note: Option<String>,
    ) -> Result<()> {
        let (wrapper, nonce) = (self.wrapper(), self.random());
        self.write("finish a pass", move |tx| {
            let note = match &note {
                Some(note) => Some(seal_note(tx, &wrapper, pass, note, nonce)?),
                None => None,
            };
            update(
                tx,
                pass,
                "settled = CASE WHEN finished_at IS NULL THEN $2 ELSE settled END,
                 note = CASE WHEN finished_at IS NULL THEN $3 ELSE note END,
                 finished_at = COALESCE(finished_at, $4)",
                params![pass.0, i64::from(settled), note.as_ref(), now],
            )
        })
        .await
    }

    /// A pass.
    pub async fn pass(&self, id: PassId) -> Result<Option<Pass>> {
        let wrapper = self.wrapper();
        self.read("read a pass", move |tx| {
            let sql = format!("SELECT {COLUMNS} FROM passes WHERE id = $1");
            let row = tx.query_opt(&sql, params![id.0])?;
            row.map(|mut row| pass(tx, &wrapper, &mut row)).transpose()
        })
        .await
    }
}
