//! Changes that replace every node, one by one, while clients pull and push: none of them may fail.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::stack;
use crate::chaos::Row;
use crate::scene::{DOMAIN, Scene};
use crate::traffic::{LAYER, Traffic};

/// An image that nobody has.
const NO_IMAGE: &str = "public.ecr.aws/docker/library/registry:missing";

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
