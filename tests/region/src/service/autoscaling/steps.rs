//! The two things a group does: launch an instance, end an instance. Each is a scaling activity.

use std::sync::Arc;
use std::time::Duration;

use super::activities::{Activity, at};
use super::groups::request;
use super::{Member, MemberState, Template, engine};
use crate::Region;
use crate::region::World;
use crate::service::ec2::instances::{self, Reserved};
use crate::service::elbv2::targets;

/// Launches one instance into the zone with fewest, or into another if that one cannot have it. Every refusal is a
/// failed activity. Answers false when no zone can. Without a `cause`, it is what the group lacks.
pub(super) fn launch(region: &Arc<Region>, name: &str, cause: Option<String>) -> bool {
    let mut refused = Vec::new();
    let next =
        |refused: &[String]| region.world(|world| engine::emptiest(world.autoscaling.group(name).ok()?, refused));
    while let Some(place) = next(&refused) {
        let wanted = region.world(|world| {
            let group = world.autoscaling.group(name)?;
            let mut wanted = request(world, &group.settings, &place.subnet_id)?;
            // Auto Scaling marks what it starts:
            // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
            wanted.tags.push(("aws:autoscaling:groupName".to_owned(), name.to_owned()));
            Ok(wanted)
        });
        match wanted.and_then(|wanted| instances::reserve(region, wanted)) {
            Ok(reserved) => {
                let cause = cause.unwrap_or_else(|| launch_cause(region, name));
                if let Some(activity) = join(region, name, &place, &reserved, cause) {
                    tokio::spawn(bring_up(region.clone(), name.to_owned(), reserved, activity));
                }
                return true;
            }
            // https://github.com/awslabs/benchmark-ai/issues/71
            Err(error) => {
                refused.push(place.zone.clone());
                let cause = cause.clone().unwrap_or_else(|| launch_cause(region, name));
                region.world(|world| {
                    let description = "Launching a new EC2 instance".to_owned();
                    if let Some(id) = begin(region, world, name, &place, description, cause) {
                        let message = format!("{} Launching EC2 instance failed.", sentence(&error.message));
                        world.autoscaling.fail(&id, region.clock.epoch(), message);
                    }
                });
            }
        }
    }
    false
}

fn sentence(message: &str) -> String {
    if message.ends_with('.') { message.to_owned() } else { format!("{message}.") }
}

/// Makes the reserved instance a pending member and answers the id of its activity.
fn join(region: &Region, name: &str, place: &super::Placement, reserved: &Reserved, cause: String) -> Option<String> {
    region.world(|world| {
        let instance = world.ec2.instances.instance(reserved.id()).ok()?;
        let (instance_type, image_id) = (instance.instance_type.clone(), instance.image_id.clone());
        let group = world.autoscaling.group(name).ok()?;
        let template = &group.settings.template;
        let (known, version) = world.ec2.launch_templates.resolve(&template.id, &template.version).ok()?;
        let template = Template { id: known.id.clone(), name: known.name.clone(), version: version.number.to_string() };
        let group = world.autoscaling.group_mut(name).ok()?;
        let protected = group.settings.protect_new;
        group.members.push(Member {
            instance_id: reserved.id().to_owned(),
            zone: place.zone.clone(),
            instance_type,
            image_id,
            state: MemberState::Pending,
            healthy: true,
            protected,
            template,
            graced: true,
            off: None,
        });
        let description = format!("Launching a new EC2 instance: {}", reserved.id());
        begin(region, world, name, place, description, cause)
    })
}

fn launch_cause(region: &Region, name: &str) -> String {
    let when = at(region);
    region.world(|world| {
        let Ok(group) = world.autoscaling.group(name) else { return String::new() };
        if group.members.iter().any(|member| member.state == MemberState::Terminating && !member.healthy) {
            return format!(
                "{when}an instance was launched in response to an unhealthy instance needing to be replaced."
            );
        }
        let count = group.counted().count();
        format!(
            "{}{when}an instance was started in response to a difference between desired and actual capacity, \
             increasing the capacity from {count} to {}.",
            group.request, group.desired
        )
    })
}

fn begin(
    region: &Region,
    world: &mut World,
    name: &str,
    place: &super::Placement,
    description: String,
    cause: String,
) -> Option<String> {
    let group_arn = world.autoscaling.group(name).ok()?.arn.clone();
    Some(world.autoscaling.begin(Activity {
        id: region.random.uuid(),
        group_name: name.to_owned(),
        group_arn,
        description,
        cause,
        started: region.clock.epoch(),
        ended: None,
        status: "InProgress",
        message: None,
        subnet_id: place.subnet_id.clone(),
        zone: place.zone.clone(),
    }))
}

