//! The steps, in order. Each does what a person would do through the shipped binary and Docker's own clients, and says
//! what it saw; anything else than expected is its error.

pub mod docker;
pub mod flood;
pub mod logs;
pub mod memory;
pub mod metadata;
pub mod replace;
pub mod rolling;
pub mod skopeo;
pub mod stack;
pub mod template;
pub mod users;

use std::time::Duration;

use anyhow::Result;

use crate::chaos::{self, Fault};
use crate::scene::Scene;
use crate::table::Table;

/// Nodes of the first `up`; one more after the scale-out.
pub const NODES: usize = 2;

/// A few seconds of real time, for commands that only look.
pub const QUICK: Duration = Duration::from_secs(60);
/// Nodes boot, the load balancer must find them healthy, and old ones drain, each for two minutes; a change that fails waits
/// for a node that does not boot, and goes back.
pub const OPERATION: Duration = Duration::from_secs(900);
/// 100 MB through the whole path, on a slow machine.
pub const TRANSFER: Duration = Duration::from_secs(180);

/// Performs the steps up to the first that fails.
///
/// # Errors
/// The first failure.
pub async fn all(scene: &Scene, table: &mut Table, keep: bool) -> Result<()> {
    table.step("up, two nodes", OPERATION, stack::up(scene, NODES)).await?;
    if !scene.light_weight() {
        table.step("instance metadata, one hop", QUICK, metadata::one_hop(scene)).await?;
    }
    let image = if scene.light_weight() { None } else { Some(clients(scene, table).await?) };
    if !scene.light_weight() {
        for fault in Fault::FEW {
            let work = async { Ok(chaos::perform(scene, NODES, fault).await?.account()) };
            table.step(&fault.name(), OPERATION, work).await?;
        }
        table.step("logs hold no secret", QUICK, logs::quiet(scene)).await?;
    }
    table.step("up again, nothing to change", QUICK, stack::up_without_change(scene, NODES)).await?;
    table.step("up --nodes 3", OPERATION, stack::up(scene, NODES + 1)).await?;
    table.step("a node dies and is replaced", OPERATION, replace::one_node(scene, NODES + 1)).await?;
    table.step("status", QUICK, stack::status(scene, NODES + 1)).await?;
    table.step("down, images stay", OPERATION, stack::down(scene)).await?;
    table.step("up on the kept images", OPERATION, stack::up(scene, NODES)).await?;
    if let Some(image) = &image {
        table.step("dockreg login, pull of the kept image", TRANSFER, docker::pull_kept(scene, image)).await?;
    }
    if !keep {
        table.step("down", OPERATION, stack::down(scene)).await?;
    }
    table.step("the region's own account", QUICK, stack::account(scene)).await
}

/// What Docker and skopeo do on the first stack; gives the pushed image.
async fn clients(scene: &Scene, table: &mut Table) -> Result<docker::Image> {
    table.step("docker login, wrong password", QUICK, docker::refused(scene)).await?;
    table.step("docker login, a user's password", QUICK, docker::login(scene)).await?;
    table.step("dockreg login", QUICK, docker::dockreg_login(scene)).await?;
    let mut pushed = None;
    table.step("docker push, 100 MB", TRANSFER, async { docker::push(scene, &mut pushed).await }).await?;
    let image = pushed.unwrap_or_default();
    table.step("docker pull, 100 MB", TRANSFER, docker::pull(scene, &image)).await?;
    table.step("skopeo login, wrong password", QUICK, skopeo::refused(scene)).await?;
    table.step("skopeo push and pull, 100 MB", TRANSFER, skopeo::push_and_pull(scene, &image)).await?;
    Ok(image)
}
