//! `SuspendProcesses` and `ResumeProcesses`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::groups;
use crate::{AwsError, Region};

/// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
const PROCESSES: [&str; 9] = [
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
];

/// Suspends the named processes, or all, beside those that are suspended.
pub(super) fn suspend(region: &Region, input: &Value) -> Result<Value, AwsError> {
    change(region, input, |suspended, named| suspended.extend(named))
}

/// Resumes the named processes, or all.
pub(super) fn resume(region: &Region, input: &Value) -> Result<Value, AwsError> {
    change(region, input, |suspended, named| suspended.retain(|process| !named.contains(process)))
}

fn change(
    region: &Region,
    input: &Value,
    change: impl FnOnce(&mut BTreeSet<String>, BTreeSet<String>),
) -> Result<Value, AwsError> {
    let name = input["AutoScalingGroupName"].as_str().unwrap_or_default();
    let named = input["ScalingProcesses"].as_array().filter(|named| !named.is_empty());
    let named: BTreeSet<String> = match named {
        Some(named) => named.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => PROCESSES.map(str::to_owned).into(),
    };
    if let Some(unknown) = named.iter().find(|process| !PROCESSES.contains(&process.as_str())) {
        return Err(AwsError::validation(format!("The process type '{unknown}' is not valid"))); // [U] wording
    }
    let mut suspended = region.world(|world| world.autoscaling.group(name).map(|group| group.suspended.clone()))?;
    change(&mut suspended, named);
    groups::suspend(region, name, suspended)?;
    Ok(json!({}))
}
