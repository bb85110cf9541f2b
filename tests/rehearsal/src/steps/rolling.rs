//! Changes that replace every node, one by one, while clients pull and push: none of them may fail.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dockreg_region::service::elbv2::targets::Health;
use tokio::task::JoinSet;

use super::stack;
use crate::chaos::Row;
use crate::repeat::{Repeat, failed};
use crate::scene::{DOMAIN, Scene};
use crate::traffic::{LAYER, Traffic};
use crate::uploader;

/// From one look to the next.
const LOOK: Duration = Duration::from_millis(250);

/// An image that nobody has.
const NO_IMAGE: &str = "public.ecr.aws/docker/library/registry:missing";

/// The machine image that nodes have, and the name of a newer one.
const MACHINE_IMAGE: (&str, &str) = ("/aws/service/debian/release/13/latest/amd64", "debian-13-amd64-20261116-2297");

/// A newer machine image appears. `up` leaves the nodes alone for it, `up --upgrade` moves them to it as any other change
/// does.
///
/// # Errors
/// When `up` does anything, or an attempt fails during the upgrade, or a node stays.
pub async fn upgrade(scene: &Scene, nodes: usize) -> Result<Row> {
    let (parameter, name) = MACHINE_IMAGE;
    let newer = scene.release(parameter, name).context("no machine image has that parameter")?;
    stack::up_without_change(scene, nodes).await?;
    let row = change(scene, nodes, &["--upgrade"]).await?;
    let images = scene.machine_images();
    ensure!(images.iter().all(|image| *image == newer), "nodes have {images:?}, not {newer}; {}", row.account());
    Ok(row)
}

/// `up` with further arguments: every node is another one afterwards, and no attempt has failed.
///
/// # Errors
/// When one has, or a node stays.
pub async fn change(scene: &Scene, nodes: usize, further: &[&str]) -> Result<Row> {
    // A node that is just found slow would be counted neither before the change nor after it.
    scene.healthy_without(nodes, &[]).await;
    let before = scene.healthy_nodes();
    let traffic = Traffic::start(scene, LAYER).await?;
    let start = Instant::now();
    stack::up_with(scene, nodes, further).await?;
    let took = start.elapsed();
    traffic.calm(Instant::now()).await;
    let replaced = before.difference(&scene.healthy_nodes()).count();
    let row = Row::new(traffic.stop(scene).await?, took, replaced);
    ensure!(replaced == nodes, "{replaced} of {nodes} nodes were replaced; {}", row.account());
    ensure!(row.failures() == 0, "clients noticed it; {}", row.account());
    Ok(row)
}

/// Uploads that were under way when their node had to go end there: every node is replaced, and no upload has failed.
///
/// # Errors
/// When one has, or a node stays, or goes without any upload under way.
pub async fn uploads(scene: &Scene, nodes: usize, further: &[&str]) -> Result<String> {
    let start = Instant::now();
    let uploads = uploader::start(&scene.client);
    while uploads.iter().any(|own| own.successes_since(start) == 0) {
        let failure = uploads.iter().find_map(Repeat::first_failure);
        ensure!(failure.is_none(), "an upload failed before anything changed: {}", failure.unwrap_or_default());
        tokio::time::sleep(LOOK).await;
    }
    let before = scene.healthy_nodes();
    let mut underway = BTreeMap::new();
    let mut change = pin!(stack::up_with(scene, nodes, further));
    let changed = loop {
        tokio::select! {
            changed = &mut change => break changed,
            () = tokio::time::sleep(LOOK) => {}
        }
        for target in scene.targets().into_iter().filter(|target| target.health == Health::Draining) {
            let most: &mut u32 = underway.entry(target.instance_id).or_default();
            *most = target.in_flight.max(*most);
        }
    };
    changed?;
    let mut ending: JoinSet<_> = uploads.into_iter().map(Repeat::stop).collect();
    let mut attempts = Vec::new();
    while let Some(ended) = ending.join_next().await {
        attempts.extend(ended??);
    }
    let account = format!(
        "{} uploads of up to {} s, {} failed; under way at nodes that went: {:?}",
        attempts.len(),
        uploader::LASTS.as_secs(),
        failed(&attempts).count(),
        underway.values().collect::<Vec<_>>()
    );
    let first = failed(&attempts).find_map(|attempt| attempt.failure.clone()).unwrap_or_default();
    ensure!(first.is_empty(), "{account} (first: {first})");
    let went: BTreeSet<String> = underway.iter().filter(|(_, most)| **most > 0).map(|(node, _)| node.clone()).collect();
    ensure!(went == before && before.is_disjoint(&scene.healthy_nodes()), "{before:?} were there before; {account}");
    Ok(account)
}

/// An image that cannot be pulled: `up` fails and is rolled back, the same nodes serve on, and no attempt has failed.
///
/// # Errors
/// When it is otherwise.
pub async fn bad_image(scene: &Scene, nodes: usize) -> Result<Row> {
    scene.healthy_without(nodes, &[]).await;
    let before = scene.healthy_nodes();
    let traffic = Traffic::start(scene, LAYER).await?;
    let (start, count) = (Instant::now(), nodes.to_string());
    let up = ["dockreg", "up", "--domain", DOMAIN, "--nodes", &count, "--image", NO_IMAGE, "--yes"];
    let output = scene.client.run(&up, "").await?;
    let took = start.elapsed();
    traffic.calm(Instant::now()).await;
    let replaced = before.difference(&scene.healthy_nodes()).count();
    let row = Row::new(traffic.stop(scene).await?, took, replaced);
    ensure!(output.code == 3, "`up` with an image that nobody has ended with {}; {}", output.code, row.account());
    ensure!(replaced == 0 && row.failures() == 0, "the service was touched; {}", row.account());
    Ok(row)
}
