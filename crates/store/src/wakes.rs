//! Webhook deliveries, and the wakes they leave: "fetch this record soon".
//!
//! A delivery is durable before it is answered. A repeated one (by its occurrence) changes nothing. A wake is removed
//! only if no later delivery woke the record again while it was being fetched.

use bytes::Bytes;
use jiff::Timestamp;
use sync::flow::Flow;
use sync::record::{Key, SourceId};

use crate::connections::{self, ConnectionId};
use crate::limit::{at_most, refuse_beyond};
use crate::row::{Param, params};
use crate::tx::Tx;
use crate::{Result, Store};

/// Records that one delivery may wake.
pub const WAKES_PER_DELIVERY_MAX: usize = 1_000;

/// Wakes that one call reads or finishes at most.
pub const WAKES_MAX: usize = 10_000;

/// One delivery of a webhook, verified.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The connection it is for.
    pub connection: ConnectionId,
    /// What the sender calls this occurrence; a second delivery of it is a duplicate.
    pub occurrence: String,
    /// The event's type, as sent.
    pub event_type: String,
    /// The body, as sent.
    pub raw: Bytes,
    /// The records to fetch.
    pub wakes: Vec<Key>,
}

/// What came of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It was new, and is durable now.
    Fresh,
    /// It was known already; nothing changed.
    Duplicate,
}

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

/// A delivery with its body sealed, ready to be written.
struct Sealed {
    connection: ConnectionId,
    occurrence: String,
    event_type: String,
    payload: Vec<u8>,
    wakes: Vec<Key>,
}

impl Sealed {
    /// The hot path: two statements, of which a duplicate needs one.
    fn write(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Received> {
        // The row of the connection gates the insert, at no extra round trip: a removed connection takes nothing in.
        let fresh = tx.query_opt(
            "INSERT INTO observations (connection, source, occurrence, event_type, observed_at, payload)
             SELECT id, 'webhook', $2, $3, $4, $5 FROM connections WHERE id = $1 AND removed_at IS NULL
             ON CONFLICT DO NOTHING
             RETURNING id",
            params![
                self.connection.0,
                &self.occurrence,
                &self.event_type,
                now,
                &self.payload
            ],
        )?;
        let Some(mut fresh) = fresh else {
            connections::require(tx, self.connection)?;
            return Ok(Received::Duplicate);
        };
        // Ids of observations only grow, so a later delivery has a higher stamp. `since` stays that of the first one.
        let stamp: i64 = fresh.take(0)?;
        let rows: Vec<[Param<'_>; 6]> = self
            .wakes
            .iter()
            .map(|key| {
                [
                    self.connection.0.into(),
                    key.flow.into(),
                    (&key.source.0).into(),
                    stamp.into(),
                    (&self.event_type).into(),
                    now.into(),
                ]
            })
            .collect();
        tx.insert_rows(
            "INSERT INTO wakes (connection, flow, source, stamp, event_type, since)",
            &rows,
            "ON CONFLICT (connection, flow, source)
             DO UPDATE SET stamp = excluded.stamp, event_type = excluded.event_type",
        )?;
        Ok(Received::Fresh)
    }
}

impl Store {
    /// Takes in a delivery; returns after its raw bytes are committed.
    pub async fn receive(&self, delivery: Delivery, now: Timestamp) -> Result<Received> {
        let operation = "take in a delivery";
        refuse_beyond(
            WAKES_PER_DELIVERY_MAX,
            delivery.wakes.len(),
            "wakes of a delivery",
            operation,
        )?;
        let keys = self.keys(delivery.connection).await?;
        let Delivery {
            connection,
            occurrence,
            event_type,
            raw,
            mut wakes,
        } = delivery;
        // A statement may touch a row once.
        wakes.sort_unstable();
        wakes.dedup();
        // Sealed here, on the caller's thread: the writer's time is what all deliveries share.
        let payload = keys.seal("observations", "payload", &occurrence, &raw, self.random());
        let sealed = Sealed {
            connection,
            occurrence,
            event_type,
            payload,
            wakes,
        };
        self.write(operation, move |tx| sealed.write(tx, now)).await
    }

    /// At most `limit` (and [`WAKES_MAX`]) records that wait to be fetched, longest waiting first.
    pub async fn wakes(&self, id: ConnectionId, flow: Flow, limit: usize) -> Result<Vec<Wake>> {
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
