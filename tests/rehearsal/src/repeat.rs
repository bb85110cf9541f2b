//! A client that does the same again and again until it is told to stop, and the account of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// From one start to the next, unless one takes longer.
const PERIOD: Duration = Duration::from_secs(1);

/// One time that it was done.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When it started.
    pub at: Instant,
    /// When it ended.
    pub ended: Instant,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// What is being done again and again.
pub struct Repeat {
    stop: watch::Sender<bool>,
    attempts: Arc<Mutex<Vec<Attempt>>>,
    task: JoinHandle<Result<()>>,
}

impl Repeat {
    /// Starts doing `work`, which gives the reason if it failed, and an error if it could not even be tried.
    pub fn start<W, F>(mut work: W) -> Self
    where
        W: FnMut() -> F + Send + 'static,
        F: Future<Output = Result<Option<String>>> + Send,
    {
        let (stop, mut stopped) = watch::channel(false);
        let attempts = Arc::<Mutex<Vec<Attempt>>>::default();
        let made = Arc::clone(&attempts);
        let task = tokio::spawn(async move {
            let mut clock = tokio::time::interval(PERIOD);
            clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    biased;
                    _ = stopped.changed() => return Ok(()),
                    _ = clock.tick() => {}
                }
                let at = Instant::now();
                let failure = work().await?;
                let attempt = Attempt { at, ended: Instant::now(), failure };
                made.lock().unwrap_or_else(PoisonError::into_inner).push(attempt);
            }
        });
        Self { stop, attempts, task }
    }

    /// How often it was done with success by attempts that started after `since`.
    pub fn successes_since(&self, since: Instant) -> usize {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.iter().filter(|attempt| attempt.at >= since && attempt.failure.is_none()).count()
    }

    /// Why the first attempt failed that did.
    pub fn first_failure(&self) -> Option<String> {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        failed(&attempts).find_map(|attempt| attempt.failure.clone())
    }

    /// Stops it, once what it is about to do is done; gives every attempt.
    ///
    /// # Errors
    /// When one could not be tried at all.
    pub async fn stop(self) -> Result<Vec<Attempt>> {
        // It has ended already if its work could not be tried; the task says why.
        let _ended = self.stop.send(true);
        self.task.await.context("what was to be repeated has panicked")??;
        Ok(std::mem::take(&mut self.attempts.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The longest time without a success between the first and the last one.
pub fn longest_gap(attempts: &[Attempt]) -> Duration {
    let ends: Vec<Instant> =
        attempts.iter().filter(|attempt| attempt.failure.is_none()).map(|attempt| attempt.ended).collect();
    ends.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

/// The attempts that failed.
pub fn failed(attempts: &[Attempt]) -> impl Iterator<Item = &Attempt> {
    attempts.iter().filter(|attempt| attempt.failure.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_lasts_from_one_success_to_the_next() {
        let start = Instant::now();
        let attempt = |second: u64, failed: bool| Attempt {
            at: start + Duration::from_secs(second),
            ended: start + Duration::from_secs(second + 1),
            failure: failed.then(|| "502".to_owned()),
        };
        let attempts = [attempt(0, true), attempt(5, false), attempt(6, true), attempt(9, false), attempt(10, false)];
        assert_eq!(longest_gap(&attempts), Duration::from_secs(4));
        assert_eq!(failed(&attempts).count(), 2);
        assert_eq!(longest_gap(&attempts[..1]), Duration::ZERO);
    }
}
