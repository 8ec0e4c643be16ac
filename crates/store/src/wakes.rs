//! The wakes that webhook deliveries leave: "fetch this record soon".
//!
//! A wake is removed only if no later delivery woke the record again while it was being fetched.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use sync::flow::Flow;
use sync::record::{Key, SourceId};

use crate::connections::ConnectionId;
use crate::limit::{at_most, refuse_beyond};
use crate::row::{Param, params};
use crate::tx::Tx;
use crate::{Error, Result, Store};

/// Wakes that one call reads or finishes at most.
pub const WAKES_MAX: usize = 10_000;

/// Observations that a start of the program may have to look through again.
const UNMARKED_MAX: i64 = 1_000;

/// Deliveries that are spread at a time; the rest comes with the next look.
const DELIVERIES_SPREAD_MAX: i64 = 10_000;

/// A record that a delivery asks to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Which record.
    pub key: Key,
    /// Grows with each delivery that wakes the record.
    pub stamp: i64,
    /// The type of the latest event that woke it.
    pub event_type: String,
    /// When the first delivery came that is not fetched yet.
    pub since: Timestamp,
}

/// Wakes that stand in deliveries and not yet in their table.
struct Found {
    /// How far their table had come.
    woken_to: i64,
    /// How far it comes with these.
    to: i64,
    /// Those of one record merged.
    wakes: BTreeMap<(i64, Flow, String), Wake>,
}

/// Looks through the observations after `after`, or after `woken_to` if that is later; through all that are left, or
/// through [`DELIVERIES_SPREAD_MAX`] deliveries. Ids only grow, and there is one writer at a time, so none can appear
/// behind.
fn look_through(tx: &mut Tx<'_>, after: i64) -> Result<Found> {
    let woken_to = woken_to(tx)?;
    let after = after.max(woken_to);
    let mut last = tx.query_one("SELECT COALESCE(max(id), 0) FROM observations", &[])?;
    let mut to = last.take::<i64>(0)?.max(after);
    let rows = tx.query(
        "SELECT id, connection, event_type, wakes, observed_at FROM observations
          WHERE id > $1 AND wakes IS NOT NULL ORDER BY id LIMIT $2",
        params![after, DELIVERIES_SPREAD_MAX],
    )?;
    let is_all = i64::try_from(rows.len()).is_ok_and(|count| count < DELIVERIES_SPREAD_MAX);
    let mut wakes: BTreeMap<(i64, Flow, String), Wake> = BTreeMap::new();
    for mut row in rows {
        let stamp: i64 = row.take(0)?;
        if !is_all {
            to = stamp;
        }
        let connection: i64 = row.take(1)?;
        let event_type: String = row.take(2)?;
        let keys: Vec<(Flow, String)> = row.take_json(3)?;
        let observed_at: Timestamp = row.take(4)?;
        for (flow, source) in keys {
            let wake = wakes
                .entry((connection, flow, source.clone()))
                .or_insert_with(|| Wake {
                    key: Key {
                        flow,
                        source: SourceId(source),
                    },
                    stamp,
                    event_type: String::new(),
                    since: observed_at,
                });
            wake.stamp = stamp;
            wake.event_type.clone_from(&event_type);
        }
    }
    Ok(Found {
        woken_to,
        to,
        wakes,
    })
}

fn woken_to(tx: &mut Tx<'_>) -> Result<i64> {
    let mut row = tx.query_one("SELECT value FROM meta WHERE name = 'woken_to'", &[])?;
    let value: String = row.take(0)?;
    value
        .parse()
        .map_err(|_unreadable| Error::corrupt("meta.value of `woken_to`"))
}

/// Puts what was found into its table; `false` when somebody else was there meanwhile, and it takes a new look.
fn spread(tx: &mut Tx<'_>, found: &Found) -> Result<bool> {
    if woken_to(tx)? != found.woken_to {
        return Ok(false);
    }
    let rows: Vec<[Param<'_>; 6]> = found
        .wakes
        .iter()
        .map(|((connection, flow, source), wake)| {
            [
                (*connection).into(),
                (*flow).into(),
                source.into(),
                wake.stamp.into(),
                (&wake.event_type).into(),
                wake.since.into(),
            ]
        })
        .collect();
    // `since` stays that of the first delivery that is not served yet.
    tx.insert_rows(
        "INSERT INTO wakes (connection, flow, source, stamp, event_type, since)",
        &rows,
        "ON CONFLICT (connection, flow, source)
         DO UPDATE SET stamp = excluded.stamp, event_type = excluded.event_type",
    )?;
    tx.execute(
        "UPDATE meta SET value = $1 WHERE name = 'woken_to'",
        params![&found.to.to_string()],
    )?;
    Ok(true)
}

impl Store {
    /// Spreads the wakes of new deliveries, if there are any.
    async fn spread_wakes(&self) -> Result<()> {
        let operation = "spread the wakes of deliveries";
        // What this process looked through already; the database's own mark moves only when there is a reason to write.
        let hint = &self.shared.looked_through;
        loop {
            let after = hint.load(Ordering::Acquire);
            let found = self
                .read(operation, move |tx| look_through(tx, after))
                .await?;
            let to = found.to;
            let is_to_write = !found.wakes.is_empty() || to - found.woken_to > UNMARKED_MAX;
            if !is_to_write || self.write(operation, move |tx| spread(tx, &found)).await? {
                hint.fetch_max(to, Ordering::AcqRel);
                return Ok(());
            }
        }
    }

    /// At most `limit` (and [`WAKES_MAX`]) records that wait to be fetched, longest waiting first.
    pub async fn wakes(&self, id: ConnectionId, flow: Flow, limit: usize) -> Result<Vec<Wake>> {
        self.spread_wakes().await?;
        let limit = at_most(limit, WAKES_MAX);
        self.read("read the wakes", move |tx| {
            let rows = tx.query(
                "SELECT source, stamp, event_type, since FROM wakes
                  WHERE connection = $1 AND flow = $2 ORDER BY since, stamp, source LIMIT $3",
                params![id.0, flow, limit],
            )?;
            let wake = |mut row: crate::row::Row| {
                Ok(Wake {
                    key: Key {
                        flow,
                        source: SourceId(row.take(0)?),
                    },
                    stamp: row.take(1)?,
                    event_type: row.take(2)?,
                    since: row.take(3)?,
                })
            };
            rows.into_iter().map(wake).collect()
        })
        .await
    }

    /// Removes wakes (at most [`WAKES_MAX`]) that were fetched, except those woken again since they were read.
    pub async fn finish_wakes(&self, id: ConnectionId, wakes: &[Wake]) -> Result<()> {
        let operation = "finish wakes";
        refuse_beyond(WAKES_MAX, wakes.len(), "wakes", operation)?;
        if wakes.is_empty() {
            return Ok(());
        }
        let wakes = wakes.to_vec();
        self.write(operation, move |tx| {
            for wake in &wakes {
                tx.execute(
                    "DELETE FROM wakes WHERE connection = $1 AND flow = $2 AND source = $3 AND stamp <= $4",
                    params![id.0, wake.key.flow, &wake.key.source.0, wake.stamp],
                )?;
            }
            Ok(())
        })
        .await
    }
}
