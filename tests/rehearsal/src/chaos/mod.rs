//! Chaos: one thing goes wrong after another while clients push and pull, and what they saw is put into a table.

mod all;
pub mod fault;
mod strike;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::repeat::failed;
use crate::scene::Scene;
use crate::traffic::{Seen, Traffic};
pub use all::all;
pub use fault::Fault;
pub use strike::said;

/// What was seen while one thing happened.
#[derive(Debug)]
pub struct Row {
    seen: Seen,
    /// From the end of a fault until every node is healthy, and no attempt fails any more. From the start to the end of a
    /// change.
    took: Duration,
    /// Nodes that were replaced.
    replaced: usize,
}

/// Has `fault` happen to a registry of `nodes` nodes under traffic, and waits until it has recovered.
///
/// # Errors
/// When a push is lost, nodes are replaced that should not be, or clients notice what they should not.
pub async fn perform(scene: &Scene, nodes: usize, fault: Fault) -> Result<Row> {
    let before = scene.healthy_nodes();
    ensure!(before.len() == nodes, "{} of {nodes} nodes are healthy before anything is done", before.len());
    let traffic = Traffic::start(scene, fault.layer()).await?;
    let must_go = strike::strike(scene, fault, &traffic).await?;
    let over = Instant::now();
    scene.healthy_without(nodes, &must_go).await;
    let healthy = Instant::now();
    traffic.calm(healthy).await;
    let seen = traffic.stop(scene).await?;
    let recovered = seen.last_failure().map_or(healthy, |last| last.max(healthy));
    let replaced = before.difference(&scene.healthy_nodes()).count();
    let row = Row::new(seen, recovered.saturating_duration_since(over), replaced);
    ensure!(replaced == 0 || fault.may_replace(), "{replaced} nodes were replaced; {}", row.account());
    let (gap, most) = (row.seen.longest_gap(), fault.longest_gap());
    ensure!(gap <= most, "a client had no success for more than {} s; {}", most.as_secs(), row.account());
    ensure!(row.failures() == 0 || !fault.is_unseen(), "clients noticed it; {}", row.account());
    Ok(row)
}

impl Row {
    /// A row; no push of it is lost.
    pub fn new(seen: Seen, took: Duration, replaced: usize) -> Self {
        Self { seen, took, replaced }
    }

    /// Attempts of all clients that failed.
    pub fn failures(&self) -> usize {
        self.seen.failures()
    }

    /// Its cells in the record's tables of faults and changes. A row with a lost push is none: the fault is then an error.
    pub fn cells(&self) -> Vec<String> {
        let Self { seen, took, replaced, .. } = self;
        let cell = |attempts: &[_]| format!("{} ({})", attempts.len(), failed(attempts).count());
        vec![
            cell(&seen.pulls),
            cell(&seen.pushes),
            format!("{:.1}", seen.longest_gap().as_secs_f64()),
            format!("{:.0}", took.as_secs_f64()),
            replaced.to_string(),
            format!("0 of {}", seen.taken),
        ]
    }

    /// All of it in a line.
    pub fn account(&self) -> String {
        let (took, replaced) = (self.took.as_secs_f64(), self.replaced);
        format!("{}; well after {took:.0} s; {replaced} nodes replaced; no push lost", self.seen.account())
    }
}

impl Scene {
    /// Waits until `nodes` nodes are healthy and each says so itself, too, and none of `gone` is among them.
    pub async fn healthy_without(&self, nodes: usize, gone: &[String]) {
        loop {
            let healthy: BTreeSet<String> = self.healthy_nodes();
            if healthy.len() == nodes && !gone.iter().any(|node| healthy.contains(node)) && self.answer(&healthy).await
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Whether the registry on each of these nodes answers on the node itself.
    async fn answer(&self, nodes: &BTreeSet<String>) -> bool {
        if self.light_weight() {
            return true;
        }
        for node in nodes {
            let ping = self.on_node(node, "curl -fs -m 5 -o /dev/null http://127.0.0.1:8081/v1/_ping").await;
            if ping.is_ok_and(|output| output.code == 0) {
                continue;
            }
            return false;
        }
        true
    }
}
