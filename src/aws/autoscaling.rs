//! Auto Scaling: the group of nodes, and what it did to have them.

use jiff::Timestamp;

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

/// One thing that a group did, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// What it was: `Launching a new EC2 instance…` or `Terminating EC2 instance…`.
    pub description: String,
    /// AWS's word: `InProgress`, `Successful`, `Failed`, `Cancelled` …
    pub status: String,
    /// Why it failed, in AWS's words.
    pub message: Option<String>,
    /// When it began.
    pub started: Option<Timestamp>,
}

/// The latest activities of a group, the newest first: a page of them, which holds the last hour of one that fails.
pub async fn activities(aws: &Aws, group: &str) -> Result<Vec<Activity>, AwsCallError> {
    let client = aws_sdk_autoscaling::Client::new(aws.config());
    let answer = client.describe_scaling_activities().auto_scaling_group_name(group).send().await;
    let output = answer.map_err(|error| AwsCallError::of("DescribeScalingActivities", error))?;
    let mut activities: Vec<_> = output.activities().iter().map(activity_of).collect();
    // AWS puts those that are in progress before all others.
    activities.sort_by_key(|activity| std::cmp::Reverse(activity.started));
    Ok(activities)
}

fn activity_of(activity: &aws_sdk_autoscaling::types::Activity) -> Activity {
    Activity {
        description: activity.description().unwrap_or_default().to_owned(),
        status: activity.status_code().map_or("unknown", |own| own.as_str()).to_owned(),
        message: activity.status_message().filter(|own| !own.is_empty()).map(str::to_owned),
        started: activity.start_time().and_then(super::timestamp),
    }
}
