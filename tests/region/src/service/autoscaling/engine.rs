//! What keeps a group at its desired capacity: one task for each group, woken by every change.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::activities::at;
use super::rebalance::{Spread, surplus_cause};
use super::steps::Ending;
use super::{Group, MemberState, health, steps};
use crate::Region;

/// How often a group is looked at when nothing wakes it.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// Time without another attempt after a launch has failed, in simulated seconds [U].
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Keeps a group until it is deleted or the region stops.
pub(super) fn keep(region: &Arc<Region>, name: &str) {
    let Some((wake, changed)) = region.world(|world| {
        let changed = world.elbv2.health_changed.clone();
        world.autoscaling.group(name).ok().map(|group| (group.wake.clone(), changed))
    }) else {
        return;
    };
    let (weak, name) = (Arc::downgrade(region), name.to_owned());
    tokio::spawn(async move {
        let mut next_launch = Instant::now();
        let mut spread = Spread::default();
        while let Some(launched) = look(&weak, &name, Instant::now() >= next_launch) {
            if let Some(region) = weak.upgrade() {
                spread.look(&region, &name);
            }
            if let Err(pause) = launched {
                next_launch = Instant::now() + pause;
            }
            tokio::select! {
                () = wake.notified() => {}
                () = changed.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    });
}

/// Does what is to be done now. None when the group is gone; an error when a launch failed, with the time to wait until
/// the next.
fn look(weak: &Weak<Region>, name: &str, may_launch: bool) -> Option<Result<(), Duration>> {
    let region = weak.upgrade()?;
    region.world(|world| world.autoscaling.group(name).is_ok().then_some(()))?;
    for (instance_id, cause) in health::unhealthy(&region, name) {
        let replace = region.world(|world| {
            let group = world.autoscaling.group_mut(name).ok()?;
            let replace = group.runs("ReplaceUnhealthy") && group.runs("Terminate");
            let member = group.member_mut(&instance_id)?;
            member.healthy = false;
            replace.then_some(())
        });
        if replace.is_some() {
            steps::terminate(&region, name, &instance_id, format!("{}{cause}", at(&region)), Ending::Unhealthy);
        }
    }
    while let Some(victim) = surplus(&region, name) {
        let cause = region.world(|world| {
            let group = world.autoscaling.group(name)?;
            let balanced = format!("{}{}", at(&region), surplus_cause(group));
            let request = if group.rebalancing { balanced } else { group.request.clone() };
            Ok::<_, crate::AwsError>((request, group.counted().count()))
        });
        let (request, count) = cause.ok()?;
        let cause = format!(
            "{request}{when}an instance was taken out of service in response to a difference between desired and \
             actual capacity, shrinking the capacity from {count} to {}.  {when}instance {victim} was selected for \
             termination.",
            count.saturating_sub(1),
            when = at(&region)
        );
        steps::terminate(&region, name, &victim, cause, Ending::Chosen);
    }
    let missing = region.world(|world| {
        let group = world.autoscaling.group(name).ok()?;
        let wanted = usize::try_from(group.desired).unwrap_or(usize::MAX);
        let missing = wanted.saturating_sub(group.counted().count());
        (may_launch && group.runs("Launch") && !group.deleting).then_some(missing)
    });
    for _ in 0..missing.unwrap_or_default() {
        if !steps::launch(&region, name, None) {
            return Some(Err(region.clock.scaled(AFTER_FAILURE)));
        }
    }
    // The request is carried out; what happens from now on has other causes.
    region.world(|world| {
        if let Ok(group) = world.autoscaling.group_mut(name)
            && usize::try_from(group.desired).is_ok_and(|desired| desired == group.counted().count())
        {
            group.request.clear();
            group.rebalancing = false;
        }
    });
    Some(Ok(()))
}

/// The member to end if the group has too many: of the zone with most of them, one of an old template version first,
/// then the oldest.
/// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
fn surplus(region: &Region, name: &str) -> Option<String> {
    region.world(|world| {
        let group = world.autoscaling.group(name).ok()?;
        let count = group.counted().count();
        if !group.runs("Terminate") || count <= usize::try_from(group.desired).unwrap_or(usize::MAX) {
            return None;
        }
        // A rebalance launches before it terminates.
        if group.rebalancing && group.counted().any(|member| member.state == MemberState::Pending) {
            return None;
        }
        let current = world.ec2.launch_templates.resolve(&group.settings.template.id, &group.settings.template.version);
        let current = current.map(|(_, version)| version.number.to_string()).unwrap_or_default();
        let candidates = group.counted().filter(|member| !member.protected && member.state == MemberState::InService);
        let enabled = |zone: &str| group.settings.subnets.iter().any(|place| place.zone == zone);
        let in_zone = |zone: &str| {
            let count = group.counted().filter(|member| member.zone == zone).count();
            if enabled(zone) { count } else { usize::MAX }
        };
        let launched = |id: &str| world.ec2.instances.instance(id).map_or(0.0, |one| one.launched);
        candidates
            .min_by(|one, other| {
                let key =
                    |member: &super::Member| (usize::MAX - in_zone(&member.zone), member.template.version == current);
                key(one)
                    .cmp(&key(other))
                    .then_with(|| launched(&one.instance_id).total_cmp(&launched(&other.instance_id)))
            })
            .map(|member| member.instance_id.clone())
    })
}

/// The subnet to launch into: of the zone with fewest members, first in the group's order.
pub(super) fn emptiest(group: &Group, refused: &[String]) -> Option<super::Placement> {
    let in_zone = |zone: &str| group.counted().filter(|member| member.zone == zone).count();
    let open = group.settings.subnets.iter().filter(|one| !refused.contains(&one.zone));
    open.min_by_key(|one| in_zone(&one.zone)).cloned()
}
