//! The audit trail: who or what did what to which record or setting, when and why; a hash chain per connection.
//!
//! Entries are appended, never changed, never deleted. Each entry's hash covers the one before it:
//!
//! ```text
//! hash = SHA-256( hash of the entry before, or 32 zero bytes
//!               | connection, seq, at (ms since 1970)    each as 8 bytes, big endian
//!               | actor, action, subject, detail, salt, payload hash (empty when there was none)
//!                                                        each preceded by its length in 8 bytes, big endian )
//! payload hash = SHA-256( salt | payload )
//! ```
//!
//! The payload itself is not in the chain: it can be forgotten, and the chain still verifies. The salt keeps small
//! payloads from being guessed from their hash by somebody who has only an export without it.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::connections::ConnectionId;
use crate::dialect::storable;
use crate::limit::{at_most, refuse_beyond};
use crate::row::{Param, Row, ms, params};
use crate::tx::Tx;
use crate::{Result, Store};

/// Entries that one call of [`Store::audit`] returns at most.
pub const ENTRIES_MAX: usize = 10_000;

/// Entries that one call of [`Store::append_audit`] takes at most.
pub const NEW_ENTRIES_MAX: usize = 10_000;

/// Entries that verifying reads at a time.
const VERIFY_BATCH: usize = 2_000;

/// An entry to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// Who: `engine`, `cli:ann`.
    pub actor: String,
    /// What was done: `record.created`, `connection.paused`.
    pub action: String,
    /// To what: a record's key as it is displayed (`customers 4711`), `connection`, `pass 3`.
    pub subject: String,
    /// For a person. Kept in the clear: causes and sentences of ours, neither payload nor a vendor's text.
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

/// An entry with its random part, made outside of the transaction so that the job can be repeated.
#[derive(Clone, Debug)]
pub(crate) struct Salted {
    entry: NewAuditEntry,
    salt: [u8; 16],
    payload_hash: Option<Vec<u8>>,
}

impl Salted {
    /// What it is about.
    pub(crate) fn subject(&self) -> &str {
        &self.entry.subject
    }

    fn new(entry: NewAuditEntry, salt: [u8; 16]) -> Self {
        let payload_hash = entry.payload.as_ref().map(|payload| {
            let hash = Sha256::new().chain_update(salt).chain_update(payload);
            hash.finalize().to_vec()
        });
        // The hash must cover the texts as they are stored.
        let stored = |text: String| storable(&text).into_owned();
        let entry = NewAuditEntry {
            actor: stored(entry.actor),
            action: stored(entry.action),
            subject: stored(entry.subject),
            detail: stored(entry.detail),
            payload: None,
        };
        Self {
            entry,
            salt,
            payload_hash,
        }
    }
}

/// What an entry's hash covers.
struct Hashed<'a> {
    before: &'a [u8],
    connection: ConnectionId,
    seq: i64,
    at: i64,
    texts: [&'a str; 4],
    salt: &'a [u8],
    payload_hash: &'a [u8],
}

impl Hashed<'_> {
    fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.before);
        for number in [self.connection.0, self.seq, self.at] {
            hash.update(number.to_be_bytes());
        }
        let texts = self.texts.iter().map(|text| text.as_bytes());
        for field in texts.chain([self.salt, self.payload_hash]) {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        hash.finalize().into()
    }
}

/// Appends entries to the chain, inside a job.
pub(crate) fn append(
    tx: &mut Tx<'_>,
    id: ConnectionId,
    entries: &[Salted],
    now: Timestamp,
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let last = tx.query_opt(
        "SELECT seq, hash FROM audit WHERE connection = $1 ORDER BY seq DESC LIMIT 1",
        params![id.0],
    )?;
    let (mut seq, mut before): (i64, Vec<u8>) = match last {
        Some(mut row) => (row.take(0)?, row.take(1)?),
        None => (0, vec![0; 32]),
    };
    let mut hashes = Vec::with_capacity(entries.len());
    let first = seq + 1;
    for salted in entries {
        seq += 1;
        let NewAuditEntry {
            actor,
            action,
            subject,
            detail,
            ..
        } = &salted.entry;
        before = Hashed {
            before: &before,
            connection: id,
            seq,
            at: ms(now),
            texts: [actor, action, subject, detail],
            salt: &salted.salt,
            payload_hash: salted.payload_hash.as_deref().unwrap_or_default(),
        }
        .hash()
        .to_vec();
        hashes.push(before.clone());
    }
    let rows: Vec<[Param<'_>; 10]> = (first..)
        .zip(entries.iter().zip(&hashes))
        .map(|(seq, (salted, hash))| {
            [
                id.0.into(),
                seq.into(),
                now.into(),
                (&salted.entry.actor).into(),
                (&salted.entry.action).into(),
                (&salted.entry.subject).into(),
                (&salted.entry.detail).into(),
                salted.salt.as_slice().into(),
                salted.payload_hash.as_ref().into(),
                hash.into(),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO audit (connection, seq, at, actor, action, subject, detail, salt, payload_hash, hash)",
        &rows,
        "",
    )?;
    Ok(())
}

const COLUMNS: &str = "seq, at, actor, action, subject, detail, salt, payload_hash, hash";

fn entry(row: &mut Row) -> Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.take(0)?,
        at: row.take(1)?,
        actor: row.take(2)?,
        action: row.take(3)?,
        subject: row.take(4)?,
        detail: row.take(5)?,
        salt: hex::encode(row.take::<Vec<u8>>(6)?),
        payload_hash: row.take::<Option<Vec<u8>>>(7)?.map(hex::encode),
        hash: hex::encode(row.take::<Vec<u8>>(8)?),
    })
}

