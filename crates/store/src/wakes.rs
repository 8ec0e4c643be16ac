//! Webhook deliveries, and the wakes they leave: "fetch this record soon".
//!
//! A delivery is durable before it is answered. A repeated one (by its occurrence) changes nothing. A wake is removed
//! only if no later delivery woke the record again while it was being fetched.

use bytes::Bytes;
use jiff::Timestamp;
use sync::flow::Flow;
use sync::record::Key;

use crate::connections::ConnectionId;
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

impl Store {
    /// Takes in a delivery; returns after its raw bytes are committed.
    pub async fn receive(&self, delivery: Delivery, now: Timestamp) -> Result<Received> {
        todo!("{delivery:?} {now}")
    }

    /// At most `limit` records that wait to be fetched, longest waiting first.
    pub async fn wakes(&self, id: ConnectionId, flow: Flow, limit: usize) -> Result<Vec<Wake>> {
        todo!("{id} {flow} {limit}")
    }

    /// Removes wakes that were fetched, except those woken again since they were read.
    pub async fn finish_wakes(&self, id: ConnectionId, wakes: &[Wake]) -> Result<()> {
        todo!("{id} {wakes:?}")
    }
}
