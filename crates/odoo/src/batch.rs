//! How many rows go into one `load`: a batch size that follows measured time.
//!
//! Odoo's own limits set the frame: a call that runs into `limit_time_cpu` (60 s) loses its worker and
//! is rolled back whole, and beyond a few seconds bigger batches stop paying. So the size aims at
//! [`TARGET`], between [`SHORTEST`] and [`LONGEST`] per call. Pure: it is fed times and reads no clock.

use std::time::Duration;

/// What a call should take.
pub const TARGET: Duration = Duration::from_millis(1_500);
/// A full call that is quicker than this makes the next one larger.
pub const SHORTEST: Duration = Duration::from_secs(1);
/// A call that is slower than this makes the next one smaller.
pub const LONGEST: Duration = Duration::from_secs(3);
/// The fewest rows.
pub const ROWS_MIN: usize = 1;
/// The most rows: for partners nothing is gained beyond it (measured: 125 to 500 rows differ by less
/// than 15 %), and a lost call costs more.
pub const ROWS_MAX: usize = 250;
/// Where partners start; documents with lines should start at 10.
pub const ROWS_START: usize = 100;

/// After so many full calls in a row that went well, a limit that was learnt from a cut-off call is doubled: it may have
/// been an outage, not the size.
pub const GOOD_CALLS: u32 = 16;

/// An adaptive batch size. One per kind of call: a creation is several times cheaper than an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizer {
    rows: usize,
    rows_max: usize,
    /// Full calls that went well since the limit was set.
    good_calls: u32,
}

impl Default for Sizer {
    fn default() -> Self {
        Self::starting_at(ROWS_START)
    }
}

impl Sizer {
    /// A size that starts here and stays between [`ROWS_MIN`] and [`ROWS_MAX`].
    #[must_use]
    pub fn starting_at(rows: usize) -> Self {
        Self {
            rows: rows.clamp(ROWS_MIN, ROWS_MAX),
            rows_max: ROWS_MAX,
            good_calls: 0,
        }
    }

    /// How many rows the next call should hold.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A call succeeded with this many rows in this time. Returns the next size: never more than twice,
    /// nor less than half of the present one.
    pub fn took(&mut self, rows: usize, elapsed: Duration) -> usize {
        if rows == 0 {
            return self.rows;
        }
        // A short call (the last of a run) proves nothing about longer ones, unless it was slow.
        let full = rows.saturating_mul(2) >= self.rows;
        self.good_calls += u32::from(full);
        if self.good_calls >= GOOD_CALLS {
            self.good_calls = 0;
            self.rows_max = self.rows_max.saturating_mul(2).min(ROWS_MAX);
        }
        if elapsed > LONGEST || (elapsed < SHORTEST && full) {
            let fitting = fitting_rows(rows, elapsed);
            self.rows = fitting
                .clamp(self.rows.div_ceil(2), self.rows.saturating_mul(2))
                .clamp(ROWS_MIN, self.rows_max);
        }
        self.rows
    }

    /// A call of this many rows timed out or was cut off: half of it, and never more than it until many calls
    /// ([`GOOD_CALLS`]) went well.
    pub fn was_cut_off(&mut self, rows: usize) -> usize {
        // A single record may have more rows than a call should hold.
        let rows = rows.clamp(ROWS_MIN, self.rows.max(ROWS_MIN));
        self.rows_max = self.rows_max.min(rows);
        self.good_calls = 0;
        self.rows = (rows / 2).clamp(ROWS_MIN, self.rows_max);
        self.rows
    }
}

/// The rows that would take [`TARGET`] at the measured rate.
fn fitting_rows(rows: usize, elapsed: Duration) -> usize {
    let micros = elapsed.as_micros().max(1);
    let fitting = rows as u128 * TARGET.as_micros() / micros;
    usize::try_from(fitting).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_settles_where_a_call_takes_between_one_and_three_seconds() {
        // Milliseconds per row: partner creations, partner updates, orders with lines.
        for (ms_per_row, expected) in [(4, 250), (18, 83), (70, 21)] {
            let mut sizer = Sizer::default();
            for _ in 0..20 {
                let rows = sizer.rows();
                sizer.took(rows, Duration::from_millis(ms_per_row * rows as u64));
            }
            let call_ms = ms_per_row * sizer.rows() as u64;
            assert!(
                (1_000..=3_000).contains(&call_ms),
                "{ms_per_row}: {call_ms} ms"
            );
            // Inside the band nothing moves, so the exact size depends on the way there.
            assert!(
                sizer.rows().abs_diff(expected) <= expected,
                "{}",
                sizer.rows()
            );
        }
    }

    #[test]
    fn a_short_last_call_changes_nothing() {
        let mut sizer = Sizer::default();
        assert_eq!(sizer.took(3, Duration::from_millis(60)), 100);
        assert_eq!(sizer.took(0, Duration::ZERO), 100);
    }

    #[test]
    fn a_call_that_was_cut_off_halves_and_is_remembered() {
        let mut sizer = Sizer::default();
        assert_eq!(sizer.was_cut_off(100), 50);
        for _ in 0..10 {
            let rows = sizer.rows();
            sizer.took(rows, Duration::from_millis(10));
        }
        assert_eq!(sizer.rows(), 100);
        assert_eq!(sizer.was_cut_off(1), 1);
    }

    #[test]
    fn an_outage_does_not_keep_calls_small_for_good() {
        let mut sizer = Sizer::default();
        while sizer.rows() > 1 {
            sizer.was_cut_off(sizer.rows());
        }
        let mut calls = 0;
        while sizer.rows() < ROWS_START {
            sizer.took(sizer.rows(), Duration::from_millis(4 * sizer.rows() as u64));
            calls += 1;
        }
        assert!(calls <= 8 * GOOD_CALLS, "{calls}");
    }

    proptest! {
        #[test]
        fn it_never_leaves_its_bounds(calls in proptest::collection::vec((0usize..5_000, 0u64..200_000, any::<bool>()), 0..40)) {
            let mut sizer = Sizer::default();
            for (rows, ms, cut_off) in calls {
                let before = sizer.rows();
                let next = if cut_off { sizer.was_cut_off(rows) } else { sizer.took(rows, Duration::from_millis(ms)) };
                prop_assert!((ROWS_MIN..=ROWS_MAX).contains(&next));
                prop_assert!(cut_off || (next <= before * 2 && next >= before / 2));
            }
        }
    }
}
