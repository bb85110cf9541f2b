//! How each fault is made to happen, and to end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use dockreg_region::fault::{Effect, Fault as Planted};
use dockreg_region::service::autoscaling::groups;
use jiff::Timestamp;

use super::fault::{Fault, SMALL_DISK};
use crate::scene::Scene;
use crate::traffic::Traffic;

/// For how long a service is slow or refuses.
const MINUTE: Duration = Duration::from_secs(60);

/// From one look to the next.
const LOOK: Duration = Duration::from_millis(500);

/// Images that pass through nodes with a small disk: as many bytes as three times the disk.
const MANY: usize = 20;

/// Has it happen; returns when the fault itself is over, with the nodes that must be replaced for it.
pub async fn strike(scene: &Scene, fault: Fault, traffic: &Traffic) -> Result<Vec<String>> {
    let nodes: Vec<String> = scene.healthy_nodes().into_iter().collect();
    let victim = nodes.first().context("no node is healthy")?.clone();
    match fault {
        Fault::RegistryKilled => on(scene, &victim, "docker kill --signal KILL dockreg-registry").await?,
        Fault::DockerRestarted => on(scene, &victim, "systemctl restart docker").await?,
        Fault::NginxKilled => on(scene, &victim, "systemctl kill --signal KILL nginx").await?,
        Fault::PowerLost => {
            scene.cut(&victim).await?;
            return Ok(vec![victim]);
        }
        Fault::Frozen => {
            // All but the first process and the one that says so.
            on(scene, &victim, "kill -s STOP -- -1").await?;
            return Ok(vec![victim]);
        }
        Fault::CutOff => {
            scene.unplug(&victim).await?;
            return Ok(vec![victim]);
        }
        Fault::S3Slow => during(scene, Some("s3"), Effect::Slow(1.0), MINUTE).await,
        Fault::S3Failing(time) => during(scene, Some("s3"), Effect::InternalFailure, time).await,
        Fault::ClockWrong => during(scene, None, Effect::SkewedClock, MINUTE).await,
        Fault::SecretAtBoot => {
            scene.plant(Planted { effect: Effect::Denied, ..of(Some("secretsmanager")) });
            scene.cut(&victim).await?;
            refused_at_boot(scene, &nodes).await;
            scene.forget_faults();
            return Ok(vec![victim]);
        }
        Fault::UsersAtBoot => {
            scene.plant(Planted {
                effect: Effect::Denied,
                resource: Some("UsersSecret".to_owned()),
                ..of(Some("secretsmanager"))
            });
            scene.cut(&victim).await?;
            refused_at_boot(scene, &nodes).await;
            // Its group would replace it before it gives up by itself.
            replaces_nodes(scene, false)?;
            let given_up = given_up_at(scene, &nodes, "users").await;
            replaces_nodes(scene, true)?;
            scene.forget_faults();
            return Ok(vec![victim, given_up?]);
        }
        Fault::SecretLater => {
            scene.plant(Planted { effect: Effect::Denied, ..of(Some("secretsmanager")) });
            let since = Timestamp::now();
            for node in &nodes {
                said(scene, node, "dockreg-users", "its last good lines stay", since).await?;
            }
            scene.forget_faults();
        }
        Fault::RebootAll => reboot(scene, &nodes).await?,
        Fault::SmallDisk => {
            small_disks(scene, &nodes, traffic).await?;
            return Ok(nodes);
        }
    }
    Ok(Vec::new())
}

/// Runs a script on a node; it must succeed.
async fn on(scene: &Scene, node: &str, script: &str) -> Result<()> {
    let output = scene.on_node(node, script).await?;
    if let Some(failure) = output.failure() {
        bail!("`{script}` on {node} ended with {failure}");
    }
    Ok(())
}

fn of(service: Option<&str>) -> Planted {
    Planted { service: service.map(str::to_owned), ..Planted::default() }
}

/// Has a service, or every one, do this for so long.
async fn during(scene: &Scene, service: Option<&str>, effect: Effect, time: Duration) {
    scene.plant(Planted { effect, ..of(service) });
    tokio::time::sleep(time).await;
    scene.forget_faults();
}

