//! Targets: registration, draining, health, and `DescribeTargetHealth`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::target_groups::TargetGroup;
use crate::balancer::health;
use crate::service::ec2::instances::Lifecycle;
use crate::{AwsError, Region};

/// One registered instance.
#[derive(Debug, Clone)]
pub struct Target {
    pub instance_id: String,
    pub port: u16,
    /// Availability Zone of the instance.
    pub zone: String,
    pub health: Health,
    /// Requests it has not answered to the end.
    pub in_flight: u32,
    /// Tells two registrations of the same instance apart.
    pub registration: u64,
}

/// What the load balancer thinks of a target. `unused` is not kept: it follows from the listeners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// No load balancer has sent it a check yet.
    Registering,
    /// Checked, without a verdict so far.
    Initial,
    Healthy,
    /// With the reason code and its description.
    Unhealthy {
        reason: &'static str,
        description: String,
    },
    /// Deregistered; requests in flight may end.
    Draining,
}

/// Registers an instance on the group's port and starts its health checks. An instance that is registered stays so.
///
/// # Errors
/// The target group or the instance does not exist.
pub fn register(region: &Arc<Region>, target_group_arn: &str, instance_id: &str) -> Result<(), AwsError> {
    let fresh = region.world(|world| {
        let Some(zone) = world.ec2.instances.zone_of_running(instance_id) else {
            let message =
                format!("The following targets are not in a running state and cannot be registered: '{instance_id}'");
            // https://github.com/hashicorp/terraform-provider-aws/issues/8537
            return Err(AwsError::new("InvalidTarget", message));
        };
        let changed = world.elbv2.health_changed.clone();
        let group = world.elbv2.target_group_mut(target_group_arn)?;
        let port = group.port;
        let known = group.targets.iter_mut().find(|target| target.instance_id == instance_id);
        let registration = match known {
            Some(target) if target.health != Health::Draining => return Ok(None),
            Some(target) => {
                target.health = Health::Registering;
                target.registration += 1;
                target.registration
            }
            None => {
                let instance_id = instance_id.to_owned();
                group.targets.push(Target {
                    instance_id,
                    port,
                    zone,
                    health: Health::Registering,
                    in_flight: 0,
                    registration: 0,
                });
                0
            }
        };
        changed.notify_waiters();
        Ok(Some(registration))
    })?;
    if let Some(registration) = fresh {
        health::watch(region, target_group_arn, instance_id, registration);
    }
    Ok(())
}

/// Deregisters an instance: it drains, and is forgotten after the deregistration delay, which is answered.
pub fn deregister(region: &Arc<Region>, target_group_arn: &str, instance_id: &str) -> Duration {
    let drained = region.world(|world| {
        let changed = world.elbv2.health_changed.clone();
        let group = world.elbv2.target_group_mut(target_group_arn).ok()?;
        let delay = Duration::from_secs(group.deregistration_delay());
        let target = group.targets.iter_mut().find(|target| target.instance_id == instance_id)?;
        if target.health != Health::Draining {
            target.health = Health::Draining;
            changed.notify_waiters();
        }
        Some((delay, target.registration))
    });
    let Some((delay, registration)) = drained else { return Duration::ZERO };
    let (weak, group, instance) = (Arc::downgrade(region), target_group_arn.to_owned(), instance_id.to_owned());
    let wait = region.node_clock().scaled(delay);
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        if let Some(region) = weak.upgrade() {
            forget(&region, &group, &instance, registration);
        }
    });
    delay
}

fn forget(region: &Region, target_group_arn: &str, instance_id: &str, registration: u64) {
    region.world(|world| {
        let changed = world.elbv2.health_changed.clone();
        if let Ok(group) = world.elbv2.target_group_mut(target_group_arn) {
            group.targets.retain(|target| {
                target.instance_id != instance_id
                    || target.registration != registration
                    || target.health != Health::Draining
            });
        }
        changed.notify_waiters();
    });
}

