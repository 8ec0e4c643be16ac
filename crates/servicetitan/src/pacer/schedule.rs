//! When the next call may leave: plain arithmetic over moments that the caller names.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::{Pacer, RateLimit};

/// How late a call may leave without its lateness being added to all that follow. It comes out of
/// the 50 ms that the start rate allows for; the network's jitter has the rest.
const LATE_MAX: Duration = Duration::from_millis(20);
/// What a 429 leaves of the pace.
const SLOWED: f64 = 0.98;
/// Of the start rate: what every minute without a 429 gives back.
const RECOVERED_PER_STEP: f64 = 0.005;
const RECOVERY_STEP: Duration = Duration::from_mins(1);
/// Of the start rate: the pace never falls below.
const FLOOR: f64 = 0.1;

#[derive(Debug)]
pub(super) struct Schedule {
    window: Duration,
    start_rate: f64,
    rate: f64,
    /// The next slot; none before the first call.
    next: Option<Instant>,
    paused_until: Option<Instant>,
    /// When the pace was last lowered, or last gave a step back.
    rate_changed: Option<Instant>,
    slowed: Option<Instant>,
    guard: Option<Guard>,
    calls: u64,
    limited: u64,
}

/// For long windows: at most `calls_max` calls in flight or answered within the window.
#[derive(Debug)]
struct Guard {
    calls_max: usize,
    in_flight: usize,
    /// When the answers came, oldest first, none older than the window.
    answered: VecDeque<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The slot is taken; send.
    Now,
    /// Ask again then.
    At(Instant),
    /// The window is full of calls that are still in flight; ask again after an answer.
    AfterAnswer,
}

impl Schedule {
    pub(super) fn new(limit: RateLimit) -> Self {
        let long_window = limit.window() > Duration::from_secs(1);
        Self {
            window: limit.window(),
            start_rate: limit.start_rate(),
            rate: limit.start_rate(),
            next: None,
            paused_until: None,
            rate_changed: None,
            slowed: None,
            // In short windows an answer's own latency is a large part of the window, so that the
            // guard would cost more calls than it saves 429s.
            guard: long_window.then(|| Guard {
                calls_max: limit.calls() as usize,
                in_flight: 0,
                answered: VecDeque::new(),
            }),
            calls: 0,
            limited: 0,
        }
    }

    /// Takes the slot if its time has come.
    pub(super) fn ask(&mut self, now: Instant) -> Turn {
        let slot = self.next.unwrap_or(now);
        let free = self.paused_until.map_or(slot, |until| slot.max(until));
        if free > now {
            return Turn::At(free);
        }
        if let Some(guard) = &mut self.guard {
            match guard.ask(now, self.window) {
                Turn::Now => guard.in_flight += 1,
                later => return later,
            }
        }
        let late_at_most = now.checked_sub(LATE_MAX).unwrap_or(now);
        let interval = Duration::from_secs_f64(1.0 / self.rate(now));
        self.next = Some(slot.max(late_at_most) + interval);
        self.calls += 1;
        Turn::Now
    }

    pub(super) fn answered(&mut self, now: Instant) {
        if let Some(guard) = &mut self.guard {
            guard.in_flight = guard.in_flight.saturating_sub(1);
            guard.answered.push_back(now);
        }
    }

    /// Slows down and pauses. All the 429s of one window are one message: a hundred calls in
    /// flight must not take the pace down a hundred times.
    pub(super) fn limited(&mut self, now: Instant, retry_after: Option<Duration>) {
        self.limited += 1;
        let rate = self.rate(now);
        if self.slowed.is_none_or(|at| now - at >= self.window) {
            self.rate = (rate * SLOWED).max(self.start_rate * FLOOR);
            self.slowed = Some(now);
            self.rate_changed = Some(now);
        }
        let pause = retry_after
            .unwrap_or(self.window / 10)
            .min(Pacer::PAUSE_MAX);
        let until = now + pause;
        self.paused_until = Some(self.paused_until.map_or(until, |other| other.max(until)));
    }

    /// The pace, after what has been recovered.
    pub(super) fn rate(&mut self, now: Instant) -> f64 {
        while let Some(changed) = self.rate_changed {
            if now.saturating_duration_since(changed) < RECOVERY_STEP {
                break;
            }
            let rate = self.rate + self.start_rate * RECOVERED_PER_STEP;
            let recovered = rate >= self.start_rate;
            self.rate = rate.min(self.start_rate);
            self.rate_changed = (!recovered).then(|| changed + RECOVERY_STEP);
        }
        self.rate
    }

