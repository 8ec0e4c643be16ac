//! Whether a failed call is tried again, and when.

use std::time::Duration;

use rand::{Rng, RngExt};

use crate::error::{Error, ErrorKind};

/// The budget of one call's repeats. A value, so that tests can make it small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all; 1 means no repeats.
    pub attempts_max: u32,
    /// The delay before the first repeat is drawn from zero to this; it doubles each time.
    pub delay_first_max: Duration,
    /// No delay is longer, except for a `Retry-After`.
    pub delay_max: Duration,
    /// No attempt begins later than this after the first. Also the longest `Retry-After` that is
    /// waited for within a call.
    pub total_max: Duration,
}

impl Default for Retry {
    /// 5 attempts, delays up to 1, 2, 4 and 8 s, all within 2 minutes.
    fn default() -> Self {
        Self {
            attempts_max: 5,
            delay_first_max: Duration::from_secs(1),
            delay_max: Duration::from_secs(15),
            total_max: Duration::from_mins(2),
        }
    }
}

impl Retry {
    /// One attempt only.
    #[must_use]
    pub fn never() -> Self {
        Self {
            attempts_max: 1,
            ..Self::default()
        }
    }

    /// The delay before the next attempt, after `attempt` of them failed, the last with `error`;
    /// `None` if that was it. Exponential back-off with full jitter; never less than a
    /// `Retry-After`, and no attempt at all rather than one before it is over.
    pub(super) fn delay(
        &self,
        error: &Error,
        attempt: u32,
        elapsed: Duration,
        rng: &mut impl Rng,
    ) -> Option<Duration> {
        if attempt >= self.attempts_max || !is_repeated(error.kind) {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(16);
        let ceiling = self
            .delay_first_max
            .saturating_mul(1 << doublings)
            .min(self.delay_max);
        let jittered = ceiling.mul_f64(rng.random::<f64>());
        let delay = jittered.max(error.retry_after.unwrap_or_default());
        (elapsed.checked_add(delay)? <= self.total_max).then_some(delay)
    }
}

/// Which failures are repeated within a call. An unreachable server is left to the caller, who
/// knows what else it could do in the meantime, and reports it at once.
fn is_repeated(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::RateLimited
        | ErrorKind::Server
        | ErrorKind::Timeout
        | ErrorKind::Interrupted => true,
        ErrorKind::Credentials
        | ErrorKind::AppKey
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Rejected
        | ErrorKind::Unreachable
        | ErrorKind::Unreadable => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn failed(kind: ErrorKind, retry_after_s: Option<u64>) -> Error {
        let mut error = Error::new("GET x", kind, "");
        error.retry_after = retry_after_s.map(Duration::from_secs);
        error
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        let mut rng = StdRng::seed_from_u64(1);
        let retry = Retry::default();
        let repeated: Vec<_> = ErrorKind::ALL
            .into_iter()
            .filter(|kind| {
                let error = failed(*kind, None);
                retry.delay(&error, 1, Duration::ZERO, &mut rng).is_some()
            })
            .collect();
        assert_eq!(
            repeated,
            [
                ErrorKind::RateLimited,
                ErrorKind::Server,
                ErrorKind::Timeout,
                ErrorKind::Interrupted
            ]
        );
    }

    #[test]
    fn retry_after_is_honoured_or_the_call_ends() {
        let mut rng = StdRng::seed_from_u64(1);
        let retry = Retry::default();
        let mut delay = |after_s, elapsed_s| {
            let error = failed(ErrorKind::Server, Some(after_s));
            retry.delay(&error, 1, Duration::from_secs(elapsed_s), &mut rng)
        };
        assert_eq!(delay(30, 0), Some(Duration::from_secs(30)));
        assert_eq!(delay(30, 100), None);
        assert_eq!(delay(86_400, 0), None);
    }

    proptest! {
        #[test]
        fn the_budget_is_kept(
            attempt in 1_u32..200,
            elapsed_ms in 0_u64..200_000,
            retry_after_s in proptest::option::of(0_u64..u64::MAX),
            seed in any::<u64>(),
        ) {
            let mut rng = StdRng::seed_from_u64(seed);
            let retry = Retry::default();
            let error = failed(ErrorKind::Server, retry_after_s);
            let elapsed = Duration::from_millis(elapsed_ms);
            if let Some(delay) = retry.delay(&error, attempt, elapsed, &mut rng) {
                prop_assert!(attempt < retry.attempts_max);
                prop_assert!(elapsed + delay <= retry.total_max);
                prop_assert!(delay >= error.retry_after.unwrap_or_default());
            }
        }
    }
}