/// `DescribeTargetHealth`.
pub(super) fn describe_health(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arn = input["TargetGroupArn"].as_str().unwrap_or_default();
    region.world(|world| {
        let group = world.elbv2.target_group(arn)?;
        let (state, instances) = (&world.elbv2, &world.ec2.instances);
        let ended = |target: &Target| {
            let lifecycle = instances.instance(&target.instance_id).map(|one| one.lifecycle);
            !lifecycle.is_ok_and(|lifecycle| matches!(lifecycle, Lifecycle::Pending | Lifecycle::Running))
        };
        let described = |target: &Target, served: &[&str]| described(group, target, served, ended(target));
        let balancers = state.load_balancers_of(arn);
        let served: Vec<&str> = balancers
            .iter()
            .filter_map(|arn| state.load_balancer(arn).ok())
            .flat_map(|one| one.zones.iter().map(|zone| zone.name.as_str()))
            .collect();
        let described: Vec<Value> = match input["Targets"].as_array().filter(|wanted| !wanted.is_empty()) {
            None => group.targets.iter().map(|target| described(target, &served)).collect(),
            Some(wanted) => {
                wanted.iter().map(|wanted| one(group, wanted, |target| described(target, &served))).collect()
            }
        };
        Ok(json!({ "TargetHealthDescriptions": described }))
    })
}

fn one(group: &TargetGroup, wanted: &Value, described: impl Fn(&Target) -> Value) -> Value {
    let id = wanted["Id"].as_str().unwrap_or_default();
    let port = wanted["Port"].as_u64();
    let known = group
        .targets
        .iter()
        .find(|target| target.instance_id == id && port.is_none_or(|port| port == u64::from(target.port)));
    match known {
        Some(target) => described(target),
        None => json!({
            "Target": {"Id": id, "Port": port.unwrap_or_else(|| u64::from(group.port))},
            "TargetHealth": {
                "State": "unused",
                "Reason": "Target.NotRegistered",
                "Description": "Target is not registered to the target group",
            },
            "AdministrativeOverride": no_override(),
        }),
    }
}

/// States, reasons and descriptions:
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
fn described(group: &TargetGroup, target: &Target, served: &[&str], ended: bool) -> Value {
    let health = match &target.health {
        Health::Draining => json!({
            "State": "draining",
            "Reason": "Target.DeregistrationInProgress",
            "Description": "Target deregistration is in progress",
        }),
        _ if ended => json!({
            "State": "unused",
            "Reason": "Target.InvalidState",
            // https://github.com/getmoto/moto/pull/2324 (of a stopped one)
            "Description": "Target is in the terminated state",
        }),
        _ if served.is_empty() => json!({
            "State": "unused",
            "Reason": "Target.NotInUse",
            "Description": "Target group is not configured to receive traffic from the load balancer",
        }),
        _ if !served.contains(&target.zone.as_str()) => json!({
            "State": "unused",
            "Reason": "Target.NotInUse",
            "Description": "Target is in an Availability Zone that is not enabled for the load balancer",
        }),
        // Descriptions: https://repost.aws/knowledge-center/elb-fix-failing-health-checks-alb
        Health::Registering => json!({
            "State": "initial",
            "Reason": "Elb.RegistrationInProgress",
            "Description": "Target registration is in progress",
        }),
        Health::Initial => json!({
            "State": "initial",
            "Reason": "Elb.InitialHealthChecking",
            "Description": "Initial health checks in progress",
        }),
        Health::Healthy => json!({"State": "healthy"}),
        Health::Unhealthy { reason, description } => {
            json!({"State": "unhealthy", "Reason": reason, "Description": description})
        }
    };
    let check = &group.health_check.port;
    let health_port = if check == "traffic-port" { target.port.to_string() } else { check.clone() };
    json!({
        "Target": {"Id": target.instance_id, "Port": target.port},
        "HealthCheckPort": health_port,
        "TargetHealth": health,
        "AdministrativeOverride": no_override(),
    })
}

/// What is sent of every target while there is no zonal shift. Whether of one that is not registered too: [U].
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealthDescription.html
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AdministrativeOverride.html
fn no_override() -> Value {
    json!({
        "State": "no_override",
        "Reason": "AdministrativeOverride.NoOverride",
        "Description": "No override is currently active on target",
    })
}
