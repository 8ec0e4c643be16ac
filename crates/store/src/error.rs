//! What can go wrong in the store: which operation failed, of what kind, and whether trying again can help.

use std::fmt;
use std::sync::Arc;

/// The result of everything the store does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation of the store.
///
/// `Display` says which operation failed and what kind of failure it was, never the source's text: print the chain.
#[derive(Clone, Debug)]
pub struct Error {
    operation: &'static str,
    kind: ErrorKind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What kind of failure it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The disk or the quota of the database is full; nothing was written.
    #[error("the disk of the database is full: make room, nothing was written")]
    DiskFull,
    /// Another process held the database for too long; nothing was written.
    #[error("another process kept the database locked; nothing was written")]
    Locked,
    /// The database cannot be reached or opened; nothing was written.
    #[error("the database is out of reach")]
    Unavailable,
    /// The connection died during the commit, and the database cannot say any more what became of it.
    #[error("the connection to the database was lost during the commit; its fate is unknown")]
    Uncertain,
    /// The database was made with another master key.
    #[error("this database was made with key id {made_with}, the key given is {given}")]
    WrongKey {
        /// Id of the key that the database was made with.
        made_with: String,
        /// Id of the key that was given.
        given: String,
    },
    /// The database was migrated by a newer version of the program.
    #[error(
        "the database has schema version {found}, this program knows up to {known}: start the newer program"
    )]
    NewerSchema {
        /// The schema's version.
        found: i64,
        /// The last version that this program knows.
        known: i64,
    },
    /// What is stored contradicts itself or cannot be decrypted.
    #[error("what is stored is damaged: {0}")]
    Corrupt(String),
    /// There is no such row.
    #[error("there is no {0}")]
    NotFound(String),
    /// A connection of that name exists.
    #[error("there is already a connection named `{0}`: `connection set` changes it")]
    NameTaken(String),
    /// A token of that name is in use.
    #[error("there is already a token named `{0}`: revoke it first, or choose another name")]
    TokenNameTaken(String),
    /// The tenant is already connected to that Odoo database.
    #[error("connection `{0}` already joins this tenant to this Odoo database")]
    PairTaken(String),
    /// A replacement names another tenant or another Odoo database than the connection has.
    #[error(
        "connection `{0}` belongs to another tenant or Odoo database; remove it and add a new one"
    )]
    PairDiffers(String),
    /// A stated limit was exceeded.
    #[error("more than {limit} {what} at a time")]
    LimitExceeded {
        /// What there was too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database refused the statement.
    #[error("the database refused")]
    Refused,
}

impl Error {
    pub(crate) fn new(operation: &'static str, kind: ErrorKind) -> Self {
        Self {
            operation,
            kind,
            source: None,
        }
    }

    pub(crate) fn caused(
        operation: &'static str,
        kind: ErrorKind,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            operation,
            kind,
            source: Some(Arc::new(source)),
        }
    }

    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::new("read what is stored", ErrorKind::Corrupt(what.into()))
    }

    /// The same failure, of another operation.
    pub(crate) fn during(self, operation: &'static str) -> Self {
        Self { operation, ..self }
    }

    /// Whether a job may have caused it by what it did, so that other jobs may fare better without it. The disk and the
    /// connection are everybody's.
    pub(crate) fn is_of_a_job(&self) -> bool {
        !self.is_retryable()
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether the same call may succeed later without anybody changing its arguments. Every method of the store can
    /// be called again after such a failure.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            ErrorKind::DiskFull
            | ErrorKind::Locked
            | ErrorKind::Unavailable
            | ErrorKind::Uncertain => true,
            ErrorKind::WrongKey { .. }
            | ErrorKind::NewerSchema { .. }
            | ErrorKind::Corrupt(_)
            | ErrorKind::NotFound(_)
            | ErrorKind::NameTaken(_)
            | ErrorKind::TokenNameTaken(_)
            | ErrorKind::PairTaken(_)
            | ErrorKind::PairDiffers(_)
            | ErrorKind::LimitExceeded { .. }
            | ErrorKind::Closed
            | ErrorKind::Refused => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: {}", self.operation, self.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}
