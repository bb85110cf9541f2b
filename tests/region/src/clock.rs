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
}
