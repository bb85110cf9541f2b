//! Instance refreshes: every member replaced, some at a time. Checkpoints, rollbacks and a desired configuration are not
//! simulated, and refused.
//!
//! https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html

mod run;

use std::sync::Arc;

use serde_json::{Value, json};

use super::page::{Size, page};
use crate::{AwsError, Region};

/// One instance refresh.
#[derive(Debug, Clone)]
pub struct Refresh {
    pub id: String,
    pub group_name: String,
    /// `Pending`, `InProgress`, `Successful`, `Failed`, `Cancelling` or `Cancelled`.
    pub status: &'static str,
    pub reason: Option<String>,
    /// Seconds since 1970.
    pub started: f64,
    pub ended: Option<f64>,
    pub total: usize,
    pub left: usize,
    pub preferences: Preferences,
}

/// How a refresh goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// Percentage of the desired capacity that stays in service.
    pub least_healthy: u32,
    /// Percentage of the desired capacity that may be reached; above 100, new instances come first.
    pub most_healthy: u32,
    /// Seconds from `InService` until the next may go.
    pub warmup_seconds: u64,
    pub skip_matching: bool,
}

impl Refresh {
    fn active(&self) -> bool {
        ["Pending", "InProgress", "Cancelling"].contains(&self.status)
    }
}

/// `StartInstanceRefresh`.
pub(super) fn start(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let name = input["AutoScalingGroupName"].as_str().unwrap_or_default();
    if input["Strategy"].as_str().unwrap_or("Rolling") != "Rolling" || !input["DesiredConfiguration"].is_null() {
        return Err(AwsError::validation("Only rolling refreshes to the group's own configuration are simulated"));
    }
    let id = region.random.uuid();
    region.world(|world| {
        let group = world.autoscaling.group(name)?;
        let preferences = preferences(&input["Preferences"], group.settings.grace_period_seconds)?;
        if world.autoscaling.refreshes.iter().any(|one| one.group_name == name && one.active()) {
            // https://github.com/KentaaNL/capistrano-asg-rolling
            return Err(AwsError::new(
                "InstanceRefreshInProgress",
                "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
            ));
        }
        world.autoscaling.refreshes.push(Refresh {
            id: id.clone(),
            group_name: name.to_owned(),
            status: "Pending",
            reason: None,
            started: region.clock.epoch(),
            ended: None,
            total: 0,
            left: 0,
            preferences,
        });
        Ok(())
    })?;
    run::spawn(region, name, &id);
    Ok(json!({ "InstanceRefreshId": id }))
}

/// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
fn preferences(given: &Value, grace: u64) -> Result<Preferences, AwsError> {
    const KNOWN: [&str; 4] = ["MinHealthyPercentage", "MaxHealthyPercentage", "InstanceWarmup", "SkipMatching"];
    if let Some((other, _)) = given.as_object().into_iter().flatten().find(|(key, _)| !KNOWN.contains(&key.as_str())) {
        return Err(AwsError::validation(format!("{other} of refreshes is not simulated")));
    }
    let percentage = |key: &str, otherwise: u32| {
        given[key].as_u64().and_then(|value| u32::try_from(value).ok()).unwrap_or(otherwise)
    };
    let (least, most) = (percentage("MinHealthyPercentage", 90), percentage("MaxHealthyPercentage", 100));
    if most - least.min(most) > 100 {
        return Err(AwsError::validation(
            "The difference between MinHealthyPercentage and MaxHealthyPercentage must not be greater than 100", // [U] wording
        ));
    }
    Ok(Preferences {
        least_healthy: least,
        most_healthy: most,
        warmup_seconds: given["InstanceWarmup"].as_u64().unwrap_or(grace),
        skip_matching: given["SkipMatching"].as_bool().unwrap_or_default(),
    })
}

/// `CancelInstanceRefresh`: what has been replaced stays replaced.
pub(super) fn cancel(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["AutoScalingGroupName"].as_str().unwrap_or_default();
    region.world(|world| {
        world.autoscaling.group(name)?;
        let mut all = world.autoscaling.refreshes.iter_mut();
        let Some(refresh) = all.find(|one| one.group_name == name && one.active()) else {
            let message = format!("No in progress or pending Instance Refresh found for Auto Scaling group {name}"); // [U] wording
            return Err(AwsError::new("ActiveInstanceRefreshNotFound", message));
        };
        refresh.status = "Cancelling";
        refresh.reason = Some("Cancelled due to user request.".to_owned()); // [U] wording
        Ok(json!({ "InstanceRefreshId": refresh.id }))
    })
}

/// `DescribeInstanceRefreshes`: newest first.
pub(super) fn describe(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["AutoScalingGroupName"].as_str().unwrap_or_default();
    let ids: Vec<&str> =
        input["InstanceRefreshIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    region.world(|world| {
        world.autoscaling.group(name)?;
        let chosen = world.autoscaling.refreshes.iter().rev();
        let chosen = chosen.filter(|one| one.group_name == name && (ids.is_empty() || ids.contains(&one.id.as_str())));
        page(input, "InstanceRefreshes", chosen.map(described).collect(), &Size { usual: 50, most: 100 })
    })
}

fn described(one: &Refresh) -> Value {
    let Preferences { least_healthy, most_healthy, warmup_seconds, skip_matching } = one.preferences;
    let mut value = json!({
        "InstanceRefreshId": one.id,
        "AutoScalingGroupName": one.group_name,
        "Status": one.status,
        "StartTime": one.started,
        "PercentageComplete": (100 * (one.total - one.left)).checked_div(one.total).unwrap_or_default(),
        "InstancesToUpdate": one.left,
        "Preferences": {
            "MinHealthyPercentage": least_healthy, "MaxHealthyPercentage": most_healthy,
            "InstanceWarmup": warmup_seconds, "SkipMatching": skip_matching,
        },
    });
    if let Some(ended) = one.ended {
        value["EndTime"] = json!(ended);
    }
    if let Some(reason) = &one.reason {
        value["StatusReason"] = json!(reason);
    }
    value
}
