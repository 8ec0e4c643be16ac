//! The rate limit: an exact sliding window over the calls that were let through, per tenant
//! (the simulator serves one app). Time is the machine's monotonic one, not the data's clock:
//! a test that holds its clock still must not run into the limit for ever.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

use super::options::RateShape;

/// The calls let through in the latest window, per key.
#[derive(Debug)]
pub(super) struct Windows<K> {
    passed: HashMap<K, VecDeque<Instant>>,
}

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Self {
            passed: HashMap::new(),
        }
    }
}

impl<K: Eq + Hash> Windows<K> {
    /// Lets a call through, or says how long until the next one would be.
    pub(super) fn admit(
        &mut self,
        key: K,
        limit: usize,
        window: Duration,
        now: Instant,
    ) -> Result<(), Duration> {
        let passed = self.passed.entry(key).or_default();
        while passed
            .front()
            .is_some_and(|first| now.duration_since(*first) >= window)
        {
            passed.pop_front();
        }
        match passed.front() {
            Some(first) if passed.len() >= limit => {
                Err(window.saturating_sub(now.duration_since(*first)))
            }
            _ => {
                passed.push_back(now);
                Ok(())
            }
        }
    }
}

impl RateShape {
    /// Calls and window; None without a limit.
    pub(super) fn limit(self) -> Option<(usize, Duration)> {
        match self {
            Self::SixtyPerSecond => Some((60, Duration::from_secs(1))),
            Self::SixHundredPerTenSeconds => Some((600, Duration::from_secs(10))),
            Self::Off => None,
        }
    }
}

/// Whole seconds for `Retry-After`, rounded up, so that whoever obeys is let through.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_slides_over_the_calls_let_through() {
        let mut windows = Windows::default();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut call = |ms| windows.admit("t", 2, Duration::from_secs(1), at(ms));
        assert_eq!(call(0), Ok(()));
        assert_eq!(call(400), Ok(()));
        assert_eq!(call(999), Err(Duration::from_millis(1)));
        assert_eq!(call(1000), Ok(()), "the first call left the window");
        assert_eq!(
            call(1001),
            Err(Duration::from_millis(399)),
            "the refused one never entered"
        );
    }

    #[test]
    fn retry_after_is_never_too_short() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
        assert_eq!(whole_seconds(Duration::from_millis(2_001)), 3);
    }
}
