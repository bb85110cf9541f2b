//! The operations that change a group.

use std::sync::Arc;

use serde_json::{Value, json};

use super::activities::{at, described};
use super::steps::Ending;
use super::{Placement, Settings, groups, steps};
use crate::{AwsError, Region};

fn name(input: &Value) -> &str {
    input["AutoScalingGroupName"].as_str().unwrap_or_default()
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

/// `SetDesiredCapacity`.
pub(super) fn set_desired_capacity(region: &Region, input: &Value) -> Result<Value, AwsError> {
    groups::set_desired(region, name(input), number(&input["DesiredCapacity"]).unwrap_or_default())?;
    Ok(json!({}))
}

/// `SetInstanceHealth`: within the grace period nothing is changed, unless that is not to be respected.
pub(super) fn set_instance_health(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let id = input["InstanceId"].as_str().unwrap_or_default();
    let status = input["HealthStatus"].as_str().unwrap_or_default();
    let respect = input["ShouldRespectGracePeriod"].as_bool().unwrap_or(true);
    let healthy = match status {
        "Healthy" => true,
        "Unhealthy" => false,
        other => return Err(AwsError::validation(format!("HealthStatus '{other}' must be Healthy or Unhealthy"))),
    };
    region.world(|world| {
        let group_name = world.autoscaling.group_of(id).map(|group| group.name.clone()).ok_or_else(|| unknown(id))?;
        let group = world.autoscaling.group_mut(&group_name)?;
        if let Some(member) = group.member_mut(id).filter(|member| !(respect && member.graced)) {
            member.healthy = healthy;
        }
        group.wake.notify_one();
        Ok(json!({}))
    })
}

// https://github.com/yaybu/touchdown/issues/51
fn unknown(id: &str) -> AwsError {
    AwsError::validation(format!("Instance Id not found - No managed instance found for instance ID: {id}"))
}

/// `TerminateInstanceInAutoScalingGroup`.
pub(super) fn terminate_instance(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let id = input["InstanceId"].as_str().unwrap_or_default();
    let decrement = input["ShouldDecrementDesiredCapacity"].as_bool().unwrap_or_default();
    let name = region.world(|world| world.autoscaling.group_of(id).map(|group| group.name.clone()));
    let name = name.ok_or_else(|| unknown(id))?;
    let activity = terminate_member(region, &name, id, decrement)?;
    Ok(json!({ "Activity": activity }))
}

/// Ends a member; without `decrement` it is replaced. Answers the activity.
///
/// # Errors
/// The group would fall below its minimum.
pub fn terminate_member(region: &Arc<Region>, name: &str, id: &str, decrement: bool) -> Result<Value, AwsError> {
    let when = at(region);
    let cause = region.world(|world| {
        let group = world.autoscaling.group_mut(name)?;
        if !decrement {
            return Ok(format!("{when}instance {id} was taken out of service in response to a user request."));
        }
        if group.desired <= group.settings.min {
            // https://github.com/buildkite/elastic-ci-stack-for-aws/issues/1261
            return Err(AwsError::validation(format!(
                "Currently, desiredSize equals minSize ({}). Terminating instance without replacement will violate \
                 group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower \
                 group's min size.",
                group.settings.min
            )));
        }
        let (before, after) = (group.desired, group.desired - 1);
        Ok(format!(
            "{when}instance {id} was taken out of service in response to a user request, shrinking the capacity from \
             {before} to {after}."
        ))
    })?;
    steps::terminate(region, name, id, cause, if decrement { Ending::Shrinking } else { Ending::Chosen });
    region.world(|world| {
        let description = format!("Terminating EC2 instance: {id}");
        let latest = world.autoscaling.activities.iter().rev().find(|one| one.description == description);
        Ok(latest.map(described).unwrap_or_default())
    })
}

/// `UpdateAutoScalingGroup`: members that are absent stay as they are.
pub(super) fn update_group(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = name(input);
    let mut settings: Settings = region.world(|world| world.autoscaling.group(name).map(|one| one.settings.clone()))?;
    for (key, _) in input.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let value = &input[key.as_str()];
        match key.as_str() {
            "AutoScalingGroupName" | "DesiredCapacity" => {}
            "MinSize" => settings.min = number(value).unwrap_or(settings.min),
            "MaxSize" => settings.max = number(value).unwrap_or(settings.max),
            "DefaultCooldown" => settings.cooldown_seconds = value.as_u64().unwrap_or(settings.cooldown_seconds),
            "HealthCheckGracePeriod" => {
                settings.grace_period_seconds = value.as_u64().unwrap_or(settings.grace_period_seconds);
            }
            "HealthCheckType" => value.as_str().unwrap_or("EC2").clone_into(&mut settings.health_check_type),
            "NewInstancesProtectedFromScaleIn" => settings.protect_new = value.as_bool().unwrap_or_default(),
            "VPCZoneIdentifier" => settings.subnets = placements(region, value.as_str().unwrap_or_default())?,
            "LaunchTemplate" => settings.template = groups::template(region, value)?,
            other => return Err(AwsError::validation(format!("{other} cannot be changed here"))),
        }
    }
    groups::update(region, name, settings, number(&input["DesiredCapacity"]))?;
    Ok(json!({}))
}

/// The subnets of a comma-separated list, with their zones.
fn placements(region: &Region, subnets: &str) -> Result<Vec<Placement>, AwsError> {
    region.world(|world| {
        let ids = subnets.split(',').map(str::trim).filter(|id| !id.is_empty());
        let found = ids.map(|id| {
            let subnet = world.ec2.network.subnet(id).map_err(|error| AwsError::validation(error.message))?;
            Ok(Placement { subnet_id: id.to_owned(), zone: subnet.availability_zone.clone() })
        });
        found.collect()
    })
}
