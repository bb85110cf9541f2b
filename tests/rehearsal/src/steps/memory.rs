//! Many layers at once: what the registry of a node takes of its memory meanwhile.

use anyhow::{Context, Result, ensure};

use crate::scene::Scene;
use crate::uploader;

/// Layers that are uploaded at once.
const LAYERS: usize = 64;

/// Bytes of each, many more than the registry holds of an upload, and of each that come in a second.
const BYTES: u64 = 40_000_000;
const RATE: u64 = 2_000_000;

/// The most that the registry of one node may take for its half of them, in kB: two thirds of a t3.small's memory. There Go
/// would begin to save at half of it; nodes here see the memory of the whole machine.
const MOST: u64 = 1_300_000;

/// The most that the registry has taken since its start.
const PEAK: &str = "sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\) kB$/\\1/p' /proc/$(pgrep -o -f 'registry serve')/status";

/// Uploads them all, and asks each node.
///
/// # Errors
/// When one fails, or a registry takes more memory than it may.
pub async fn uploads(scene: &Scene) -> Result<String> {
    let failures = uploader::together(&scene.client, LAYERS, BYTES, RATE).await?;
    ensure!(failures.is_empty(), "{} of {LAYERS} uploads failed (first: {})", failures.len(), failures[0]);
    let mut peaks = Vec::new();
    for node in scene.healthy_nodes() {
        let said = scene.on_node(&node, PEAK).await?.stdout;
        let peak: u64 = said.trim().parse().with_context(|| format!("the registry's memory on {node}: {said:?}"))?;
        peaks.push(peak);
    }
    ensure!(peaks.iter().all(|peak| *peak <= MOST), "{LAYERS} uploads at once took {peaks:?} kB");
    let most = peaks.iter().max().context("no node is healthy")?;
    Ok(format!(
        "{LAYERS} layers of {} MB on {} nodes: at most {} MB of memory",
        BYTES / 1_000_000,
        peaks.len(),
        most / 1_000
    ))
}