/// Waits until a node that was not there before has been refused a secret.
async fn refused_at_boot(scene: &Scene, before: &[String]) {
    loop {
        let new = scene.running_nodes().into_iter().filter(|node| !before.contains(node));
        if new.into_iter().any(|node| scene.console(&node).contains("dockreg-aws: secretsmanager")) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Has the group look after the health of its nodes, or not.
fn replaces_nodes(scene: &Scene, replaces: bool) -> Result<()> {
    let region = scene.region();
    let name = region.world(|world| world.autoscaling.groups.first().map(|group| group.name.clone()));
    let suspended = if replaces { BTreeSet::new() } else { BTreeSet::from(["HealthCheck".to_owned()]) };
    let done = groups::suspend(&region, &name.context("there is no group")?, suspended);
    done.map_err(|error| anyhow!("the group's processes: {error:?}"))
}

/// Waits until a node that was not there before has given up at this step of its boot.
///
/// # Errors
/// When such a node serves meanwhile.
async fn given_up_at(scene: &Scene, before: &[String], step: &str) -> Result<String> {
    let words = format!("dockreg: FAILED step={step}");
    loop {
        let early: Vec<String> = scene.healthy_nodes().into_iter().filter(|node| !before.contains(node)).collect();
        ensure!(early.is_empty(), "{early:?} serve, and know no users");
        let mut new = scene.running_nodes().into_iter().filter(|node| !before.contains(node));
        if let Some(node) = new.find(|node| scene.console(node).contains(&words)) {
            return Ok(node);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until a unit of a node has said this in its journal, from `since` on.
///
/// # Errors
/// When the node does not run.
pub async fn said(scene: &Scene, node: &str, unit: &str, words: &str, since: Timestamp) -> Result<()> {
    let look = format!("journalctl -q -o cat -u {unit} --since @{} | grep -qF '{words}'", since.as_second());
    while scene.on_node(node, &look).await?.code != 0 {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Has every node reboot at once, and waits until each has another first process.
async fn reboot(scene: &Scene, nodes: &[String]) -> Result<()> {
    let mut first = Vec::new();
    for node in nodes {
        first.push(scene.first_process(node).await?);
    }
    for node in nodes {
        on(scene, node, "systemctl --no-block reboot").await?;
    }
    for (node, first) in nodes.iter().zip(first) {
        // A node that its group gave up meanwhile has none.
        while scene.first_process(node).await.is_ok_and(|now| now == first) {
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}

/// Replaces every node by one with a small disk, and has many images pass: the disks hold no more afterwards.
async fn small_disks(scene: &Scene, nodes: &[String], traffic: &Traffic) -> Result<()> {
    scene.limit_disks(Some(SMALL_DISK))?;
    for (count, node) in nodes.iter().enumerate() {
        scene.cut(node).await?;
        scene.healthy_without(nodes.len(), &nodes[..=count]).await;
    }
    scene.limit_disks(None)?;
    traffic.flows(Instant::now(), 1).await;
    let small = scene.healthy_nodes();
    let before = used(scene, &small).await?;
    traffic.flows(Instant::now(), MANY).await;
    ensure!(small == scene.healthy_nodes(), "a node with a small disk was replaced");
    let after = used(scene, &small).await?;
    crate::table::say(&format!("bytes on the small disks before {MANY} pushes {before:?}, after them {after:?}"));
    let grown = before.iter().zip(&after).any(|(before, after)| *after > before + SMALL_DISK / 20);
    ensure!(!grown, "the disks fill: {before:?} bytes before {MANY} pushes, {after:?} after them");
    Ok(())
}

/// Bytes used on the disk of each node, all of which are small ones.
async fn used(scene: &Scene, nodes: &BTreeSet<String>) -> Result<Vec<u64>> {
    let mut all = Vec::new();
    for node in nodes {
        let said = scene.on_node(node, "df -B1 --output=size,used /var/lib/docker | tail -n 1").await?.stdout;
        let numbers: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [size, used] = numbers[..] else { bail!("df on {node} said {said:?}") };
        // Memory comes in pages.
        ensure!(size < SMALL_DISK + SMALL_DISK / 100, "the disk of {node} has {size} bytes: no small one");
        all.push(used);
    }
    Ok(all)
}
