//! Elastic Load Balancing v2 (application load balancers): what is configured. `balancer` carries the traffic.

pub mod attributes;
pub mod listeners;
pub mod load_balancers;
mod page;
pub mod ssl_policies;
mod tags;
pub mod target_groups;
pub mod targets;

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Notify;

use super::Call;
use crate::{AwsError, Region};

pub use listeners::Listener;
pub use load_balancers::LoadBalancer;
pub use target_groups::TargetGroup;
pub use targets::{Health, Target};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    pub load_balancers: Vec<LoadBalancer>,
    pub target_groups: Vec<TargetGroup>,
    pub listeners: Vec<Listener>,
    /// Certificates that listeners no longer have.
    pub released: Vec<listeners::Released>,
    /// Addresses not yet given to a load balancer. A region started without any serves all its load balancers at the
    /// edge, chosen by SNI; with them, each load balancer has one per zone and listens there on its own ports.
    pub free_addresses: Vec<Ipv4Addr>,
    /// Woken whenever a target's health or registration changed.
    pub health_changed: Arc<Notify>,
}

impl State {
    /// The load balancer with this ARN.
    ///
    /// # Errors
    /// `LoadBalancerNotFound`.
    pub fn load_balancer(&self, arn: &str) -> Result<&LoadBalancer, AwsError> {
        self.load_balancers.iter().find(|one| one.arn == arn).ok_or_else(|| {
            let message = format!("One or more load balancers not found: [{arn}]");
            missing(arn, "loadbalancer", "load balancer", "LoadBalancerNotFound", message)
        })
    }

    /// The target group with this ARN.
    ///
    /// # Errors
    /// `TargetGroupNotFound`.
    pub fn target_group(&self, arn: &str) -> Result<&TargetGroup, AwsError> {
        self.target_groups.iter().find(|one| one.arn == arn).ok_or_else(|| target_group_not_found(arn))
    }

    /// The target group with this ARN, to be changed.
    ///
    /// # Errors
    /// `TargetGroupNotFound`.
    pub fn target_group_mut(&mut self, arn: &str) -> Result<&mut TargetGroup, AwsError> {
        self.target_groups.iter_mut().find(|one| one.arn == arn).ok_or_else(|| target_group_not_found(arn))
    }

    /// The listener with this ARN.
    ///
    /// # Errors
    /// `ListenerNotFound`.
    pub fn listener(&self, arn: &str) -> Result<&Listener, AwsError> {
        self.listeners.iter().find(|one| one.arn == arn).ok_or_else(|| {
            // https://github.com/awslabs/kubeflow-manifests/issues/116
            let message = "One or more listeners not found".to_owned();
            missing(arn, "listener", "listener", "ListenerNotFound", message)
        })
    }

    /// ARNs of the load balancers that forward to this target group.
    pub fn load_balancers_of(&self, target_group_arn: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for listener in self.listeners.iter().filter(|one| one.forwards_to(target_group_arn)) {
            if !found.contains(&listener.load_balancer_arn) {
                found.push(listener.load_balancer_arn.clone());
            }
        }
        found
    }
}

fn target_group_not_found(arn: &str) -> AwsError {
    // https://github.com/aws-samples/service-screener-v2/issues/212
    let message = "One or more target groups not found".to_owned();
    missing(arn, "targetgroup", "target group", "TargetGroupNotFound", message)
}

/// The answer to an ARN that nothing has: it is of another kind, or what it names does not exist.
fn missing(arn: &str, resource: &str, kind: &str, code: &str, message: String) -> AwsError {
    let fits =
        arn.starts_with("arn:") && arn.contains(":elasticloadbalancing:") && arn.contains(&format!(":{resource}/"));
    if fits {
        AwsError::new(code, message)
    } else {
        // https://github.com/aws/aws-cli/issues/3260
        AwsError::validation(format!("'{arn}' is not a valid {kind} ARN"))
    }
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    let input = &call.input;
    match call.operation.as_str() {
        "DescribeListenerAttributes" => listeners::describe_attributes(region, input),
        "DescribeListenerCertificates" => listeners::describe_certificates(region, input),
        "DescribeListeners" => listeners::describe(region, input),
        "DescribeLoadBalancerAttributes" => load_balancers::describe_attributes(region, input),
        "DescribeLoadBalancers" => load_balancers::describe(region, input),
        "DescribeSSLPolicies" => ssl_policies::describe(input),
        "DescribeTags" => tags::describe(region, input),
        "DescribeTargetGroupAttributes" => target_groups::describe_attributes(region, input),
        "DescribeTargetGroups" => target_groups::describe(region, input),
        "DescribeTargetHealth" => targets::describe_health(region, input),
        "ModifyListener" => listeners::modify_call(region, input),
        "ModifyListenerAttributes" => listeners::modify_attributes(region, input),
        // https://github.com/fog/fog-aws/issues/368 (of another service of this protocol)
        other => {
            Err(AwsError::new("InvalidAction", format!("Could not find operation {other} for version 2015-12-01")))
        }
    }
}

/// The strings of a list member; empty when it is absent.
fn strings(value: &Value) -> Vec<String> {
    value.as_array().map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
}
