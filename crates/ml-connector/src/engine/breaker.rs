//! A breaker: after a vendor failed, nobody calls it for a while.
//!
//! The pause grows with each failure in a row and is jittered; one success closes it. Webhooks are still accepted and
//! records keep their place: an outage costs no record a try.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde::{Deserialize, Serialize};
use sync::failure::{Vendor, backoff};
use sync::record::Reason;

/// The longest that a breaker stays open before the vendor is tried again.
const OPEN_MAX: Duration = Duration::from_mins(1);

/// The breakers of one connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Breakers {
    servicetitan: Breaker,
    odoo: Breaker,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Breaker {
    failures: u32,
    open_until: Option<Timestamp>,
    reason: Option<Reason>,
}

impl Breakers {
    /// Notes a failure; gives the time until which nobody calls that vendor.
    pub fn failed(
        &mut self,
        vendor: Vendor,
        reason: Reason,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Timestamp {
        let breaker = self.of_mut(vendor);
        let pause = backoff(breaker.failures.min(16), rng).min(OPEN_MAX);
        let until = now + SignedDuration::try_from(pause).expect("a minute at most");
        *breaker = Breaker {
            failures: breaker.failures.saturating_add(1),
            open_until: Some(until),
            reason: Some(reason),
        };
        until
    }

    /// Notes that the vendor answered. Tells whether that changed anything.
    pub fn answered(&mut self, vendor: Vendor) -> bool {
        let breaker = self.of_mut(vendor);
        let was_open = breaker.failures > 0;
        *breaker = Breaker::default();
        was_open
    }

    /// Whether nobody calls that vendor now.
    #[must_use]
    pub fn is_open(&self, vendor: Vendor, now: Timestamp) -> bool {
        let breaker = match vendor {
            Vendor::ServiceTitan => &self.servicetitan,
            Vendor::Odoo => &self.odoo,
        };
        breaker.open_until.is_some_and(|until| until > now)
    }

    /// When the last of the open breakers may be tried again.
    #[must_use]
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        [&self.servicetitan, &self.odoo]
            .into_iter()
            .filter_map(|b| b.open_until)
            .filter(|until| *until > now)
            .max()
    }

    /// Each vendor that failed last, and why.
    pub fn failing(&self) -> impl Iterator<Item = (Vendor, &Reason)> {
        [
            (Vendor::ServiceTitan, &self.servicetitan),
            (Vendor::Odoo, &self.odoo),
        ]
        .into_iter()
        .filter_map(|(vendor, breaker)| Some((vendor, breaker.reason.as_ref()?)))
    }

    fn of_mut(&mut self, vendor: Vendor) -> &mut Breaker {
        match vendor {
            Vendor::ServiceTitan => &mut self.servicetitan,
            Vendor::Odoo => &mut self.odoo,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn it_opens_longer_with_each_failure_and_closes_with_an_answer() {
        let rng = &mut StdRng::seed_from_u64(3);
        let now = Timestamp::UNIX_EPOCH;
        let reason = Reason {
            cause: "c".into(),
            what: "w".into(),
            advice: "a".into(),
        };
        let mut breakers = Breakers::default();
        let mut longest = SignedDuration::ZERO;
        for _ in 0..20 {
            let until = breakers.failed(Vendor::Odoo, reason.clone(), now, rng);
            longest = longest.max(until.duration_since(now));
            assert!(until > now && until.duration_since(now) <= SignedDuration::from_secs(60));
        }
        assert!(longest > SignedDuration::from_secs(20), "{longest}");
        assert!(breakers.open_until(now).is_some());
        assert_eq!(breakers.failing().count(), 1);
        assert!(breakers.answered(Vendor::Odoo));
        assert!(!breakers.answered(Vendor::Odoo));
        assert_eq!(breakers.open_until(now), None);
    }
}
