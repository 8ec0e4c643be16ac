//! Attempts: one try at bringing one record to the target, with what was sent and what came back. Append-only; written
//! with the outcome that they led to (see [`records`](crate::records)).

use jiff::Timestamp;
use serde_json::Value;

use crate::connections::ConnectionId;
use crate::limit::at_most;
use crate::records::RecordId;
use crate::row::params;
use crate::vault::ConnectionKeys;
use crate::{Error, ErrorKind, Result, Store};

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
    /// For a person; sealed at rest.
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

/// An attempt with its exchange and its message sealed.
pub(crate) struct SealedAttempt {
    pub(crate) attempt: NewAttempt,
    pub(crate) sent: Vec<u8>,
    pub(crate) received: Vec<u8>,
    pub(crate) message: Vec<u8>,
}

impl SealedAttempt {
    fn open(
        keys: &ConnectionKeys,
        column: &str,
        record: RecordId,
        sealed: Vec<u8>,
    ) -> Result<Value> {
        if sealed.is_empty() {
            return Ok(Value::Null);
        }
        let json = keys.open("attempts", column, &record.to_string(), sealed)?;
        serde_json::from_slice(&json)
            .map_err(|_unreadable| Error::corrupt(format!("attempts.{column} of record {record}")))
    }

    fn open_message(keys: &ConnectionKeys, record: RecordId, sealed: Vec<u8>) -> Result<String> {
        if sealed.is_empty() {
            return Ok(String::new());
        }
        keys.open_text("attempts", "message", &record.to_string(), sealed)
    }
}

impl Store {
    /// The latest attempts for a record, newest first, at most `limit` and [`ATTEMPTS_MAX`].
    pub async fn attempts(&self, record: RecordId, limit: usize) -> Result<Vec<Attempt>> {
        let operation = "read attempts";
        let owner = self
            .read(operation, move |tx| {
                let row = tx.query_opt(
                    "SELECT connection FROM records WHERE id = $1",
                    params![record.0],
                )?;
                let unknown = || {
                    let kind = ErrorKind::NotFound(format!("record with id {record}"));
                    Error::new(operation, kind)
                };
                row.ok_or_else(unknown)?.take(0).map(ConnectionId)
            })
            .await?;
        let keys = self.keys(owner).await?;
        let limit = at_most(limit, ATTEMPTS_MAX);
        self.read(operation, move |tx| {
            let rows = tx.query(
                "SELECT id, triggered_by, sent, received, started_at, finished_at, outcome, message
                   FROM attempts WHERE record = $1 ORDER BY id DESC LIMIT $2",
                params![record.0, limit],
            )?;
            let attempt = |mut row: crate::row::Row| {
                Ok(Attempt {
                    id: row.take(0)?,
                    trigger: row.take(1)?,
                    sent: SealedAttempt::open(&keys, "sent", record, row.take(2)?)?,
                    received: SealedAttempt::open(&keys, "received", record, row.take(3)?)?,
                    started_at: row.take(4)?,
                    finished_at: row.take(5)?,
                    outcome: row.take(6)?,
                    message: SealedAttempt::open_message(&keys, record, row.take(7)?)?,
                })
            };
            rows.into_iter().map(attempt).collect()
        })
        .await
    }

    pub(crate) fn seal_attempt(
        &self,
        keys: &ConnectionKeys,
        record: RecordId,
        mut attempt: NewAttempt,
    ) -> SealedAttempt {
        let row = record.to_string();
        let seal = |column: &str, text: &str| {
            keys.seal("attempts", column, &row, text.as_bytes(), self.random())
        };
        SealedAttempt {
            sent: seal("sent", &attempt.sent.take().to_string()),
            received: seal("received", &attempt.received.take().to_string()),
            message: match std::mem::take(&mut attempt.message) {
                none if none.is_empty() => Vec::new(),
                message => seal("message", &message),
            },
            attempt,
        }
    }
}
