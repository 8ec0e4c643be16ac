//! The audit trail: who or what did what to which record or setting, when and why; a hash chain per connection.

use jiff::Timestamp;

use crate::connections::ConnectionId;
use crate::{Result, Store};

/// Entries that one call of [`Store::audit`] returns at most.
pub const ENTRIES_MAX: usize = 10_000;

/// An entry to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// Who: `engine`, `cli:ann`.
    pub actor: String,
    /// What was done: `record.created`, `connection.paused`.
    pub action: String,
    /// To what: a record's key as it is displayed (`customers 4711`), `connection`, `pass 3`.
    pub subject: String,
    /// For a person; no payload.
    pub detail: String,
    /// What was written, if anything. Only its salted hash is kept.
    pub payload: Option<Vec<u8>>,
}

/// An entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the connection's chain, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// For a person.
    pub detail: String,
    /// The salt of this entry, in hex.
    pub salt: String,
    /// SHA-256 over the salt and the payload, in hex; absent when there was no payload.
    pub payload_hash: Option<String>,
    /// The entry's hash, in hex.
    pub hash: String,
}

/// What verifying a chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every entry follows from the one before.
    Intact {
        /// How many entries.
        entries: u64,
        /// Hash of the last one, in hex; absent when there is none. Note it elsewhere: a chain whose end was cut off
        /// verifies too.
        head: Option<String>,
    },
    /// The chain breaks.
    Broken {
        /// At the entry with this number.
        seq: i64,
        /// How, for a person.
        why: String,
    },
}

impl Store {
    /// Appends entries to a connection's chain, in one commit.
    pub async fn append_audit(
        &self,
        id: ConnectionId,
        entries: Vec<NewAuditEntry>,
        now: Timestamp,
    ) -> Result<()> {
        todo!("{id} {entries:?} {now}")
    }

    /// Entries after `after_seq` (0: from the start), oldest first, at most `limit` and [`ENTRIES_MAX`]; with `subject`
    /// only those about it.
    pub async fn audit(
        &self,
        id: ConnectionId,
        subject: Option<&str>,
        after_seq: i64,
        limit: usize,
    ) -> Result<Vec<AuditEntry>> {
        todo!("{id} {subject:?} {after_seq} {limit}")
    }

    /// Recomputes a connection's chain from its first entry.
    pub async fn verify_audit(&self, id: ConnectionId) -> Result<Verified> {
        todo!("{id}")
    }
}
