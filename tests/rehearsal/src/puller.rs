//! A client that pulls an image once a second, and the account of its failures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::client::Client;

/// From one pull's start to the next, unless a pull takes longer.
const PERIOD: Duration = Duration::from_secs(1);

/// One pull.
#[derive(Debug)]
pub struct Pull {
    /// When it started.
    pub at: Instant,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// A client that pulls until it is told to stop.
pub struct Puller {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<Vec<Pull>>>,
}

impl Puller {
    /// Starts pulling `image`, each time anew.
    pub fn start(client: Arc<Client>, image: String) -> Self {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut pulls = Vec::new();
            let mut clock = tokio::time::interval(PERIOD);
            clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = clock.tick() => pulls.push(pull(&client, &image).await?),
                    _ = stopped.changed() => return Ok(pulls),
                }
            }
        });
        Self { stop, task }
    }

    /// Stops it; gives every pull it made.
    ///
    /// # Errors
    /// When a command could not be started at all.
    pub async fn stop(self) -> Result<Vec<Pull>> {
        self.stop.send(true).context("the client that pulls has ended by itself")?;
        self.task.await.context("the client that pulls has panicked")?
    }
}

async fn pull(client: &Client, image: &str) -> Result<Pull> {
    // Without the image at hand, every pull fetches manifest and layer through the load balancer.
    let _absent_the_first_time = client.run(&["docker", "image", "rm", "--force", image], "").await?;
    let at = Instant::now();
    let output = client.run(&["docker", "pull", "--quiet", image], "").await?;
    let failure = (output.code != 0).then(|| output.stderr.trim().lines().last().unwrap_or_default().to_owned());
    Ok(Pull { at, failure })
}
