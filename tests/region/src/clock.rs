//! Durations of the simulated service on a scalable clock. Timestamps are the machine's own.

use std::time::Duration;

/// How fast simulated durations pass: a resource that takes 116 s in AWS takes 116 s / `speed` here.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Divisor of every simulated duration; 1 is real time.
    pub speed: f64,
}

impl Clock {
    /// This moment, by the machine's own clock whatever the speed.
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    /// This moment as handlers give timestamps in JSON: seconds since 1970, milliseconds as a fraction.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
    pub fn epoch(&self) -> f64 {
        self.now().as_millisecond() as f64 / 1000.0
    }

    /// The real duration that stands for `simulated`.
    pub fn scaled(&self, simulated: Duration) -> Duration {
        simulated.div_f64(self.speed)
    }

    /// Waits for `simulated` at this clock's speed.
    pub async fn sleep(&self, simulated: Duration) {
        tokio::time::sleep(self.scaled(simulated)).await;
    }

    /// Waits for `simulated` at this clock's speed, and longer on a machine that has more to do than it can: the wait is
    /// many short ones, each of which ends late there. For limits on what others do meanwhile.
    pub async fn patience(&self, simulated: Duration) {
        const TURN: Duration = Duration::from_millis(3);
        let whole = self.scaled(simulated);
        let turns = u32::try_from(whole.as_millis() / TURN.as_millis()).unwrap_or(u32::MAX).clamp(1, 500);
        for _ in 0..turns {
            tokio::time::sleep(whole / turns).await;
        }
    }
}
