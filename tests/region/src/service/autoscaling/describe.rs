//! `DescribeAutoScalingGroups` and `DescribeAutoScalingInstances`.

use serde_json::{Value, json};

use super::page::{Size, page};
use super::{Group, Member, Template};
use crate::{AwsError, Region};

fn names(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// `DescribeAutoScalingGroups`: names that do not exist are not found, without an error.
pub(super) fn groups(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let wanted = names(&input["AutoScalingGroupNames"]);
    let filters = input["Filters"].as_array().cloned().unwrap_or_default();
    for filter in &filters {
        let name = filter["Name"].as_str().unwrap_or_default();
        // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Filter.html
        if !["tag-key", "tag-value"].contains(&name) && !name.starts_with("tag:") {
            return Err(AwsError::validation(format!("The filter name '{name}' is not valid.")));
        }
    }
    region.world(|world| {
        let chosen = world.autoscaling.groups.iter().filter(|group| {
            (wanted.is_empty() || wanted.contains(&group.name.as_str()))
                && filters.iter().all(|filter| passes(group, filter))
        });
        page(input, "AutoScalingGroups", chosen.map(described).collect(), &Size { usual: 50, most: 100 })
    })
}

fn passes(group: &Group, filter: &Value) -> bool {
    let name = filter["Name"].as_str().unwrap_or_default();
    let values = names(&filter["Values"]);
    group.settings.tags.iter().any(|tag| match name {
        "tag-key" => values.contains(&tag.key.as_str()),
        "tag-value" => values.contains(&tag.value.as_str()),
        _ => name.strip_prefix("tag:") == Some(tag.key.as_str()) && values.contains(&tag.value.as_str()),
    })
}

fn described(group: &Group) -> Value {
    let settings = &group.settings;
    let zones: Vec<&str> = settings.subnets.iter().map(|one| one.zone.as_str()).collect();
    let subnets: Vec<&str> = settings.subnets.iter().map(|one| one.subnet_id.as_str()).collect();
    let tags: Vec<Value> = settings
        .tags
        .iter()
        .map(|tag| {
            json!({
                "ResourceId": group.name, "ResourceType": "auto-scaling-group",
                "Key": tag.key, "Value": tag.value, "PropagateAtLaunch": tag.propagate,
            })
        })
        .collect();
    let suspended: Vec<Value> =
        group.suspended.iter().map(|name| json!({"ProcessName": name, "SuspensionReason": "User suspended"})).collect();
    let sources: Vec<Value> =
        settings.target_groups.iter().map(|arn| json!({"Identifier": arn, "Type": "elbv2"})).collect();
    let mut value = json!({
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "LaunchTemplate": template(&settings.template),
        "MinSize": settings.min,
        "MaxSize": settings.max,
        "DesiredCapacity": group.desired,
        "DefaultCooldown": settings.cooldown_seconds,
        "AvailabilityZones": zones,
        "LoadBalancerNames": [],
        "TargetGroupARNs": settings.target_groups,
        "TrafficSources": sources,
        "HealthCheckType": settings.health_check_type,
        "HealthCheckGracePeriod": settings.grace_period_seconds,
        "Instances": group.members.iter().map(member).collect::<Vec<_>>(),
        "CreatedTime": group.created,
        "SuspendedProcesses": suspended,
        "VPCZoneIdentifier": subnets.join(","),
        "EnabledMetrics": [],
        "Tags": tags,
        "TerminationPolicies": settings.termination_policies,
        "NewInstancesProtectedFromScaleIn": settings.protect_new,
        "CapacityRebalance": false,
    });
    if group.deleting {
        value["Status"] = json!("Delete in progress");
    }
    value
}

fn template(one: &Template) -> Value {
    json!({"LaunchTemplateId": one.id, "LaunchTemplateName": one.name, "Version": one.version})
}

fn member(one: &Member) -> Value {
    json!({
        "InstanceId": one.instance_id,
        "InstanceType": one.instance_type,
        "ImageId": one.image_id,
        "AvailabilityZone": one.zone,
        "LifecycleState": one.state.name(),
        "HealthStatus": if one.healthy { "Healthy" } else { "Unhealthy" },
        "LaunchTemplate": template(&one.template),
        "ProtectedFromScaleIn": one.protected,
    })
}

/// `DescribeAutoScalingInstances`.
pub(super) fn instances(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let wanted = names(&input["InstanceIds"]);
    region.world(|world| {
        let mut all = Vec::new();
        for group in &world.autoscaling.groups {
            let chosen = group.members.iter();
            for one in chosen.filter(|one| wanted.is_empty() || wanted.contains(&one.instance_id.as_str())) {
                let mut value = member(one);
                value["AutoScalingGroupName"] = json!(group.name);
                value["HealthStatus"] = json!(if one.healthy { "HEALTHY" } else { "UNHEALTHY" });
                all.push(value);
            }
        }
        page(input, "AutoScalingInstances", all, &Size { usual: 50, most: 50 })
    })
}
