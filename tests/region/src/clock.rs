//! Durations of the simulated service on a clock whose speed may change while it runs, and which may stand still.
//! Timestamps are the machine's own, whatever the speed.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;

/// How fast simulated durations pass: a resource that takes 116 s in AWS takes 116 s / speed here. Clones are the same
/// clock.
#[derive(Debug, Clone)]
pub struct Clock(Arc<watch::Sender<Pace>>);

/// How the clock goes at the moment.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Pace {
    /// Divisor of every simulated duration; 1 is real time.
    pub speed: f64,
    /// Whether it stands still. Health checks, nodes and answers go on.
    pub paused: bool,
    /// Simulated seconds by which it was moved on by hand so far.
    pub stepped: f64,
}

/// A change of the clock, as `POST /_region/clock` takes it; what is absent stays.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockChange {
    /// New speed, above 0.
    pub speed: Option<f64>,
    /// Whether to stand still.
    pub paused: Option<bool>,
    /// Simulated seconds to move on at once; only while it stands still.
    pub step: Option<f64>,
}

impl Clock {
    /// A clock of this speed.
    pub fn new(speed: f64) -> Self {
        Self(Arc::new(watch::Sender::new(Pace { speed, paused: false, stepped: 0.0 })))
    }

    /// How it goes at the moment.
    pub fn pace(&self) -> Pace {
        *self.0.borrow()
    }

    /// Changes how it goes, for whoever waits already too.
    ///
    /// # Errors
    /// What is wrong with the change; then nothing changes.
    pub fn change(&self, change: ClockChange) -> Result<Pace, String> {
        let mut pace = self.pace();
        if let Some(speed) = change.speed {
            if !(speed.is_finite() && speed > 0.0) {
                return Err(format!("speed must be above 0, not {speed}"));
            }
            pace.speed = speed;
        }
        pace.paused = change.paused.unwrap_or(pace.paused);
        if let Some(step) = change.step {
            if !pace.paused {
                return Err("only a paused clock can be stepped".to_owned());
            }
            if !(step.is_finite() && step > 0.0) {
                return Err(format!("step must be above 0, not {step}"));
            }
            pace.stepped += step;
        }
        self.0.send_replace(pace);
        Ok(pace)
    }

    /// This moment, by the machine's own clock whatever the speed.
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    /// This moment as handlers give timestamps in JSON: seconds since 1970, milliseconds as a fraction.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
    pub fn epoch(&self) -> f64 {
        self.now().as_millisecond() as f64 / 1000.0
    }

    /// The real duration that stands for `simulated` at the present speed.
    pub fn scaled(&self, simulated: Duration) -> Duration {
        simulated.div_f64(self.pace().speed)
    }

    /// Waits for `simulated`, as the clock goes meanwhile.
    pub async fn sleep(&self, simulated: Duration) {
        let mut paces = self.0.subscribe();
        let mut left = simulated.as_secs_f64();
        let mut stepped = self.pace().stepped;
        loop {
            let pace = *paces.borrow_and_update();
            left -= pace.stepped - std::mem::replace(&mut stepped, pace.stepped);
            if left <= 0.0 {
                return;
            }
            let since = Instant::now();
            let whole = async {
                if pace.paused {
                    return std::future::pending().await;
                }
                tokio::time::sleep(Duration::try_from_secs_f64(left / pace.speed).unwrap_or_default()).await;
            };
            tokio::select! {
                () = whole => return,
                // The sender lives as long as this clock.
                _ = paces.changed() => if !pace.paused {
                    left -= since.elapsed().as_secs_f64() * pace.speed;
                }
            }
        }
    }

    /// Waits for `simulated`, and longer on a machine that has more to do than it can: the wait is many short ones, each
    /// of which ends late there. For limits on what others do meanwhile, who are no faster for a faster clock: beyond a
    /// speed of 600 it passes no sooner.
    pub async fn patience(&self, simulated: Duration) {
        const TURN: Duration = Duration::from_millis(3);
        const FASTEST: f64 = 600.0;
        let simulated = simulated.mul_f64((self.pace().speed / FASTEST).max(1.0));
        let turns = u32::try_from(self.scaled(simulated).as_millis() / TURN.as_millis()).unwrap_or(u32::MAX);
        let turns = turns.clamp(1, 500);
        for _ in 0..turns {
            self.sleep(simulated / turns).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, timeout};

    use super::{Clock, ClockChange};

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn who_waits_already_notices_a_new_speed() {
        let (clock, started) = (Clock::new(1.0), Instant::now());
        let waiting = clock.sleep(HOUR);
        let changing = async {
            tokio::time::sleep(HOUR / 2).await;
            clock.change(ClockChange { speed: Some(1800.0), ..ClockChange::default() }).expect("a speed");
        };
        tokio::join!(waiting, changing);
        assert_eq!(started.elapsed().as_secs(), 1801);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_stands_still_moves_by_hand_alone() {
        let clock = Clock::new(1.0);
        let change = |change: ClockChange| clock.change(change);
        assert!(change(ClockChange { step: Some(1.0), ..ClockChange::default() }).is_err());
        change(ClockChange { paused: Some(true), ..ClockChange::default() }).expect("a pause");
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(60)).await }
        });
        let mut waiting = Box::pin(waiting);
        assert!(timeout(HOUR, &mut waiting).await.is_err());
        change(ClockChange { step: Some(59.0), ..ClockChange::default() }).expect("a step");
        assert!(timeout(HOUR, &mut waiting).await.is_err());
        change(ClockChange { step: Some(1.0), ..ClockChange::default() }).expect("a step");
        timeout(Duration::from_millis(1), &mut waiting).await.expect("it is over").expect("no panic");
        for wrong in [0.0, -1.0, f64::NAN] {
            assert!(change(ClockChange { speed: Some(wrong), ..ClockChange::default() }).is_err());
        }
    }
}
