//! Runs work on resources concurrently, each after those it depends on.

use std::collections::BTreeSet;
use std::future::Future;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::formation::graph::Dependencies;

/// How one resource's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Done,
    /// It failed by itself.
    Failed,
    /// It was stopped because another one failed or the caller cancelled.
    Cancelled,
}

/// Tells work to stop; also by the caller's wish.
#[derive(Clone)]
pub(super) struct Stop {
    sender: watch::Sender<bool>,
}

impl Stop {
    /// A stop that `sender` gives.
    pub(super) fn new(sender: watch::Sender<bool>) -> Self {
        Self { sender }
    }

    /// A stop that nothing gives.
    pub(super) fn never() -> Self {
        Self::new(watch::channel(false).0)
    }

    /// Whether work is to stop.
    pub(super) fn is_given(&self) -> bool {
        *self.sender.borrow()
    }

    /// Tells work to stop.
    pub(super) fn give(&self) {
        self.sender.send_replace(true);
    }

    /// Waits until work is to stop.
    pub(super) async fn given(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as self.
        let _ = receiver.wait_for(|stop| *stop).await;
    }
}

/// Runs `work` for every resource, each as soon as all its dependencies are done. With `stop_at_failure` the first
/// failure stops those that run and begins no other; without it only dependents of a failed resource are left out.
/// Answers how each ended; those never begun are missing.
pub(super) async fn in_order<Work, Working>(
    dependencies: &Dependencies,
    stop: &Stop,
    stop_at_failure: bool,
    work: Work,
) -> Vec<(String, End)>
where
    Work: Fn(String) -> Working,
    Working: Future<Output = End> + Send + 'static,
{
    let mut waiting = dependencies.clone();
    let mut done = BTreeSet::new();
    let mut ended = Vec::new();
    let mut running = JoinSet::new();
    loop {
        if !stop.is_given() {
            let ready: Vec<String> = waiting
                .iter()
                .filter(|(_, needs)| needs.iter().all(|id| done.contains(id) || !dependencies.contains_key(id)))
                .map(|(id, _)| id.clone())
                .collect();
            for id in ready {
                waiting.remove(&id);
                let working = work(id.clone());
                running.spawn(async move { (id, working.await) });
            }
        }
        let Some(finished) = running.join_next().await else { return ended };
        // A handler that panics is a bug of the region; its resource stays in progress for everyone to see.
        let Ok((id, end)) = finished else { continue };
        match end {
            End::Done => {
                done.insert(id.clone());
            }
            End::Failed if stop_at_failure => stop.give(),
            End::Failed | End::Cancelled => {}
        }
        ended.push((id, end));
    }
}

/// The same graph with every edge turned round, for deleting.
pub(super) fn reversed(dependencies: &Dependencies) -> Dependencies {
    let mut reversed: Dependencies = dependencies.keys().map(|id| (id.clone(), BTreeSet::new())).collect();
    for (id, needs) in dependencies {
        for need in needs {
            if let Some(dependents) = reversed.get_mut(need) {
                dependents.insert(id.clone());
            }
        }
    }
    reversed
}
