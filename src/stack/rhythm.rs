//! When to ask AWS next: quickly while things happen, slowly while they cannot, never too often. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// AWS publishes no limit; parallel runs of two calls a second are known to be throttled. On average a watch makes no
/// more calls than this in a minute.
const CALLS_PER_MINUTE: f64 = 20.0;
/// Calls that may be saved up while little happens, for when the end is near.
const SAVINGS: f64 = 20.0;
/// Calls that a watch begins with.
const FIRST_SAVINGS: f64 = 4.0;
/// The pace while the end is near; from COMPLETE to exit takes this long at most.
const QUICK: Duration = Duration::from_millis(800);
/// The pace while events come: exactly what [`CALLS_PER_MINUTE`] allows.
const BUSY: Duration = Duration::from_secs(3);
/// The pace while nothing comes, which saves calls.
const IDLE: Duration = Duration::from_secs(6);
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
    saved: f64,
    last: Option<Instant>,
    errors: u32,
}

impl Rhythm {
    /// An adaptive rhythm, or a fixed one for `--poll-interval`.
    #[must_use]
    pub fn new(fixed: Option<Duration>) -> Self {
        Self { fixed, saved: FIRST_SAVINGS, last: None, errors: 0 }
    }

    /// Notes that a call was made.
    pub fn called(&mut self, now: Instant) {
        let since = self.last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        self.saved = (self.saved + since.as_secs_f64() * CALLS_PER_MINUTE / 60.0).min(SAVINGS) - 1.0;
        self.last = Some(now);
    }

    /// The pause before the next call when the last one was answered.
    pub fn after_answer(&mut self, outlook: Outlook) -> Duration {
        self.errors = 0;
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        match outlook {
            Outlook::NearEnd if self.saved >= 1.0 => QUICK,
            Outlook::NearEnd | Outlook::Busy => BUSY,
            Outlook::Idle => IDLE,
        }
    }

    /// The pause before the next call after a passing error; `spread` between 0 and 1 keeps parallel runs apart.
    pub fn after_error(&mut self, spread: f64) -> Duration {
        let first = self.fixed.unwrap_or(FIRST_PAUSE);
        let doubled = first.saturating_mul(2_u32.saturating_pow(self.errors.min(10)));
        self.errors = self.errors.saturating_add(1);
        doubled.min(MAX_PAUSE).mul_f64(0.5 + 0.5 * spread.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls in `seconds` while the outlook stays the same.
    fn calls(rhythm: &mut Rhythm, now: &mut Instant, seconds: u64, outlook: Outlook) -> u32 {
        let end = *now + Duration::from_secs(seconds);
        let mut calls = 0;
        while *now < end {
            rhythm.called(*now);
            calls += 1;
            *now += rhythm.after_answer(outlook);
        }
        calls
    }

    #[test]
    fn twenty_calls_a_minute_on_average_whatever_the_outlook() {
        for outlook in [Outlook::Busy, Outlook::Idle, Outlook::NearEnd] {
            let (mut rhythm, mut now) = (Rhythm::new(None), Instant::now());
            let calls = calls(&mut rhythm, &mut now, 300, outlook);
            assert!(calls <= 5 * 20 + 5, "{outlook:?}: {calls}");
        }
    }

    #[test]
    fn quick_near_the_end_after_a_wait_that_saved_calls() {
        let (mut rhythm, mut now) = (Rhythm::new(None), Instant::now());
        let waiting = calls(&mut rhythm, &mut now, 120, Outlook::Idle);
        let ending = calls(&mut rhythm, &mut now, 20, Outlook::NearEnd);
        assert!(ending >= 20, "{ending} calls in the last twenty seconds");
        assert!(waiting + ending <= 60, "{waiting} and {ending}");
    }

    #[test]
    fn pauses_double_and_stop_growing() {
        let mut rhythm = Rhythm::new(None);
        let pauses: Vec<u64> = (0..7).map(|_| rhythm.after_error(1.0).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 30, 30, 30]);
        rhythm.after_answer(Outlook::Busy);
        assert_eq!(rhythm.after_error(0.0), Duration::from_secs(1));
    }

    #[test]
    fn a_fixed_interval_is_kept() {
        let mut rhythm = Rhythm::new(Some(Duration::from_millis(20)));
        for outlook in [Outlook::Busy, Outlook::Idle, Outlook::NearEnd] {
            assert_eq!(rhythm.after_answer(outlook), Duration::from_millis(20));
        }
    }
}
