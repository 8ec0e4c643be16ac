//! The engine: observe, plan, apply, for every connection of the installation.
//!
//! **Who acts.** One process owns the engine (an operating-system lock on SQLite, an advisory lock on PostgreSQL). It
//! runs one [`Runner`](runner::Runner) for each connection, so that a connection's rate limit, its order and its batches
//! stay in one place. Other processes ask for work by short transactions: a pass to run, a record to replay.
//!
//! **What may fail.** Anything, at any point: every step commits what it knows before the next one begins, every write
//! to Odoo can be repeated, and a record is looked at again whenever its input is newer than what was planned.
//!
//! **What it refuses.** To call a vendor inside a transaction, to hammer a vendor that fails, to write while the
//! credentials of a connection, or the rights of a flow, are not what they should be.

pub mod apply;
pub mod batch;
pub mod breaker;
pub mod courier;
pub mod observe;
pub mod poll;
pub mod reference;
pub mod runner;
pub mod sources;
mod step;
pub mod supervisor;
pub mod vendors;

use jiff::{SignedDuration, Timestamp};
use sync::failure::{Blame, Vendor, Verdict};
use sync::flow::Flow;
use sync::record::Reason;

/// Why a connection cannot go on for now.
#[derive(Debug)]
pub enum Halt {
    /// Its credentials are not what they should be: it is paused.
    Pause(Reason),
    /// One flow lacks a right or a scope: it is held, and the others go on.
    Hold(Flow, Vendor, Reason),
    /// A vendor is out of reach or out of order: its breaker opens.
    Vendor(Vendor, Reason),
    /// A vendor answers, but refuses a call that is for more than one record.
    Refused(Vendor, Reason),
    /// Our own state cannot be read or written.
    Store(store::Error),
}

impl From<store::Error> for Halt {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Halt {
    /// What a verdict about a whole call means for the connection: what would park one record holds up everything that
    /// the call was for.
    #[must_use]
    pub fn of(vendor: Vendor, verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pause(reason) | Verdict::Hold(reason) => Self::Pause(reason),
            Verdict::Retry(Blame::Vendor(vendor), reason) => Self::Vendor(vendor, reason),
            Verdict::Retry(Blame::Record, reason)
            | Verdict::Park(reason)
            | Verdict::Decide(reason) => Self::Refused(vendor, reason),
        }
    }

    /// The same of a call that was for one flow: what that flow lacks does not stop the others.
    #[must_use]
    pub fn in_flow(flow: Flow, vendor: Vendor, verdict: Verdict) -> Self {
        match verdict {
            Verdict::Hold(reason) => Self::Hold(flow, vendor, reason),
            verdict => Self::of(vendor, verdict),
        }
    }
}

/// Whether less than `period` has passed since then. A moment in the future, noted while the clock was wrong, is not
/// recent: else nothing would happen until it comes.
fn is_recent(at: Timestamp, now: Timestamp, period: SignedDuration) -> bool {
    let age = now.duration_since(at);
    age >= SignedDuration::ZERO && age < period
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_that_a_wrong_clock_noted_is_not_recent() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let minute = SignedDuration::from_mins(1);
        assert!(is_recent(at(100), at(100), minute) && is_recent(at(100), at(159), minute));
        assert!(!is_recent(at(100), at(160), minute));
        assert!(!is_recent(at(1_000_000), at(100), minute));
    }
}
