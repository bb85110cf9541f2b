//! The whole of chaos: every fault, users, changes, disks and logs, each recorded as it ends.

use std::time::Duration;

use anyhow::Result;

use super::fault::SMALL_DISK;
use super::{Fault, Row, perform};
use crate::arguments::Arguments;
use crate::mirror;
use crate::record::{Record, Section};
use crate::scene::Scene;
use crate::steps::{NODES, OPERATION, QUICK, TRANSFER, docker, flood, logs, memory, rolling, stack, template, users};
use crate::table::{Table, say};

/// A node that is found unhealthy within this time of its start stays: with the template's own 900 s, a fault soon after
/// another would be waited for.
const GRACE: [&str; 2] = ["--health-check-grace-period", "30"];

/// Changes that replace two nodes, and one that replaces the only node.
const CHANGES: [(&str, &[&str]); 2] = [
    ("two nodes of another size", &["--instance-type", "t3.medium"]),
    ("another registry image on two nodes", &["--image", mirror::OTHER_IMAGE]),
];
const SLOW: (&str, &[&str]) = ("slow uploads while two nodes change", &["--instance-type", "t3.micro"]);
const NEWER: &str = "a newer machine image on two nodes";
const ALONE: (&str, &[&str]) = ("one node of another size", &["--instance-type", "t3.large"]);

/// Many layers.
const TOGETHER: &str = "64 layers pushed together";

/// A change that fails.
const BAD_IMAGE: &str = "an image that nobody has on one node";

/// The template without dockreg.
const TEMPLATE: &str = "the template alone, launched by aws-cli";

/// Thousands of pushes.
const FLOOD: (&str, Duration) = ("thousands of pushes, small disks", Duration::from_secs(2_400));

/// A performance of chaos.
struct Performance<'a> {
    table: &'a mut Table,
    record: Record,
}

/// Performs every fault whose name contains what `--only` says, one after another, and the changes of users and of the
/// stack. What one shows wrong is in the table and in the record; what comes next is still performed.
///
/// # Errors
/// When the registry cannot be made or deleted, or the record not be written.
pub async fn all(scene: &Scene, table: &mut Table, arguments: &Arguments) -> Result<()> {
    let only = arguments.only.as_deref().unwrap_or_default();
    let mut now = Performance { table, record: Record::new(arguments.record.as_deref()) };
    // This first: it has the host name for itself.
    if TEMPLATE.contains(only) {
        now.step(TEMPLATE, OPERATION, template::alone(scene)).await?;
    }
    let (disk, others): (Vec<Fault>, Vec<Fault>) = Fault::ALL
        .into_iter()
        .filter(|fault| fault.name().contains(only))
        .partition(|fault| *fault == Fault::SmallDisk);
    let floods = FLOOD.0.contains(only);
    if floods && disk.is_empty() {
        scene.limit_disks(Some(SMALL_DISK))?;
    }
    now.table.step("up, two nodes", OPERATION, stack::up_with(scene, NODES, &GRACE)).await?;
    now.table.step("docker login", QUICK, docker::login(scene)).await?;
    now.table.step("docker push", TRANSFER, docker::push_small(scene)).await?;
    now.faults(scene, &others).await?;
    // The logs that are searched are those of users who came and went, too.
    if ["users", "logs"].iter().any(|name| name.contains(only)) {
        now.step("a user comes and goes", OPERATION, users::change(scene)).await?;
        now.step("users that make no sense", OPERATION, users::malformed(scene)).await?;
    }
    if "logs".contains(only) {
        now.step("logs hold no secret", QUICK, logs::quiet(scene)).await?;
    }
    if TOGETHER.contains(only) {
        now.step(TOGETHER, TRANSFER, memory::uploads(scene)).await?;
    }
    let wanted = |name: &str| "changes".contains(only) || name.contains(only);
    for (name, further) in CHANGES.into_iter().filter(|(name, _)| wanted(name)) {
        now.row(scene, Section::Changes, name, rolling::change(scene, NODES, further)).await?;
    }
    if wanted(SLOW.0) {
        now.step(SLOW.0, OPERATION, rolling::uploads(scene, NODES, SLOW.1)).await?;
    }
    // Nodes of another release have their image by its name, and stay with it.
    if wanted(NEWER) && scene.ami.is_none() {
        now.row(scene, Section::Changes, NEWER, rolling::upgrade(scene, NODES)).await?;
    }
    if wanted(ALONE.0) || wanted(BAD_IMAGE) {
        now.table.step("up --nodes 1", OPERATION, stack::up(scene, 1)).await?;
        let (name, further) = ALONE;
        if wanted(name) {
            now.row(scene, Section::Changes, name, rolling::change(scene, 1, further)).await?;
        }
        if wanted(BAD_IMAGE) {
            now.row(scene, Section::Changes, BAD_IMAGE, rolling::bad_image(scene, 1)).await?;
        }
        now.table.step("up --nodes 2", OPERATION, stack::up(scene, NODES)).await?;
    }
    // These last: what they leave is nodes with a small disk.
    now.faults(scene, &disk).await?;
    if floods {
        now.step(FLOOD.0, FLOOD.1, flood::flood(scene)).await?;
    }
    table.step("down", OPERATION, stack::down(scene)).await?;
    table.step("the region's own account", QUICK, stack::account(scene)).await
}

impl Performance<'_> {
    /// Performs faults, one after another.
    async fn faults(&mut self, scene: &Scene, faults: &[Fault]) -> Result<()> {
        for fault in faults {
            self.row(scene, Section::Faults, &fault.name(), perform(scene, NODES, *fault)).await?;
            scene.forget_faults();
        }
        Ok(())
    }

    /// Performs something under traffic.
    async fn row(
        &mut self,
        scene: &Scene,
        section: Section,
        name: &str,
        work: impl Future<Output = Result<Row>>,
    ) -> Result<()> {
        let mut cells = Vec::new();
        let work = async {
            let row = work.await?;
            cells = row.cells();
            Ok(row.account())
        };
        let outcome = self.table.step(name, OPERATION, work).await;
        if outcome.is_err() {
            say(&scene.account().await);
        }
        self.keep(section, name, outcome, cells)
    }

    /// Performs something whose account is all there is to see.
    async fn step(&mut self, name: &str, limit: Duration, work: impl Future<Output = Result<String>>) -> Result<()> {
        let mut cells = Vec::new();
        let work = async {
            let seen = work.await?;
            cells.push(seen.clone());
            Ok(seen)
        };
        let outcome = self.table.step(name, limit, work).await;
        self.keep(Section::Others, name, outcome, cells)
    }

    /// Records it; a failure in the place of the cells.
    fn keep(&self, section: Section, name: &str, outcome: Result<()>, cells: Vec<String>) -> Result<()> {
        let failed = outcome.err().map(|error| vec![format!("FAILED: {error:#}").replace(['\n', '|'], " ")]);
        self.record.write(section, name, &failed.unwrap_or(cells))
    }
}
