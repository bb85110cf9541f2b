//! The loss of a node: its group replaces it, and a client that pulls every second notices little.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::docker;
use crate::puller;
use crate::repeat::{Attempt, failed};
use crate::scene::Scene;

/// Pulls before the loss and after the replacement.
const CALM: Duration = Duration::from_secs(5);

/// From the loss until the load balancer sends nothing there any more: the fourth failed health check in a row, five
/// seconds apart, the last given up after four, and one in which the node was still there.
const DETECTION: Duration = Duration::from_secs(30);

/// Pulls that may fail in that time. A dead machine does not refuse connections: each of them hangs for a while.
const HANDFUL: usize = 10;

/// Cuts the power of one of `nodes` nodes and waits for another in its place.
///
/// # Errors
/// When it does not come, or the client's pulls fail more often or for longer than a loss explains.
pub async fn one_node(scene: &Scene, nodes: usize) -> Result<String> {
    let puller = (!scene.light_weight()).then(|| puller::start(Arc::clone(&scene.client), docker::small()));
    tokio::time::sleep(CALM).await;
    let victim = scene.healthy_nodes().into_iter().next().context("no node is healthy")?;
    let lost = Instant::now();
    scene.cut(&victim).await?;
    scene.healthy_without(nodes, std::slice::from_ref(&victim)).await;
    let replaced = format!("{victim} replaced after {} s", lost.elapsed().as_secs());
    let Some(puller) = puller else { return Ok(replaced) };
    tokio::time::sleep(CALM).await;
    Ok(format!("{replaced}; {}", judge(&puller.stop().await?, lost)?))
}

/// The account of the pulls around the loss of a node at `lost`.
fn judge(pulls: &[Attempt], lost: Instant) -> Result<String> {
    let failed: Vec<&Attempt> = failed(pulls).collect();
    let first = failed.first().and_then(|pull| pull.failure.clone()).unwrap_or_default();
    let account = format!("{} pulls, {} failed", pulls.len(), failed.len());
    // One that was under way when the node went is its victim, too.
    let outside = failed.iter().filter(|pull| pull.ended < lost || pull.at > lost + DETECTION).count();
    ensure!(outside == 0, "{account}, {outside} of them outside the {} s of detection: {first}", DETECTION.as_secs());
    ensure!(failed.len() <= HANDFUL, "{account}: {first}");
    ensure!(pulls.len() > failed.len(), "{account}: {first}");
    let last = failed.last().map(|pull| pull.at.saturating_duration_since(lost).as_secs_f64());
    Ok(account + &last.map(|seconds| format!(", the last {seconds:.0} s after the loss")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulls(lost: Instant, failures: &[u64], seconds: u64) -> Vec<Attempt> {
        let failure = |second| failures.contains(&second).then(|| "502 Bad Gateway".to_owned());
        let at = |second| lost + Duration::from_secs(second);
        (0..seconds).map(|second| Attempt { at: at(second), ended: at(second), failure: failure(second) }).collect()
    }

    #[test]
    fn a_few_failures_while_the_loss_is_detected_are_a_loss_and_others_are_not() {
        let lost = Instant::now();
        assert_eq!(judge(&pulls(lost, &[], 60), lost).ok().as_deref(), Some("60 pulls, 0 failed"));
        assert!(judge(&pulls(lost, &[1, 4, 9], 60), lost).is_ok());
        assert!(judge(&pulls(lost, &[1, 50], 60), lost).is_err(), "long after it");
        let before = |seconds| lost.checked_sub(Duration::from_secs(seconds)).unwrap_or(lost);
        let early = |ended| Attempt { at: before(3), ended, failure: Some("504 Gateway Timeout".to_owned()) };
        let with = |attempt| [pulls(lost, &[], 60), vec![attempt]].concat();
        assert!(judge(&with(early(lost + Duration::from_secs(9))), lost).is_ok(), "under way when it went");
        assert!(judge(&with(early(before(1))), lost).is_err(), "over before it");
        assert!(judge(&pulls(lost, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 60), lost).is_err(), "more than a handful");
        assert!(judge(&pulls(lost, &[], 0), lost).is_err(), "no pull is no proof");
    }
}
