//! Which members of a group are unhealthy, and in whose eyes.

use std::time::Duration;

use tokio::time::Instant;

use super::{Group, MemberState};
use crate::Region;
use crate::region::World;
use crate::service::ec2::instances::Lifecycle;
use crate::service::elbv2::Health;

/// https://repost.aws/knowledge-center/auto-scaling-instance-how-terminated
const EC2: &str = "an instance was taken out of service in response to an EC2 health check indicating it has been \
                   terminated or stopped.";
const ELB: &str = "an instance was taken out of service in response to an ELB system health check failure.";
pub(super) const USER: &str = "an instance was taken out of service in response to a user health-check.";

/// From an instance's end until its group knows [U]: longer than a load balancer's checks take, so that these show.
const NOTICED_AFTER: Duration = Duration::from_secs(30);

/// Members in service that fail a check, each with the cause.
/// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
pub(super) fn unhealthy(region: &Region, name: &str) -> Vec<(String, &'static str)> {
    let Ok(ids) = region.world(|world| {
        let group = world.autoscaling.group(name)?;
        let in_service = group.members.iter().filter(|member| member.state == MemberState::InService);
        Ok::<_, crate::AwsError>(in_service.map(|member| member.instance_id.clone()).collect::<Vec<_>>())
    }) else {
        return Vec::new();
    };
    // Asked outside the world's lock: the back end has its own.
    let dead: Vec<String> = ids.into_iter().filter(|id| !region.nodes.running(id)).collect();
    region.world(|world| {
        let Ok(group) = world.autoscaling.group_mut(name) else { return Vec::new() };
        for member in group.members.iter_mut().filter(|member| dead.contains(&member.instance_id)) {
            member.off.get_or_insert_with(Instant::now);
        }
        let Ok(group) = world.autoscaling.group(name) else { return Vec::new() };
        let noticed = region.node_clock().scaled(NOTICED_AFTER);
        let mut found = Vec::new();
        for member in group.members.iter().filter(|member| member.state == MemberState::InService) {
            let id = &member.instance_id;
            let cause = if !member.healthy {
                Some(USER)
            } else if !group.runs("HealthCheck") {
                None
            } else if member.off.is_some_and(|since| since.elapsed() >= noticed)
                || world.ec2.instances.instance(id).is_ok_and(|one| one.lifecycle != Lifecycle::Running)
            {
                // An instance that is not running is replaced at once, whatever the grace period; one that powered
                // itself off is stopped.
                // https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-check-grace-period.html
                Some(EC2)
            } else if !member.graced {
                checked(world, group, id)
            } else {
                None
            };
            found.extend(cause.map(|cause| (id.clone(), cause)));
        }
        found
    })
}

fn checked(world: &World, group: &Group, id: &str) -> Option<&'static str> {
    if !group.settings.health_check_type.contains("ELB") {
        return None;
    }
    let failing = group.settings.target_groups.iter().any(|arn| {
        world.elbv2.target_group(arn).is_ok_and(|target_group| {
            let targets = target_group.targets.iter().filter(|target| target.instance_id == id);
            targets.into_iter().any(|target| matches!(target.health, Health::Unhealthy { .. }))
        })
    });
    failing.then_some(ELB)
}
