//! Making, changing and deleting groups.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Notify;

use super::activities::at;
use super::{Group, Settings, Template, engine};
use crate::region::World;
use crate::service::ec2::instances::{self, Request};
use crate::{AwsError, Region};

/// Makes a group and starts to keep it.
///
/// # Errors
/// What Auto Scaling refuses.
pub fn create(region: &Arc<Region>, name: &str, settings: Settings, desired: Option<u32>) -> Result<(), AwsError> {
    let desired = desired.unwrap_or(settings.min);
    check(region, &settings, desired)?;
    let arn =
        region.arn("autoscaling", &format!("autoScalingGroup:{}:autoScalingGroupName/{name}", region.random.uuid()));
    let request = format!(
        "{}a user request created an AutoScalingGroup changing the desired capacity from 0 to {desired}.  ",
        at(region)
    );
    region.world(|world| {
        if world.autoscaling.groups.iter().any(|group| group.name == name) {
            let message = "AutoScalingGroup by this name already exists - A group with the name already exists";
            // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
            return Err(AwsError::new("AlreadyExists", message));
        }
        world.autoscaling.groups.push(Group {
            name: name.to_owned(),
            arn,
            created: region.clock.epoch(),
            settings,
            desired,
            request,
            members: Vec::new(),
            suspended: BTreeSet::new(),
            deleting: false,
            rebalancing: false,
            wake: Arc::new(Notify::new()),
        });
        Ok(())
    })?;
    engine::keep(region, name);
    Ok(())
}

/// Changes a group. Without `desired`, the desired capacity stays, brought between the new bounds.
///
/// # Errors
/// What Auto Scaling refuses.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
pub fn update(region: &Region, name: &str, settings: Settings, desired: Option<u32>) -> Result<(), AwsError> {
    let (before, old_desired) =
        region.world(|world| world.autoscaling.group(name).map(|group| (group.settings.clone(), group.desired)))?;
    if settings.max < settings.min {
        return Err(bounds(&settings));
    }
    let desired = desired.unwrap_or_else(|| old_desired.clamp(settings.min, settings.max));
    check(region, &settings, desired)?;
    let when = at(region);
    region.world(|world| {
        let group = world.autoscaling.group_mut(name)?;
        if desired != group.desired || settings.min != before.min || settings.max != before.max {
            group.request = format!(
                "{when}a user request update of AutoScalingGroup constraints to min: {}, max: {}, desired: {desired} \
                 changing the desired capacity from {} to {desired}.  ",
                settings.min, settings.max, group.desired
            );
        }
        group.settings = settings;
        group.desired = desired;
        group.wake.notify_one();
        Ok(())
    })
}

/// Sets the desired capacity.
///
/// # Errors
/// It is outside the bounds.
pub fn set_desired(region: &Region, name: &str, desired: u32) -> Result<(), AwsError> {
    let when = at(region);
    region.world(|world| {
        let group = world.autoscaling.group_mut(name)?;
        let (min, max) = (group.settings.min, group.settings.max);
        if desired > max {
            // https://github.com/kubernetes/autoscaler/issues/943
            return Err(AwsError::validation(format!(
                "New SetDesiredCapacity value {desired} is above max value {max} for the AutoScalingGroup."
            )));
        }
        if desired < min {
            return Err(AwsError::validation(format!(
                "New SetDesiredCapacity value {desired} is below min value {min} for the AutoScalingGroup."
            )));
        }
        group.request = format!(
            "{when}a user request explicitly set group desired capacity changing the desired capacity from {} to \
             {desired}.  ",
            group.desired
        );
        group.desired = desired;
        group.wake.notify_one();
        Ok(())
    })
}

/// Suspends exactly these processes.
///
/// # Errors
/// The group does not exist.
pub fn suspend(region: &Region, name: &str, processes: BTreeSet<String>) -> Result<(), AwsError> {
    region.world(|world| {
        let group = world.autoscaling.group_mut(name)?;
        group.suspended = processes;
        group.wake.notify_one();
        Ok(())
    })
}

