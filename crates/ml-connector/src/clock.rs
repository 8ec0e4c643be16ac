//! The only file that asks the machine for the present and for randomness. Everywhere else both are parameters.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// The present and randomness, handed to whatever runs for long.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    rng: Arc<Mutex<StdRng>>,
}

impl Clock {
    /// The machine's own.
    #[must_use]
    pub fn system() -> Self {
        Self {
            now: Arc::new(now),
            rng: Arc::new(Mutex::new(rng())),
        }
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// The generator, locked for one draw.
    pub fn rng(&self) -> MutexGuard<'_, StdRng> {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

/// The present.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the clock"
)]
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A generator seeded by the operating system, fit for keys.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that draws entropy"
)]
#[must_use]
pub fn rng() -> StdRng {
    StdRng::from_rng(&mut rand::rng())
}
