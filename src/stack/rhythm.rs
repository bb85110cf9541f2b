//! When to ask AWS next: quickly while things happen, slowly while they cannot, never too often. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// AWS publishes no limit; parallel runs of two calls a second are known to be throttled. A watch stays far below.
const CALLS_PER_MINUTE: usize = 20;
/// The pace while the end is near; from COMPLETE to exit takes this long at most.
const QUICK: Duration = Duration::from_millis(900);
/// The pace while events come.
const BUSY: Duration = Duration::from_millis(2500);
/// The pace while nothing comes.
const IDLE: Duration = Duration::from_secs(5);
/// The first pause after a passing error; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause after passing errors.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// What is known about how far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// Events are coming in.
    Busy,
    /// Nothing has come for a while.
    Idle,
    /// What is left may end at any moment.
    NearEnd,
}

/// Decides pauses between calls.
#[derive(Debug)]
pub struct Rhythm {
    fixed: Option<Duration>,
    calls: VecDeque<Instant>,
    errors: u32,
}

impl Rhythm {
    /// An adaptive rhythm, or a fixed one for `--poll-interval`.
    #[must_use]
    pub fn new(fixed: Option<Duration>) -> Self {
        Self { fixed, calls: VecDeque::new(), errors: 0 }
    }

    /// Notes that a call was made.
    pub fn called(&mut self, now: Instant) {
        self.calls.push_back(now);
        if self.calls.len() > CALLS_PER_MINUTE {
            self.calls.pop_front();
        }
    }

    /// The pause before the next call when the last one was answered.
    pub fn after_answer(&mut self, now: Instant, outlook: Outlook) -> Duration {
        self.errors = 0;
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let wish = match outlook {
            Outlook::NearEnd => QUICK,
            Outlook::Busy => BUSY,
            Outlook::Idle => IDLE,
        };
        wish.max(self.until_allowed(now))
    }

    /// The pause before the next call after a passing error; `spread` between 0 and 1 keeps parallel runs apart.
    pub fn after_error(&mut self, now: Instant, spread: f64) -> Duration {
        let first = self.fixed.unwrap_or(FIRST_PAUSE);
        let doubled = first.saturating_mul(2_u32.saturating_pow(self.errors.min(10)));
        self.errors = self.errors.saturating_add(1);
        let pause = doubled.min(MAX_PAUSE).mul_f64(0.5 + 0.5 * spread.clamp(0.0, 1.0));
        if self.fixed.is_some() { pause } else { pause.max(self.until_allowed(now)) }
    }

    /// How long until one more call stays within [`CALLS_PER_MINUTE`].
    fn until_allowed(&self, now: Instant) -> Duration {
        match self.calls.front() {
            Some(first) if self.calls.len() >= CALLS_PER_MINUTE => {
                (*first + Duration::from_secs(60)).saturating_duration_since(now)
            }
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_twenty_calls_in_any_minute() {
        let mut rhythm = Rhythm::new(None);
        let start = Instant::now();
        let mut now = start;
        let mut calls = Vec::new();
        while now < start + Duration::from_secs(300) {
            rhythm.called(now);
            calls.push(now);
            now += rhythm.after_answer(now, Outlook::NearEnd);
        }
        for window in calls.windows(CALLS_PER_MINUTE + 1) {
            assert!(window[CALLS_PER_MINUTE] - window[0] >= Duration::from_secs(60));
        }
    }

    #[test]
    fn quick_near_the_end_after_a_long_wait() {
        let mut rhythm = Rhythm::new(None);
        let mut now = Instant::now();
        for _ in 0..30 {
            rhythm.called(now);
            now += rhythm.after_answer(now, Outlook::Idle);
        }
        rhythm.called(now);
        assert_eq!(rhythm.after_answer(now, Outlook::NearEnd), QUICK);
    }

    #[test]
    fn pauses_double_and_stop_growing() {
        let mut rhythm = Rhythm::new(None);
        let now = Instant::now();
        let pauses: Vec<u64> = (0..7).map(|_| rhythm.after_error(now, 1.0).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 30, 30, 30]);
        rhythm.after_answer(now, Outlook::Busy);
        assert_eq!(rhythm.after_error(now, 0.0), Duration::from_secs(1));
    }

    #[test]
    fn a_fixed_interval_is_kept() {
        let mut rhythm = Rhythm::new(Some(Duration::from_millis(20)));
        let now = Instant::now();
        for outlook in [Outlook::Busy, Outlook::Idle, Outlook::NearEnd] {
            assert_eq!(rhythm.after_answer(now, outlook), Duration::from_millis(20));
        }
    }
}
