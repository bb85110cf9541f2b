//! The steps, in order. Each does what a person would do through the shipped binary and Docker's own clients, and says
//! what it saw; anything else than expected is its error.

pub mod docker;
pub mod metadata;
pub mod replace;
pub mod rolling;
pub mod skopeo;
pub mod stack;
pub mod users;

use std::time::Duration;

use anyhow::Result;

use crate::chaos::{self, Fault};
use crate::mirror;
use crate::scene::Scene;
use crate::table::{Table, print};

/// Nodes of the first `up`; one more after the scale-out.
const NODES: usize = 2;

/// A node that is found unhealthy within this time of its start stays: with the template's own 900 s, a fault soon after
/// another would be waited for.
const GRACE: [&str; 2] = ["--health-check-grace-period", "30"];

/// Changes that replace two nodes, and one that replaces the only node.
const CHANGES: [(&str, &[&str]); 2] = [
    ("two nodes of another size", &["--instance-type", "t3.medium"]),
    ("another registry image on two nodes", &["--image", mirror::OTHER_IMAGE]),
];
const ALONE: (&str, &[&str]) = ("one node of another size", &["--instance-type", "t3.small"]);

/// A change that fails.
const BAD_IMAGE: &str = "an image that nobody has on one node";

/// A few seconds of real time, for commands that only look.
const QUICK: Duration = Duration::from_secs(60);
/// Nodes boot, the load balancer must find them healthy, and old ones drain.
const OPERATION: Duration = Duration::from_secs(600);
/// 100 MB through the whole path, on a slow machine.
const TRANSFER: Duration = Duration::from_secs(180);

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
            under_traffic(table, &fault.name(), chaos::perform(scene, NODES, fault), &mut Vec::new()).await?;
        }
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

/// Performs every fault whose name contains `only`, one after another, changes of `users`, and other `changes`; prints the
/// tables of what clients saw.
///
/// # Errors
/// When the registry cannot be made or deleted. What a fault shows wrong is in the table.
pub async fn chaos(scene: &Scene, table: &mut Table, only: &str) -> Result<()> {
    table.step("up, two nodes", OPERATION, stack::up_with(scene, NODES, &GRACE)).await?;
    table.step("docker login", QUICK, docker::login(scene)).await?;
    table.step("docker push", TRANSFER, docker::push_small(scene)).await?;
    let mut faults = Vec::new();
    for fault in Fault::ALL.into_iter().filter(|fault| fault.name().contains(only)) {
        // The table says it, and what comes next may still be seen.
        let _recorded = under_traffic(table, &fault.name(), chaos::perform(scene, NODES, fault), &mut faults).await;
        scene.forget_faults();
    }
    if "users".contains(only) {
        table.step("a user comes and goes", OPERATION, users::change(scene)).await?;
        table.step("users that make no sense", OPERATION, users::malformed(scene)).await?;
    }
    let mut changes = Vec::new();
    if "changes".contains(only) {
        for (name, further) in CHANGES {
            under_traffic(table, name, rolling::change(scene, NODES, name, further), &mut changes).await?;
        }
        table.step("up --nodes 1", OPERATION, stack::up(scene, 1)).await?;
        let (name, further) = ALONE;
        under_traffic(table, name, rolling::change(scene, 1, name, further), &mut changes).await?;
        under_traffic(table, BAD_IMAGE, rolling::bad_image(scene, 1, BAD_IMAGE), &mut changes).await?;
    }
    print(&chaos::render(&faults, "fault", "recovery"));
    print(&chaos::render(&changes, "change", "took"));
    table.step("down", OPERATION, stack::down(scene)).await?;
    table.step("the region's own account", QUICK, stack::account(scene)).await
}

/// Performs something that gives a row, and keeps that.
///
/// # Errors
/// Those of the step.
async fn under_traffic(
    table: &mut Table,
    name: &str,
    work: impl Future<Output = Result<chaos::Row>>,
    rows: &mut Vec<chaos::Row>,
) -> Result<()> {
    let work = async {
        let row = work.await?;
        let account = row.account();
        rows.push(row);
        Ok(account)
    };
    table.step(name, OPERATION, work).await
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