    pub(super) fn paused_for(&self, now: Instant) -> Option<Duration> {
        let rest = self.paused_until?.saturating_duration_since(now);
        (!rest.is_zero()).then_some(rest)
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    pub(super) fn limited_count(&self) -> u64 {
        self.limited
    }
}

impl Guard {
    /// Whether there is room, or when the oldest answer leaves the window.
    fn ask(&mut self, now: Instant, window: Duration) -> Turn {
        while self.answered.front().is_some_and(|at| now - *at >= window) {
            self.answered.pop_front();
        }
        if self.in_flight + self.answered.len() < self.calls_max {
            return Turn::Now;
        }
        self.answered
            .front()
            .map_or(Turn::AfterAnswer, |at| Turn::At(*at + window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Asks until a slot is taken, as a caller would who is never late.
    fn take(schedule: &mut Schedule, now: &mut Instant) -> Instant {
        loop {
            match schedule.ask(*now) {
                Turn::Now => return *now,
                Turn::At(moment) => *now = moment,
                Turn::AfterAnswer => panic!("nothing in flight can answer"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_not_followed_by_a_burst() {
        let mut schedule = Schedule::new(RateLimit::PER_SECOND);
        let mut now = Instant::now();
        for _ in 0..10 {
            take(&mut schedule, &mut now);
        }
        now += ms(500);
        let after_stall = now;
        let taken: Vec<_> = (0..4)
            .map(|_| (take(&mut schedule, &mut now) - after_stall).as_micros())
            .collect();
        // The first leaves at once, the second makes up for 20 ms, then the grid holds.
        assert_eq!(taken, [0, 0, 15_000, 32_500]);
    }

    #[tokio::test(start_paused = true)]
    async fn lateness_within_the_tolerance_loses_no_slot() {
        let mut schedule = Schedule::new(RateLimit::PER_SECOND);
        let start = Instant::now();
        let mut now = start;
        for call in 0..571 {
            now = take(&mut schedule, &mut now) + ms(call % 3);
        }
        assert!(
            now - start < Duration::from_millis(9_980),
            "{:?}",
            now - start
        );
    }

    #[tokio::test(start_paused = true)]
    async fn limited_slows_everyone_once_per_window_and_recovers_slowly() {
        let mut schedule = Schedule::new(RateLimit::PER_SECOND);
        let now = Instant::now();
        let start = schedule.rate(now);
        for _ in 0..100 {
            schedule.limited(now, Some(Duration::from_secs(3)));
        }
        assert_eq!(schedule.limited_count(), 100);
        assert!((schedule.rate(now) / start - 0.98).abs() < 1e-9);
        assert_eq!(schedule.ask(now), Turn::At(now + Duration::from_secs(3)));
        assert_eq!(schedule.paused_for(now), Some(Duration::from_secs(3)));
        assert_eq!(schedule.paused_for(now + Duration::from_secs(3)), None);
        let later = now + Duration::from_secs(61);
        assert!((schedule.rate(later) / start - 0.985).abs() < 1e-9);
        let much_later = now + Duration::from_mins(10);
        assert!((schedule.rate(much_later) - start).abs() < f64::EPSILON);
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_ends_at_the_floor_and_a_pause_is_bounded() {
        let mut schedule = Schedule::new(RateLimit::PER_SECOND);
        let mut now = Instant::now();
        let start = schedule.rate(now);
        for _ in 0..1_000 {
            schedule.limited(now, None);
            now += ms(1_000);
        }
        assert!((schedule.rate(now) / start - FLOOR).abs() < 1e-9);
        schedule.limited(now, Some(Duration::from_hours(24)));
        assert_eq!(schedule.paused_for(now), Some(Pacer::PAUSE_MAX));
    }

    #[tokio::test(start_paused = true)]
    async fn the_guard_counts_calls_until_their_answer_has_left_the_window() {
        let mut schedule = Schedule::new("2/10s".parse().unwrap());
        let mut now = Instant::now();
        take(&mut schedule, &mut now);
        take(&mut schedule, &mut now);
        now += Duration::from_mins(1);
        assert_eq!(schedule.ask(now), Turn::AfterAnswer);
        schedule.answered(now);
        assert_eq!(schedule.ask(now), Turn::At(now + Duration::from_secs(10)));
        assert_eq!(schedule.ask(now + Duration::from_secs(10)), Turn::Now);
    }
}
