//! Auto Scaling: the group of nodes.

use super::{Aws, AwsCallError};

/// The group of nodes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// How many nodes it wants.
    pub desired: u32,
    /// Its nodes.
    pub members: Vec<Member>,
}

/// One node as the group sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Member {
    /// The instance.
    pub instance: String,
    /// AWS's word: `Pending`, `InService`, `Terminating` …
    pub lifecycle: String,
    /// `Healthy` or `Unhealthy`.
    pub health: String,
    /// Its availability zone.
    pub zone: String,
}

/// Looks a group up by name; `None` when it is gone.
pub async fn group(aws: &Aws, name: &str) -> Result<Option<Group>, AwsCallError> {
    let client = aws_sdk_autoscaling::Client::new(aws.config());
    let answer = client.describe_auto_scaling_groups().auto_scaling_group_names(name).send().await;
    let output = answer.map_err(|error| AwsCallError::of("DescribeAutoScalingGroups", error))?;
    Ok(output.auto_scaling_groups().first().map(|own| Group {
        name: name.to_owned(),
        desired: own.desired_capacity().and_then(|count| u32::try_from(count).ok()).unwrap_or_default(),
        members: own.instances().iter().map(member_of).collect(),
    }))
}

fn member_of(instance: &aws_sdk_autoscaling::types::Instance) -> Member {
    Member {
        instance: instance.instance_id().unwrap_or_default().to_owned(),
        lifecycle: instance.lifecycle_state().map_or("unknown", |own| own.as_str()).to_owned(),
        health: instance.health_status().unwrap_or_default().to_owned(),
        zone: instance.availability_zone().unwrap_or_default().to_owned(),
    }
}