/// Where verifying stands.
struct Chain {
    connection: ConnectionId,
    entries: i64,
    head: Vec<u8>,
}

impl Chain {
    /// Checks the next entry; gives what is wrong with it.
    fn follow(&mut self, row: &mut Row) -> Result<Option<Verified>> {
        let seq: i64 = row.take(0)?;
        let at: i64 = row.take(1)?;
        let texts: [String; 4] = [row.take(2)?, row.take(3)?, row.take(4)?, row.take(5)?];
        let salt: Vec<u8> = row.take(6)?;
        let payload_hash: Option<Vec<u8>> = row.take(7)?;
        let hash: Vec<u8> = row.take(8)?;
        let expected = self.entries + 1;
        if seq != expected {
            return Ok(Some(Verified::Broken {
                seq: expected,
                why: format!("entry {expected} is missing: the next one there is {seq}"),
            }));
        }
        let computed = Hashed {
            before: &self.head,
            connection: self.connection,
            seq,
            at,
            texts: [&texts[0], &texts[1], &texts[2], &texts[3]],
            salt: &salt,
            payload_hash: payload_hash.as_deref().unwrap_or_default(),
        }
        .hash();
        if computed.as_slice() != hash {
            return Ok(Some(Verified::Broken {
                seq,
                why: format!("entry {seq} or the one before it was changed: its hash does not fit"),
            }));
        }
        self.entries = seq;
        self.head = hash;
        Ok(None)
    }
}

impl Store {
    /// Appends entries (at most [`NEW_ENTRIES_MAX`]) to a connection's chain, in one commit.
    pub async fn append_audit(
        &self,
        id: ConnectionId,
        entries: Vec<NewAuditEntry>,
        now: Timestamp,
    ) -> Result<()> {
        let operation = "append to the audit trail";
        refuse_beyond(NEW_ENTRIES_MAX, entries.len(), "audit entries", operation)?;
        let entries = self.salted(entries);
        self.write(operation, move |tx| append(tx, id, &entries, now))
            .await
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
        let subject = subject.map(str::to_owned);
        let limit = at_most(limit, ENTRIES_MAX);
        self.read("read the audit trail", move |tx| {
            let rows = match &subject {
                Some(subject) => tx.query(
                    &format!(
                        "SELECT {COLUMNS} FROM audit
                          WHERE connection = $1 AND subject = $2 AND seq > $3 ORDER BY seq LIMIT $4"
                    ),
                    params![id.0, subject, after_seq, limit],
                )?,
                None => tx.query(
                    &format!(
                        "SELECT {COLUMNS} FROM audit
                          WHERE connection = $1 AND seq > $2 ORDER BY seq LIMIT $3"
                    ),
                    params![id.0, after_seq, limit],
                )?,
            };
            rows.into_iter().map(|mut row| entry(&mut row)).collect()
        })
        .await
    }

    /// Recomputes a connection's chain from its first entry.
    pub async fn verify_audit(&self, id: ConnectionId) -> Result<Verified> {
        let mut chain = Chain {
            connection: id,
            entries: 0,
            head: vec![0; 32],
        };
        loop {
            let after = chain.entries;
            let rows = self
                .read("verify the audit trail", move |tx| {
                    tx.query(
                        &format!(
                            "SELECT {COLUMNS} FROM audit
                              WHERE connection = $1 AND seq > $2 ORDER BY seq LIMIT $3"
                        ),
                        params![id.0, after, at_most(VERIFY_BATCH, VERIFY_BATCH)],
                    )
                })
                .await?;
            let is_last = rows.len() < VERIFY_BATCH;
            for mut row in rows {
                if let Some(broken) = chain.follow(&mut row)? {
                    return Ok(broken);
                }
            }
            if is_last {
                return Ok(Verified::Intact {
                    entries: chain.entries.unsigned_abs(),
                    head: (chain.entries > 0).then(|| hex::encode(&chain.head)),
                });
            }
        }
    }

    pub(crate) fn salted(&self, entries: Vec<NewAuditEntry>) -> Vec<Salted> {
        let salt = |entry| Salted::new(entry, self.random());
        entries.into_iter().map(salt).collect()
    }

    /// One entry without a payload.
    pub(crate) fn salted_note(
        &self,
        actor: &str,
        action: &str,
        subject: &str,
        detail: String,
    ) -> Vec<Salted> {
        self.salted(vec![NewAuditEntry {
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
            payload: None,
        }])
    }
}
