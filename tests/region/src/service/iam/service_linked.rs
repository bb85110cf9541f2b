//! Service-linked roles: made by a service at its first use in an account, with the permissions of whoever uses it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::access::{Denial, Need};
use super::roles::Role;
use crate::{AwsError, Region};

/// A service that acts by a role of its own in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Such as `autoscaling.amazonaws.com`.
    pub principal: &'static str,
    pub role: &'static str,
    /// As CloudFormation's handlers name it in their messages.
    pub sdk_name: &'static str,
    /// What the service says when the role cannot be made, before IAM's own words.
    refusal: &'static str,
}

const AUTO_SCALING: Service = Service {
    principal: "autoscaling.amazonaws.com",
    role: "AWSServiceRoleForAutoScaling",
    sdk_name: "AutoScaling",
    // Quoted with the exception's name in a public repository's notes on terraform's CreateAutoScalingGroup.
    refusal: "The default Service-Linked Role for Auto Scaling could not be created.  \
              com.amazonaws.services.identitymanagement.model.AmazonIdentityManagementException: ",
};

const LOAD_BALANCING: Service = Service {
    principal: "elasticloadbalancing.amazonaws.com",
    role: "AWSServiceRoleForElasticLoadBalancing",
    sdk_name: "ElasticLoadBalancingV2",
    // https://github.com/kubernetes/kops/issues/16218
    refusal: "",
};

/// The service whose role a resource type is the first to need.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html
pub fn needed_by(resource_type: &str) -> Option<Service> {
    match resource_type {
        "AWS::AutoScaling::AutoScalingGroup" => Some(AUTO_SCALING),
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => Some(LOAD_BALANCING),
        _ => None,
    }
}

/// Makes both roles, as in an account that has used the services before.
pub(crate) fn make_all(region: &Region, state: &mut super::State) {
    for service in [AUTO_SCALING, LOAD_BALANCING] {
        make(region, state, service);
    }
}

/// Makes the role if it is not there, when `may` says so. The use that has made it may come too early to use it: the
/// seed decides.
///
/// # Errors
/// `AccessDenied` when it may not be made; once, when the new role is not known everywhere yet.
pub fn ensure(region: &Region, service: Service, may: impl FnOnce(Need) -> Result<(), Denial>) -> Result<(), AwsError> {
    if region.world(|world| world.iam.service_linked_roles.contains_key(service.role)) {
        return Ok(());
    }
    let need = Need::new("iam:CreateServiceLinkedRole", arn(region, service))
        .with("iam:AWSServiceName", vec![service.principal.to_owned()]);
    may(need).map_err(|denial| {
        let message = format!("{}{}", service.refusal, denial.message());
        AwsError::new("AccessDenied", message).with_status(403)
    })?;
    let first = region.world(|world| {
        let first = !world.iam.service_linked_roles.contains_key(service.role);
        make(region, &mut world.iam, service);
        first && world.iam.service_linked_roles_race
    });
    if first {
        let message = format!("Unable to assume the service linked role {}. Please try again.", service.role);
        // That a first use can fail so: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html
        // (changes are eventually consistent); the code and the words [U].
        return Err(AwsError::new("InvalidConfigurationRequest", message));
    }
    Ok(())
}

/// `CreateServiceLinkedRole`.
///
/// # Errors
/// `InvalidInput` for a service that the region does not know, and for a role that is there.
pub(super) fn create(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["AWSServiceName"].as_str().unwrap_or_default();
    let Some(service) = [AUTO_SCALING, LOAD_BALANCING].into_iter().find(|service| service.principal == name) else {
        let message = format!("Template does not exist for service: {name}");
        // Quoted for other names in https://github.com/hashicorp/terraform-provider-aws; the words [U]
        return Err(AwsError::new("InvalidInput", message));
    };
    region.world(|world| {
        if world.iam.service_linked_roles.contains_key(service.role) {
            let message = format!(
                "Service role name {} has been taken in this account, please try a different suffix.",
                service.role
            );
            // https://github.com/DataDog/pathfinding-labs/issues/23
            return Err(AwsError::new("InvalidInput", message));
        }
        Ok(json!({ "Role": make(region, &mut world.iam, service).describe() }))
    })
}

fn make<'s>(region: &Region, state: &'s mut super::State, service: Service) -> &'s Role {
    state.service_linked_roles.entry(service.role.to_owned()).or_insert_with(|| Role {
        name: service.role.to_owned(),
        id: format!("AROA{}", region.random.upper(17)),
        arn: arn(region, service),
        path: path(service),
        assume_role_policy: json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "Service": [service.principal] }, "Action": ["sts:AssumeRole"] }] }),
        description: None,
        max_session_duration: 3600,
        permissions_boundary: None,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        tags: Vec::new(),
        created: region.clock.epoch(),
    })
}

/// The ARN that such a role has.
pub(super) fn arn(region: &Region, service: Service) -> String {
    region.global_arn("iam", &format!("role{}{}", path(service), service.role))
}

fn path(service: Service) -> String {
    format!("/aws-service-role/{}/", service.principal)
}
