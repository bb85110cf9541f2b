//! The group's properties, as settings of the service.

use serde_json::{Map, Value};

use crate::AwsError;
use crate::resource::ResourceContext;
use crate::service::autoscaling::groups::template;
use crate::service::autoscaling::{Placement, Settings, Tag};

/// Properties that the group of this region does not have. The schema knows them, so it would accept them.
const NOT_SIMULATED: &[&str] = &[
    "CapacityRebalance",
    "InstanceId",
    "LaunchConfigurationName",
    "LifecycleHookSpecificationList",
    "LoadBalancerNames",
    "MaxInstanceLifetime",
    "MixedInstancesPolicy",
    "PlacementGroup",
    "TrafficSources",
];

/// A count that a template may give as text or number.
pub(super) fn number(value: &Value) -> Option<u32> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        _ => None,
    }
}

/// A property that is a count.
pub(super) fn count(properties: &Map<String, Value>, key: &str) -> Option<u32> {
    properties.get(key).and_then(number)
}

/// Reads the settings.
pub(super) fn read(context: &ResourceContext, properties: &Map<String, Value>) -> Result<Settings, AwsError> {
    if let Some(key) = NOT_SIMULATED.iter().find(|key| properties.contains_key(**key)) {
        return Err(AwsError::validation(format!("{key} of groups is not simulated")));
    }
    let seconds = |key: &str, otherwise: u64| match properties.get(key) {
        Some(Value::String(text)) => text.parse().unwrap_or(otherwise),
        Some(value) => value.as_u64().unwrap_or(otherwise),
        None => otherwise,
    };
    let strings = |key: &str| -> Vec<String> {
        let list = properties.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut termination_policies = strings("TerminationPolicies");
    if termination_policies.is_empty() {
        termination_policies.push("Default".to_owned());
    }
    let check = properties.get("HealthCheckType").and_then(Value::as_str).unwrap_or("EC2");
    Ok(Settings {
        min: count(properties, "MinSize").unwrap_or_default(),
        max: count(properties, "MaxSize").unwrap_or_default(),
        template: template(&context.region, properties.get("LaunchTemplate").unwrap_or(&Value::Null))?,
        subnets: placements(context, &strings("VPCZoneIdentifier"), &strings("AvailabilityZones"))?,
        health_check_type: check.to_owned(),
        grace_period_seconds: seconds("HealthCheckGracePeriod", 0),
        cooldown_seconds: seconds("Cooldown", 300),
        target_groups: strings("TargetGroupARNs"),
        termination_policies,
        protect_new: properties.get("NewInstancesProtectedFromScaleIn").and_then(Value::as_bool).unwrap_or_default(),
        tags: tags(context, properties),
    })
}

/// The subnets with their zones; zones that are named too must be exactly theirs.
fn placements(context: &ResourceContext, subnets: &[String], zones: &[String]) -> Result<Vec<Placement>, AwsError> {
    let found: Vec<Placement> = context.region.world(|world| {
        let known = |id: &String| {
            let subnet = world.ec2.network.subnet(id);
            let subnet = subnet.map_err(|error| AwsError::validation(error.message))?;
            Ok(Placement { subnet_id: id.clone(), zone: subnet.availability_zone.clone() })
        };
        subnets.iter().map(known).collect::<Result<_, AwsError>>()
    })?;
    let same = found.iter().all(|one| zones.contains(&one.zone))
        && zones.iter().all(|zone| found.iter().any(|one| one.zone == *zone));
    if !zones.is_empty() && !same {
        // https://repost.aws/knowledge-center/auto-scaling-subnets-availability-zones
        return Err(AwsError::validation(
            "The availability zones of the specified subnets and the Auto Scaling group do not match",
        ));
    }
    Ok(found)
}

/// The template's tags, and the operation's, which reach the instances too.
fn tags(context: &ResourceContext, properties: &Map<String, Value>) -> Vec<Tag> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let own = properties.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let mut tags: Vec<Tag> = own
        .map(|tag| Tag {
            key: text(&tag["Key"]),
            value: text(&tag["Value"]),
            propagate: tag["PropagateAtLaunch"].as_bool().unwrap_or_default(),
        })
        .collect();
    for (key, value) in &context.tags {
        if !tags.iter().any(|tag| tag.key == *key) {
            tags.push(Tag { key: key.clone(), value: value.clone(), propagate: true });
        }
    }
    tags
}

/// With `IgnoreUnmodifiedGroupSizeProperties`, sizes that the template did not change stay as the group has them.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
pub(super) fn keep_sizes(
    context: &ResourceContext,
    name: &str,
    policy: &Value,
    (old, new): (&Map<String, Value>, &Map<String, Value>),
    mut settings: Settings,
    mut desired: Option<u32>,
) -> Result<(Settings, Option<u32>), AwsError> {
    let ignore = &policy["AutoScalingScheduledAction"]["IgnoreUnmodifiedGroupSizeProperties"];
    if *ignore != Value::Bool(true) && *ignore != "true" {
        return Ok((settings, desired));
    }
    let (now, present) = context
        .region
        .world(|world| world.autoscaling.group(name).map(|group| (group.settings.clone(), group.desired)))?;
    let unmodified = |key: &str| old.get(key) == new.get(key);
    if unmodified("MinSize") {
        settings.min = now.min;
    }
    if unmodified("MaxSize") {
        settings.max = now.max;
    }
    if unmodified("DesiredCapacity") {
        desired = Some(present.clamp(settings.min, settings.max.max(settings.min)));
    }
    Ok((settings, desired))
}
