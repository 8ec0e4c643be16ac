//! A limit as people write it: `60/1s`, `600/10s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// So many calls in any window of so long. Written `60/1s`; units `ms`, `s` and `m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RateLimit {
    calls: u32,
    window_ms: u32,
}

/// How much later than its neighbours a call may reach the server without a 429, summed over our
/// own lateness and the network's jitter.
const LATENESS_ALLOWED: Duration = Duration::from_millis(50);
/// Of a long window, the part that is used: the rest is for jitter and for other programs.
const SHARE_USED: f64 = 0.975;
const CALLS_MAX: u32 = 1_000_000;
const WINDOW_MAX: Duration = Duration::from_hours(1);

impl RateLimit {
    /// 60 calls in any second: what ServiceTitan documents.
    pub const PER_SECOND: Self = Self {
        calls: 60,
        window_ms: 1_000,
    };
    /// 600 calls in any ten seconds: what some of its pages say instead.
    pub const PER_TEN_SECONDS: Self = Self {
        calls: 600,
        window_ms: 10_000,
    };

    /// At most `calls` (1 to 1,000,000) in any `window` (1 ms to 1 h, whole milliseconds).
    ///
    /// # Errors
    /// [`InvalidRateLimit`] outside these bounds.
    pub fn new(calls: u32, window: Duration) -> Result<Self, InvalidRateLimit> {
        let window_ms = u32::try_from(window.as_millis()).map_err(|_| InvalidRateLimit)?;
        if calls == 0 || calls > CALLS_MAX || window_ms == 0 || window > WINDOW_MAX {
            return Err(InvalidRateLimit);
        }
        Ok(Self { calls, window_ms })
    }

    /// Calls per window.
    #[must_use]
    pub fn calls(self) -> u32 {
        self.calls
    }

    /// The window.
    #[must_use]
    pub fn window(self) -> Duration {
        Duration::from_millis(self.window_ms.into())
    }

    /// The even pace to start at, in calls per second: 57.1 for `60/1s`, 58.5 for `600/10s`.
    ///
    /// The window's calls take `window + 50 ms`, so that a call which arrives up to 50 ms later
    /// than its neighbours still falls into a window with room.
    #[must_use]
    pub fn start_rate(self) -> f64 {
        let calls = f64::from(self.calls);
        let spread = calls / (self.window() + LATENESS_ALLOWED).as_secs_f64();
        spread.min(SHARE_USED * calls / self.window().as_secs_f64())
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::PER_SECOND
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, window_ms } = self;
        if window_ms % 1_000 == 0 {
            write!(f, "{calls}/{}s", window_ms / 1_000)
        } else {
            write!(f, "{calls}/{window_ms}ms")
        }
    }
}

impl FromStr for RateLimit {
    type Err = InvalidRateLimit;

    fn from_str(text: &str) -> Result<Self, InvalidRateLimit> {
        let (calls, window) = text.trim().split_once('/').ok_or(InvalidRateLimit)?;
        let calls = whole(calls)?;
        let window = window.trim();
        // `ms` before `s`: every `ms` also ends in `s`.
        let (digits, unit_ms) = [("ms", 1), ("s", 1_000), ("m", 60_000)]
            .into_iter()
            .find_map(|(unit, unit_ms)| Some((window.strip_suffix(unit)?, unit_ms)))
            .ok_or(InvalidRateLimit)?;
        let window_ms = u64::from(whole(digits)?) * unit_ms;
        Self::new(calls, Duration::from_millis(window_ms))
    }
}

/// Digits only: `u32` would also read `+60`.
fn whole(digits: &str) -> Result<u32, InvalidRateLimit> {
    let digits = digits.trim();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidRateLimit);
    }
    digits.parse().map_err(|_| InvalidRateLimit)
}

impl TryFrom<String> for RateLimit {
    type Error = InvalidRateLimit;

    fn try_from(text: String) -> Result<Self, InvalidRateLimit> {
        text.parse()
    }
}

impl From<RateLimit> for String {
    fn from(limit: RateLimit) -> Self {
        limit.to_string()
    }
}

/// The text is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a rate limit is written calls/window, e.g. 60/1s or 600/10s: at least one call, at most 1000000, in 1ms to 60m"
)]
pub struct InvalidRateLimit;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_known_shapes_start_just_below_their_limit() {
        assert_eq!("60/1s".parse(), Ok(RateLimit::PER_SECOND));
        assert_eq!("600/10s".parse(), Ok(RateLimit::PER_TEN_SECONDS));
        let rate = RateLimit::PER_SECOND.start_rate();
        assert!((57.0..57.2).contains(&rate), "{rate}");
        let rate = RateLimit::PER_TEN_SECONDS.start_rate();
        assert!((rate - 58.5).abs() < 1e-9, "{rate}");
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for text in [
            "",
            "60",
            "60/",
            "/1s",
            "0/1s",
            "60/0s",
            "60/1",
            "60/1h",
            "-1/1s",
            "+60/1s",
            "60/1.5s",
            "60/61m",
            "1000001/1s",
            "60/1s/2",
            "60 per 1s",
            "99999999999/1s",
            "60/99999999999s",
        ] {
            assert_eq!(text.parse::<RateLimit>(), Err(InvalidRateLimit), "{text}");
        }
        assert_eq!(" 60 / 1s ".parse(), Ok(RateLimit::PER_SECOND));
        assert_eq!(
            "3600/1m".parse::<RateLimit>().map(String::from).as_deref(),
            Ok("3600/60s")
        );
        assert_eq!(
            "6/1500ms".parse::<RateLimit>().map(String::from).as_deref(),
            Ok("6/1500ms")
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read(calls in 1..=CALLS_MAX, window_ms in 1_u32..=3_600_000) {
            let limit = RateLimit { calls, window_ms };
            prop_assert_eq!(limit.to_string().parse(), Ok(limit));
            let json = serde_json::to_string(&limit).unwrap();
            prop_assert_eq!(serde_json::from_str::<RateLimit>(&json).unwrap(), limit);
            prop_assert!(limit.start_rate() * limit.window().as_secs_f64() < f64::from(calls));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,24}|[0-9]{0,12}/[0-9]{0,12}(ms|s|m|h)?") {
            let _ = text.parse::<RateLimit>();
        }
    }
}
