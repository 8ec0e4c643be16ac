//! Stated limits: what is asked for beyond them is refused, or cut where a caller asks for "up to".

use crate::{Error, ErrorKind, Result};

/// Refuses more than `limit`.
pub(crate) fn refuse_beyond(
    limit: usize,
    count: usize,
    what: &'static str,
    operation: &'static str,
) -> Result<()> {
    if count > limit {
        return Err(Error::new(
            operation,
            ErrorKind::LimitExceeded { what, limit },
        ));
    }
    Ok(())
}

/// A `LIMIT` for SQL: what is asked for, at most `limit`.
pub(crate) fn at_most(asked: usize, limit: usize) -> i64 {
    i64::try_from(asked.min(limit)).expect("stated limits are small")
}