async fn bring_up(region: Arc<Region>, name: String, reserved: Reserved, activity: String) {
    let id = reserved.id().to_owned();
    if let Err(error) = instances::start(&region, reserved).await {
        // https://github.com/cloudcaptainsh/cloudcaptain/issues/204
        let message = format!(
            "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: {}: {}",
            error.code, error.message
        );
        region.world(|world| world.autoscaling.cancel(&activity, region.clock.epoch(), message));
        // The next attempt waits, as after every failed launch.
        region.clock.sleep(Duration::from_secs(60)).await;
        leave(&region, &name, &id);
        return;
    }
    let in_service = region.world(|world| {
        let now = region.clock.epoch();
        let group = world.autoscaling.group_mut(&name).ok()?;
        let member = group.member_mut(&id)?;
        if member.state == MemberState::Pending {
            member.state = MemberState::InService;
        }
        // https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html
        let added = group.runs("AddToLoadBalancer");
        let target_groups = if added { group.settings.target_groups.clone() } else { Vec::new() };
        let grace = Duration::from_secs(group.settings.grace_period_seconds);
        group.wake.notify_one();
        world.autoscaling.succeed(&activity, now);
        Some((target_groups, grace))
    });
    let Some((target_groups, grace)) = in_service else { return };
    for arn in target_groups {
        if let Err(error) = targets::register(&region, &arn, &id) {
            tracing::debug!(%error, instance = id, "not registered");
        }
    }
    let (clock, region) = (region.node_clock(), Arc::downgrade(&region));
    clock.patience(grace).await;
    let Some(region) = region.upgrade() else { return };
    region.world(|world| {
        if let Ok(group) = world.autoscaling.group_mut(&name) {
            if let Some(member) = group.member_mut(&id) {
                member.graced = false;
            }
            group.wake.notify_one();
        }
    });
}

/// Which member is ended, and what that means for the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// One that is too many, or that is replaced.
    Chosen,
    /// One that fails its checks; it is replaced, which is told apart in the causes alone.
    Unhealthy,
    /// One that the group wants no longer: its desired capacity falls in the same moment.
    Shrinking,
}

/// Ends a member: out of its target groups, drained, terminated, forgotten. A terminating member does not count.
pub(super) fn terminate(region: &Arc<Region>, name: &str, instance_id: &str, cause: String, ending: Ending) {
    let begun = region.world(|world| {
        let group = world.autoscaling.group_mut(name).ok()?;
        let target_groups = group.settings.target_groups.clone();
        let subnets = group.settings.subnets.clone();
        let member = group.member_mut(instance_id).filter(|member| member.state != MemberState::Terminating)?;
        member.state = MemberState::Terminating;
        member.healthy = ending != Ending::Unhealthy;
        let zone = member.zone.clone();
        if ending == Ending::Shrinking {
            group.desired = group.desired.saturating_sub(1);
        }
        group.wake.notify_one();
        let place = subnets.into_iter().find(|one| one.zone == zone);
        let place = place.unwrap_or(super::Placement { subnet_id: String::new(), zone });
        let description = format!("Terminating EC2 instance: {instance_id}");
        Some((begin(region, world, name, &place, description, cause)?, target_groups))
    });
    let Some((activity, target_groups)) = begun else { return };
    let (region, name, id) = (region.clone(), name.to_owned(), instance_id.to_owned());
    tokio::spawn(async move {
        let delays = target_groups.iter().map(|arn| targets::deregister(&region, arn, &id));
        let delay = delays.max().unwrap_or_default();
        if delay > Duration::ZERO {
            region.world(|world| world.autoscaling.set_status(&activity, "WaitingForELBConnectionDraining"));
            tokio::time::sleep(region.node_clock().scaled(delay)).await;
        }
        instances::terminate(&region, &id, "Client.UserInitiatedShutdown", "User initiated shutdown").await;
        region.world(|world| world.autoscaling.succeed(&activity, region.clock.epoch()));
        leave(&region, &name, &id);
    });
}

fn leave(region: &Region, name: &str, instance_id: &str) {
    region.world(|world| {
        if let Ok(group) = world.autoscaling.group_mut(name) {
            group.members.retain(|member| member.instance_id != instance_id);
            group.wake.notify_one();
        }
    });
}
