//! Python exceptions that Odoo did not turn into an answer of its own, by their class.

use crate::error::{ErrorKind, speaks_of_conflict};

/// What an answer says: the kind of failure, and whether the call may have taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) kind: ErrorKind,
    pub(super) may_have_applied: bool,
}

impl Meaning {
    /// The transaction was certainly rolled back, or never begun.
    pub(super) const fn rolled_back(kind: ErrorKind) -> Self {
        Self {
            kind,
            may_have_applied: false,
        }
    }
}

/// The meaning of an exception, by its full name (`psycopg2.errors.SerializationFailure`) and message.
pub(super) fn meaning(name: &str, message: &str) -> Meaning {
    let class = name.rsplit('.').next().unwrap_or(name);
    let kind = match class {
        "SerializationFailure"
        | "DeadlockDetected"
        | "LockNotAvailable"
        | "LockError"
        | "TransactionRollback"
        | "TransactionRollbackError"
        | "InFailedSqlTransaction"
        | "QueryCanceled"
        | "QueryCanceledError"
        | "ConcurrencyError" => ErrorKind::Conflict,
        "PoolError" | "TooManyConnections" | "CannotConnectNow" | "MemoryError" => {
            ErrorKind::Overloaded
        }
        "OperationalError"
            if message.contains("database ") && message.contains("does not exist") =>
        {
            ErrorKind::NoDatabase
        }
        "OperationalError" | "InterfaceError" | "AdminShutdown"
            if name.starts_with("psycopg2.") =>
        {
            // Odoo lost its own database. Did the commit still arrive there?
            return Meaning {
                kind: ErrorKind::Overloaded,
                may_have_applied: true,
            };
        }
        _ if name.starts_with("psycopg2.") && speaks_of_conflict(message) => ErrorKind::Conflict,
        _ => ErrorKind::Mistake,
    };
    Meaning::rolled_back(kind)
}