/// Ends all instances and deletes the group, draining included; returns when it is gone. A group that is gone already
/// is success.
pub async fn delete(region: &Arc<Region>, name: &str) {
    let when = at(region);
    let known = region.world(|world| {
        let group = world.autoscaling.group_mut(name).ok()?;
        group.request = format!(
            "{when}a user request update of AutoScalingGroup constraints to min: 0, max: 0, desired: 0 changing the \
             desired capacity from {} to 0.  ",
            group.desired
        );
        (group.settings.min, group.settings.max, group.desired) = (0, 0, 0);
        group.deleting = true;
        group.suspended.clear();
        group.wake.notify_one();
        Some(())
    });
    if known.is_none() {
        return;
    }
    loop {
        let empty = region.world(|world| world.autoscaling.group(name).map_or(true, |group| group.members.is_empty()));
        if empty {
            break;
        }
        tokio::time::sleep(engine::LOOK).await;
    }
    region.world(|world| {
        if let Ok(group) = world.autoscaling.group(name) {
            group.wake.notify_one();
        }
        world.autoscaling.groups.retain(|group| group.name != name);
    });
}

fn check(region: &Region, settings: &Settings, desired: u32) -> Result<(), AwsError> {
    if settings.max < settings.min {
        return Err(bounds(settings));
    }
    if !(settings.min..=settings.max).contains(&desired) {
        // https://github.com/convox/praxis/pull/258
        return Err(AwsError::validation(format!(
            "Desired capacity:{desired} must be between the specified min size:{} and max size:{}",
            settings.min, settings.max
        )));
    }
    if settings.subnets.is_empty() {
        // https://github.com/chef-boneyard/chef-provisioning-aws/issues/135
        return Err(AwsError::validation("At least one Availability Zone or VPC Subnet is required."));
    }
    let request = region.world(|world| {
        // https://repost.aws/knowledge-center/ec2-auto-scaling-target-group
        if settings.target_groups.iter().any(|arn| world.elbv2.target_group(arn).is_err()) {
            return Err(AwsError::validation(
                "Provided Target Groups may not be valid. Please ensure they exist and try again.",
            ));
        }
        request(world, settings, &settings.subnets[0].subnet_id)
    });
    // Auto Scaling tries the template with RunInstances' DryRun. Whether a zone has the instance type, and the
    // account the capacity, is seen only at the launch.
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-launch-template.html
    let tried = request.and_then(|request| instances::dry_run(region, &request));
    match tried {
        Err(error) if ["Unsupported", "VcpuLimitExceeded"].contains(&error.code.as_str()) => Ok(()),
        Err(error) if error.code == "ValidationError" => Err(error),
        Err(error) => {
            let message = format!("You must use a valid fully-formed launch template. {}", error.message);
            Err(AwsError::validation(message))
        }
        Ok(()) => Ok(()),
    }
}

/// What the group's template means for an instance in one of its subnets.
pub(super) fn request(world: &World, settings: &Settings, subnet_id: &str) -> Result<Request, AwsError> {
    let templates = &world.ec2.launch_templates;
    let (_, version) = templates.resolve(&settings.template.id, &settings.template.version)?;
    let data = version.data.clone();
    let mut tags: Vec<(String, String)> = Vec::new();
    for specification in data.get("TagSpecifications").and_then(|list| list.as_array()).into_iter().flatten() {
        if specification["ResourceType"] == "instance" {
            for tag in specification["Tags"].as_array().into_iter().flatten() {
                let text = |key: &str| tag[key].as_str().unwrap_or_default().to_owned();
                tags.push((text("Key"), text("Value")));
            }
        }
    }
    for tag in settings.tags.iter().filter(|tag| tag.propagate) {
        tags.retain(|(key, _)| *key != tag.key);
        tags.push((tag.key.clone(), tag.value.clone()));
    }
    Ok(Request { data, subnet_id: subnet_id.to_owned(), tags })
}

fn bounds(settings: &Settings) -> AwsError {
    AwsError::validation(format!(
        "Max bound, {}, must be greater than or equal to min bound, {}",
        settings.max, settings.min
    ))
}

/// Reads a `LaunchTemplateSpecification`.
///
/// # Errors
/// The template or its version does not exist.
pub fn template(region: &Region, given: &Value) -> Result<Template, AwsError> {
    let text = |key: &str| given[key].as_str();
    let named = text("LaunchTemplateId").or(text("LaunchTemplateName")).unwrap_or_default();
    let version = text("Version").unwrap_or("$Default");
    region.world(|world| {
        let (template, _) = world.ec2.launch_templates.resolve(named, version).map_err(|error| {
            let message = format!("You must use a valid fully-formed launch template. {}", error.message);
            AwsError::validation(message)
        })?;
        Ok(Template { id: template.id.clone(), name: template.name.clone(), version: version.to_owned() })
    })
}
