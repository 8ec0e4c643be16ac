//! Webhook deliveries: durable before they are answered, and known again (by their occurrence) when they are repeated.

use std::borrow::Cow;
use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use sync::flow::Flow;
use sync::record::Key;

use crate::connections::{self, ConnectionId};
use crate::dialect::storable;
use crate::limit::refuse_beyond;
use crate::row::{list, params};
use crate::tx::Tx;
use crate::{Result, Store};

/// Records that one delivery may wake.
pub const WAKES_PER_DELIVERY_MAX: usize = 1_000;

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
    /// The records to fetch, at most [`WAKES_PER_DELIVERY_MAX`].
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

/// A delivery with its body sealed, ready to be written.
pub(crate) struct Sealed {
    connection: ConnectionId,
    occurrence: String,
    event_type: String,
    payload: Vec<u8>,
    /// JSON list of [flow, source].
    wakes: Option<String>,
    received_at: Timestamp,
}

/// The hot path: writes deliveries, one statement and one row each; says what came of each, in their order. Fails as a
/// whole if one of their connections was removed.
pub(crate) fn write<'a>(
    tx: &mut Tx<'_>,
    deliveries: impl Iterator<Item = &'a Sealed> + Clone,
) -> Result<Vec<Received>> {
    let connections: BTreeSet<_> = deliveries.clone().map(|sealed| sealed.connection).collect();
    for connection in connections {
        connections::require(tx, connection)?;
    }
    let rows = deliveries.map(|sealed| {
        *params![
            sealed.connection.0,
            &sealed.occurrence,
            &sealed.event_type,
            sealed.wakes.as_ref(),
            sealed.received_at,
            &sealed.payload
        ]
    });
    let inserted = tx.execute_each(
        "INSERT INTO observations (connection, source, occurrence, event_type, wakes, observed_at, payload)
         VALUES ($1, 'webhook', $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        rows,
    )?;
    let received = |rows| {
        if rows == 0 {
            Received::Duplicate
        } else {
            Received::Fresh
        }
    };
    Ok(inserted.into_iter().map(received).collect())
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
            wakes,
        } = delivery;
        // Sealed here, on the caller's thread: the writer's time is what all deliveries share.
        let payload = keys.seal("observations", "payload", &occurrence, &raw, self.random());
        let wakes: Vec<(Flow, Cow<'_, str>)> = wakes
            .iter()
            .map(|key| (key.flow, storable(&key.source.0)))
            .collect();
        let sealed = Sealed {
            connection,
            occurrence,
            event_type,
            payload,
            wakes: (!wakes.is_empty()).then(|| list(&wakes)),
            received_at: now,
        };
        self.deliver(operation, sealed).await
    }
}
