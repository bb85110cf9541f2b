//! The work of a refresh: one member after the other, or as many at once as the healthy percentage leaves.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::{Preferences, Refresh};
use crate::Region;
use crate::service::autoscaling::activities::at;
use crate::service::autoscaling::steps::Ending;
use crate::service::autoscaling::{Group, MemberState, engine, steps};
use crate::service::elbv2::Health;

/// Without progress for this long, a refresh fails.
/// https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
const PATIENCE: Duration = Duration::from_secs(3600);

/// Begins the work in a task of its own.
pub(super) fn spawn(region: &Arc<Region>, name: &str, id: &str) {
    let (weak, name, id) = (Arc::downgrade(region), name.to_owned(), id.to_owned());
    tokio::spawn(async move {
        let Some(outcome) = replace_all(&weak, &name, &id).await else { return };
        let Some(region) = weak.upgrade() else { return };
        let (status, reason) = match outcome {
            Ok(()) => ("Successful", None),
            Err(End::Cancelled) => ("Cancelled", Some("Cancelled due to user request.")),
            Err(End::Failed) => ("Failed", Some("The refresh made no progress for one hour.")), // [U] wording
        };
        change(&region, &id, |refresh| {
            refresh.status = status;
            refresh.reason = reason.map(str::to_owned);
            refresh.ended = Some(region.clock.epoch());
        });
    });
}

enum End {
    Cancelled,
    Failed,
}

/// None when the group or the region is gone.
async fn replace_all(weak: &Weak<Region>, name: &str, id: &str) -> Option<Result<(), End>> {
    let (mut old, preferences) = {
        let region = weak.upgrade()?;
        let preferences = region
            .world(|world| world.autoscaling.refreshes.iter().find(|one| one.id == id).map(|one| one.preferences))?;
        let old = region.world(|world| {
            let group = world.autoscaling.group(name).ok()?;
            let wanted = &group.settings.template;
            let resolved = world.ec2.launch_templates.resolve(&wanted.id, &wanted.version);
            let current = resolved.map(|(_, version)| version.number.to_string()).unwrap_or_default();
            let members = group.counted().filter(|one| !(preferences.skip_matching && one.template.version == current));
            Some(members.map(|one| one.instance_id.clone()).collect::<Vec<_>>())
        })?;
        change(&region, id, |refresh| {
            refresh.status = "InProgress";
            (refresh.total, refresh.left) = (old.len(), old.len());
        });
        (old, preferences)
    };
    while !old.is_empty() {
        if let Err(end) = until(weak, id, Duration::ZERO, |region| allowed(region, name)).await? {
            return Some(Err(end));
        }
        let batch = {
            let region = weak.upgrade()?;
            let desired = region.world(|world| world.autoscaling.group(name).map(|group| group.desired)).ok()?;
            let batch: Vec<String> = old.drain(..old.len().min(at_once(desired, preferences))).collect();
            if preferences.most_healthy > 100 {
                grow(&region, name, i64::try_from(batch.len()).unwrap_or_default());
            }
            batch
        };
        if preferences.most_healthy > 100
            && let Err(end) = settled(weak, name, id, preferences).await?
        {
            grow(weak.upgrade()?.as_ref(), name, -i64::try_from(batch.len()).unwrap_or_default());
            return Some(Err(end));
        }
        {
            let region = weak.upgrade()?;
            let ending = if preferences.most_healthy > 100 { Ending::Shrinking } else { Ending::Chosen };
            for instance in &batch {
                let cause =
                    format!("{}an instance was taken out of service in response to an instance refresh.", at(&region)); // [U] wording
                steps::terminate(&region, name, instance, cause, ending);
            }
        }
        if let Err(end) = settled(weak, name, id, preferences).await? {
            return Some(Err(end));
        }
        let region = weak.upgrade()?;
        change(&region, id, |refresh| refresh.left = old.len());
    }
    Some(Ok(()))
}

/// How many may be missing at the same time: at least one.
fn at_once(desired: u32, preferences: Preferences) -> usize {
    let spare = if preferences.most_healthy > 100 {
        preferences.most_healthy - 100
    } else {
        100 - preferences.least_healthy.min(100)
    };
    usize::try_from((desired * spare / 100).max(1)).unwrap_or(1)
}

/// Lets the group have more than it should for a while, or no longer.
fn grow(region: &Region, name: &str, by: i64) {
    region.world(|world| {
        if let Ok(group) = world.autoscaling.group_mut(name) {
            group.desired = u32::try_from(i64::from(group.desired) + by).unwrap_or_default();
            group.wake.notify_one();
        }
    });
}

/// Whether a refresh may replace anything; None when the group is gone.
/// https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html
fn allowed(region: &Region, name: &str) -> Option<bool> {
    let runs = |group: &Group| ["InstanceRefresh", "Launch", "Terminate"].iter().all(|process| group.runs(process));
    region.world(|world| world.autoscaling.group(name).ok().map(runs))
}

/// Waits until the group is complete, healthy and warm.
async fn settled(weak: &Weak<Region>, name: &str, id: &str, preferences: Preferences) -> Option<Result<(), End>> {
    let warm = Duration::from_secs(preferences.warmup_seconds);
    until(weak, id, warm, |region| {
        region.world(|world| world.autoscaling.group(name).ok().map(|group| whole(world, group)))
    })
    .await
}

/// Waits until something has been so for `long`, the refresh is cancelled, or patience ends. None when the group or the
/// region is gone.
async fn until(
    weak: &Weak<Region>,
    id: &str,
    long: Duration,
    so: impl Fn(&Region) -> Option<bool>,
) -> Option<Result<(), End>> {
    let clock = weak.upgrade()?.node_clock();
    let limit = Instant::now() + clock.scaled(PATIENCE);
    let mut since = None;
    loop {
        {
            let region = weak.upgrade()?;
            let cancelled = region.world(|world| {
                let known = world.autoscaling.refreshes.iter().find(|one| one.id == id);
                known.is_none_or(|one| one.status == "Cancelling")
            });
            if cancelled {
                return Some(Err(End::Cancelled));
            }
            since = so(&region)?.then(|| since.unwrap_or_else(Instant::now));
        }
        if since.is_some_and(|since| since.elapsed() >= clock.scaled(long)) {
            return Some(Ok(()));
        }
        if since.is_none() && Instant::now() > limit {
            return Some(Err(End::Failed));
        }
        tokio::time::sleep(engine::LOOK).await;
    }
}

fn whole(world: &crate::region::World, group: &Group) -> bool {
    let serving = |id: &str| {
        group.settings.target_groups.iter().all(|arn| {
            let targets = world.elbv2.target_group(arn).map(|one| one.targets.as_slice()).unwrap_or_default();
            targets.iter().any(|target| target.instance_id == id && target.health == Health::Healthy)
        })
    };
    let checked = group.settings.health_check_type.contains("ELB");
    let good = |one: &&crate::service::autoscaling::Member| {
        one.state == MemberState::InService && one.healthy && (!checked || serving(&one.instance_id))
    };
    usize::try_from(group.desired).is_ok_and(|desired| group.counted().filter(good).count() >= desired)
}

fn change(region: &Region, id: &str, change: impl FnOnce(&mut Refresh)) {
    region.world(|world| {
        if let Some(refresh) = world.autoscaling.refreshes.iter_mut().find(|one| one.id == id) {
            change(refresh);
        }
    });
}
