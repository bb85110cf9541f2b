//! Clients that pull and push all the time while something happens, and what they saw.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::pusher::{self, Taken};
use crate::repeat::{Attempt, Repeat, failed, longest_gap};
use crate::scene::Scene;
use crate::steps::docker;
use crate::{puller, table};

/// Bytes of an ordinary layer.
pub const LAYER: u64 = 1_000_000;

/// Seconds after which a pull or a push counts as failed; a person would have given up.
pub const PATIENCE: u64 = 120;

/// Successes of each client before something happens, and after.
const CALM: usize = 3;

/// From one look to the next.
const LOOK: Duration = Duration::from_millis(250);

/// A client that pulls and one that pushes.
pub struct Traffic {
    pulls: Repeat,
    pushes: Repeat,
    taken: Taken,
}

/// What they saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every pull.
    pub pulls: Vec<Attempt>,
    /// Every push.
    pub pushes: Vec<Attempt>,
    /// Pushes that succeeded.
    pub taken: usize,
}

impl Traffic {
    /// Starts both, and waits until each has succeeded some times. Layers that are pushed have so many bytes.
    ///
    /// # Errors
    /// When a command cannot be started.
    pub async fn start(scene: &Scene, bytes: u64) -> Result<Self> {
        let taken = Taken::default();
        let pulls = puller::start(Arc::clone(&scene.client), docker::small());
        let pushes = pusher::start(Arc::clone(&scene.client), bytes, Arc::clone(&taken));
        let traffic = Self { pulls, pushes, taken };
        traffic.calm(Instant::now()).await;
        Ok(traffic)
    }

    /// Waits until each client has succeeded some times by attempts that started after `since`.
    pub async fn calm(&self, since: Instant) {
        self.flows(since, CALM).await;
    }

    /// Waits until each client has succeeded so many times by attempts that started after `since`.
    pub async fn flows(&self, since: Instant, times: usize) {
        while self.pulls.successes_since(since).min(self.pushes.successes_since(since)) < times {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Stops both; every push that succeeded must be there, whole.
    ///
    /// # Errors
    /// When one is not.
    pub async fn stop(self, scene: &Scene) -> Result<Seen> {
        let (pulls, pushes) = (self.pulls.stop().await?, self.pushes.stop().await?);
        let taken = std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner));
        let lost = pusher::lost(&scene.client, &taken).await?;
        for digest in &lost {
            table::say(&format!("lost: {digest}"));
        }
        let seen = Seen { pulls, pushes, taken: taken.len() };
        ensure!(lost.is_empty(), "{} of {} pushes are lost; {}", lost.len(), taken.len(), seen.account());
        ensure!(!taken.is_empty(), "no push succeeded, and so nothing is shown; {}", seen.account());
        Ok(seen)
    }
}

impl Seen {
    /// Attempts of both clients that failed.
    pub fn failures(&self) -> usize {
        failed(&self.pulls).count() + failed(&self.pushes).count()
    }

    /// The end of the last attempt that failed.
    pub fn last_failure(&self) -> Option<Instant> {
        failed(&self.pulls).chain(failed(&self.pushes)).map(|attempt| attempt.ended).max()
    }

    /// The longest time for which one of the clients had no success.
    pub fn longest_gap(&self) -> Duration {
        longest_gap(&self.pulls).max(longest_gap(&self.pushes))
    }

    /// All of it in a line.
    pub fn account(&self) -> String {
        let reason = failed(&self.pushes).chain(failed(&self.pulls)).find_map(|attempt| attempt.failure.as_deref());
        format!(
            "{} pulls, {} failed; {} pushes, {} failed; longest gap {:.1} s{}",
            self.pulls.len(),
            failed(&self.pulls).count(),
            self.pushes.len(),
            failed(&self.pushes).count(),
            self.longest_gap().as_secs_f64(),
            reason.map(|reason| format!(" (first: {reason})")).unwrap_or_default()
        )
    }
}
