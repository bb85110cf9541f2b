//! Scaling activities: what a group did and why, and `DescribeScalingActivities`.

use serde_json::{Value, json};

use super::State;
use super::page::{Size, page};
use crate::{AwsError, Region};

/// One activity.
#[derive(Debug, Clone)]
pub struct Activity {
    pub id: String,
    pub group_name: String,
    pub group_arn: String,
    pub description: String,
    pub cause: String,
    /// Seconds since 1970.
    pub started: f64,
    pub ended: Option<f64>,
    /// `InProgress`, `WaitingForELBConnectionDraining`, `Successful`, `Failed` or `Cancelled`.
    pub status: &'static str,
    pub message: Option<String>,
    pub subnet_id: String,
    pub zone: String,
}

/// `At 2026-11-24T06:36:25Z `, as causes begin.
pub(super) fn at(region: &Region) -> String {
    format!("At {} ", region.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
}

impl State {
    /// Begins an activity and answers its id.
    pub(super) fn begin(&mut self, activity: Activity) -> String {
        let id = activity.id.clone();
        self.activities.push(activity);
        id
    }

    /// Changes the status of an activity that goes on.
    pub(super) fn set_status(&mut self, id: &str, status: &'static str) {
        for activity in self.activities.iter_mut().filter(|one| one.id == id) {
            activity.status = status;
        }
    }

    /// Ends an activity well.
    pub(super) fn succeed(&mut self, id: &str, now: f64) {
        self.end(id, now, "Successful", None);
    }

    /// Ends an activity that EC2 refused.
    pub(super) fn fail(&mut self, id: &str, now: f64, message: String) {
        self.end(id, now, "Failed", Some(message));
    }

    /// Ends an activity whose instance came to nothing [U]: the status; seen in published logs of failed launches.
    pub(super) fn cancel(&mut self, id: &str, now: f64, message: String) {
        self.end(id, now, "Cancelled", Some(message));
    }

    fn end(&mut self, id: &str, now: f64, status: &'static str, message: Option<String>) {
        for activity in self.activities.iter_mut().filter(|one| one.id == id) {
            activity.ended = Some(now);
            activity.status = status;
            if let Some(message) = &message {
                activity.description = format!("{}.  Status Reason: {message}", activity.description);
            }
            activity.message.clone_from(&message);
        }
    }
}

pub(super) fn described(one: &Activity) -> Value {
    let details = json!({"Subnet ID": one.subnet_id, "Availability Zone": one.zone});
    let mut value = json!({
        "ActivityId": one.id,
        "AutoScalingGroupName": one.group_name,
        "AutoScalingGroupARN": one.group_arn,
        "Description": one.description,
        "Cause": one.cause,
        "StartTime": one.started,
        "StatusCode": one.status,
        "Progress": if one.ended.is_some() { 100 } else { 50 },
        "Details": details.to_string(),
    });
    if let Some(ended) = one.ended {
        // In whole seconds, the start with its milliseconds: https://github.com/kubernetes/autoscaler/issues/1263
        value["EndTime"] = json!(ended.floor());
    }
    if let Some(message) = &one.message {
        value["StatusMessage"] = json!(message);
    }
    value
}

/// `DescribeScalingActivities`: what is in progress first, then the newest.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html>
pub(super) fn describe(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["AutoScalingGroupName"].as_str();
    let ids: Vec<&str> = input["ActivityIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let deleted_too = input["IncludeDeletedGroups"].as_bool().unwrap_or_default();
    region.world(|world| {
        let state = &world.autoscaling;
        if let Some(name) = name.filter(|_| !deleted_too) {
            state.group(name)?;
        }
        let chosen = state.activities.iter().rev().filter(|one| {
            name.is_none_or(|name| name == one.group_name)
                && (ids.is_empty() || ids.contains(&one.id.as_str()))
                && (deleted_too || state.groups.iter().any(|group| group.arn == one.group_arn))
        });
        let (ended, going): (Vec<_>, Vec<_>) = chosen.partition(|one| one.ended.is_some());
        page(
            input,
            "Activities",
            going.into_iter().chain(ended).map(described).collect(),
            &Size { usual: 100, most: 100 },
        )
    })
}
