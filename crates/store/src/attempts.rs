//! Attempts: one try at bringing one record to the target, with what was sent and what came back. Append-only; written
//! with the outcome that they led to (see [`records`](crate::records)).

use jiff::Timestamp;
use serde_json::Value;

use crate::records::RecordId;
use crate::{Result, Store};

/// Attempts that one call of [`Store::attempts`] returns at most.
pub const ATTEMPTS_MAX: usize = 1_000;

/// An attempt to be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAttempt {
    /// What caused it, for a person.
    pub trigger: String,
    /// What was sent; sealed at rest.
    pub sent: Value,
    /// What came back; sealed at rest.
    pub received: Value,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// One word: `written`, `refused`, `lost`, ...
    pub outcome: String,
    /// For a person; no payload.
    pub message: String,
}

/// An attempt as it was written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The store's number of it; grows.
    pub id: i64,
    /// What caused it.
    pub trigger: String,
    /// What was sent; null when it was forgotten.
    pub sent: Value,
    /// What came back; null when it was forgotten.
    pub received: Value,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// One word.
    pub outcome: String,
    /// For a person.
    pub message: String,
}

impl Store {
    /// The latest attempts for a record, newest first, at most `limit` and [`ATTEMPTS_MAX`].
    pub async fn attempts(&self, record: RecordId, limit: usize) -> Result<Vec<Attempt>> {
        todo!("{record} {limit}")
    }
}
