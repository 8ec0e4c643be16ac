//! One even pace for all calls of one app in one tenant, just below ServiceTitan's limit.
//!
//! ServiceTitan counts calls in a sliding window per (app, tenant) and answers 429 beyond it. A
//! burst early in the window is paid for later, so bursts buy nothing: calls leave one by one, a
//! fixed interval apart ([`RateLimit::start_rate`]). Any 429 slows the pace by 2 % and holds every
//! caller for as long as ServiceTitan asks; the pace recovers slowly.
//!
//! What is guaranteed: between calls there is never less than the interval, except that a call
//! which left late (a busy machine, a coarse timer) does not delay the next, up to 20 ms; so slots
//! are not lost, and missed ones do not add up to a burst. For windows longer than a second,
//! additionally no more calls than the limit are ever in flight or *answered* within the window:
//! a call occupies the server's window from before its answer, so that one cannot be exceeded.
//!
//! What it does not do: know of other processes that share the limit. They are noticed by 429s.

mod limit;
mod schedule;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

pub use self::limit::{InvalidRateLimit, RateLimit};
use self::schedule::{Schedule, Turn};

/// Shared by every client of one app in one tenant, in an `Arc`.
pub struct Pacer {
    limit: RateLimit,
    /// Held by the one caller whose turn is next, also while it waits. Fair, and it means that a
    /// slot is taken only at the moment of sending: callers that each slept towards a slot of
    /// their own would all leave together after a stall.
    gate: tokio::sync::Mutex<()>,
    schedule: Mutex<Schedule>,
    /// Woken when an answer makes room, or a pause begins.
    changed: Notify,
}

impl Pacer {
    /// A pacer that starts just below `limit`.
    #[must_use]
    pub fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            gate: tokio::sync::Mutex::new(()),
            schedule: Mutex::new(Schedule::new(limit)),
            changed: Notify::new(),
        }
    }

    /// The limit that it keeps.
    #[must_use]
    pub fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Waits for the turn of one call. Hold the permit until the answer's last byte is in, and
    /// send right after this returns. Dropping the future gives the turn to the next in line.
    pub async fn acquire(&self) -> Permit<'_> {
        let _gate = self.gate.lock().await;
        loop {
            let changed = self.changed.notified();
            let turn = self.schedule().ask(Instant::now());
            match turn {
                Turn::Now => return Permit { pacer: self },
                Turn::At(moment) => sleep_until(moment).await,
                Turn::AfterAnswer => changed.await,
            }
        }
    }

    /// How long nobody will be let through, because ServiceTitan asked for it.
    #[must_use]
    pub fn paused_for(&self) -> Option<Duration> {
        self.schedule().paused_for(Instant::now())
    }

    /// The state of the pace, for metrics and `check`.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let now = Instant::now();
        let mut schedule = self.schedule();
        Snapshot {
            calls_per_second: schedule.rate(now),
            start_calls_per_second: self.limit.start_rate(),
            calls: schedule.calls(),
            limited: schedule.limited_count(),
            paused_for: schedule.paused_for(now),
        }
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        // The schedule is plain numbers, consistent after every statement.
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacer")
            .field("limit", &self.limit)
            .field("now", &self.snapshot())
            .finish_non_exhaustive()
    }
}

/// A pacer's state at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// The pace now.
    pub calls_per_second: f64,
    /// The pace it started at and recovers to.
    pub start_calls_per_second: f64,
    /// Calls let through so far.
    pub calls: u64,
    /// Answers 429 so far.
    pub limited: u64,
    /// The rest of a pause that ServiceTitan asked for.
    pub paused_for: Option<Duration>,
}

/// The right to send one call, from just before it is sent until its answer has arrived.
#[derive(Debug)]
#[must_use = "dropping the permit says that the answer has arrived"]
pub struct Permit<'a> {
    pacer: &'a Pacer,
}

impl Permit<'_> {
    /// The answer was 429: everyone slows down, and pauses for `retry_after` (without it, for a
    /// tenth of the window; never longer than [`Pacer::PAUSE_MAX`]).
    pub fn limited(self, retry_after: Option<Duration>) {
        self.pacer.schedule().limited(Instant::now(), retry_after);
    }
}

impl Pacer {
    /// The longest pause that a `Retry-After` can impose on everyone.
    pub const PAUSE_MAX: Duration = Duration::from_mins(10);
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.pacer.schedule().answered(Instant::now());
        self.pacer.changed.notify_one();
    }
}
