//! Waiting before trying again: exponential, with full jitter, within a stated budget.

use std::sync::Mutex;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::{Call, Client};
use crate::Result;
use crate::error::{Error, ErrorKind};

/// How often a read is tried in all; and an action, as long as nothing can have come of it.
pub const READ_TRIES_MAX: u32 = 4;
/// The first wait is up to this long, and each further one up to twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The source of jitter, shared by a client's clones.
pub(super) struct Jitter(Mutex<SmallRng>);

impl Jitter {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(Mutex::new(SmallRng::seed_from_u64(seed)))
    }

    /// How long to wait before the try with this number (1 = the second): between half and all of an
    /// exponentially growing time.
    pub(super) fn wait(&self, tries: u32) -> Duration {
        let full = FIRST_WAIT
            .saturating_mul(1 << tries.saturating_sub(1).min(16))
            .min(LONGEST_WAIT);
        let mut rng = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        rng.random_range(full / 2..=full)
    }
}

impl Client {
    /// A call that changes nothing, tried again after a passing failure.
    pub(super) async fn read_call(&self, call: Call<'_>) -> Result<Value> {
        // A read has no effect, whatever became of it.
        self.tried_again(call, |error| Error {
            may_have_applied: false,
            ..error
        })
        .await
    }

    /// A call that changes something, tried again after a passing failure that certainly left nothing
    /// behind.
    pub(super) async fn deed_call(&self, call: Call<'_>) -> Result<Value> {
        self.tried_again(call, std::convert::identity).await
    }

    async fn tried_again(&self, call: Call<'_>, effect: impl Fn(Error) -> Error) -> Result<Value> {
        let mut tries = 0;
        loop {
            let error = match self.once(call).await {
                Ok(value) => return Ok(value),
                Err(error) => effect(error),
            };
            tries += 1;
            if tries >= READ_TRIES_MAX || error.may_have_applied || !worth_repeating(error.kind) {
                return Err(error);
            }
            let wait = match error.retry_after {
                Some(asked) if asked > LONGEST_WAIT => return Err(error),
                Some(asked) => asked,
                None => self.shared.jitter.wait(tries),
            };
            tokio::time::sleep(wait).await;
        }
    }
}

/// A time-out is not: it already took all the time that the caller gave.
const fn worth_repeating(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Conflict
        | ErrorKind::Overloaded
        | ErrorKind::Unreachable
        | ErrorKind::Interrupted => true,
        ErrorKind::Timeout
        | ErrorKind::Unreadable
        | ErrorKind::Credentials
        | ErrorKind::NoDatabase
        | ErrorKind::NoSuchMethod
        | ErrorKind::AccessDenied
        | ErrorKind::MissingRecord
        | ErrorKind::Invalid
        | ErrorKind::Mistake => false,
    }
}
