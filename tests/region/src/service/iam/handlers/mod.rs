//! What CloudFormation's resource handlers need of whoever they work for: the caller, or the stack's role.
//!
//! All is asked for before the handler begins. In AWS it has made a part by the time a later call is denied; here it has
//! made nothing.

mod implied;
mod table;
mod target;

use serde_json::{Map, Value};

use super::access::{Need, demand};
use super::service_linked;
use crate::resource::{Phase, ResourceContext, tags_of};
use crate::service::{Principal, ssm};
use crate::{AwsError, Region};
use table::When;

/// One handler's work: on which resource, with which properties.
pub struct Work<'a> {
    pub resource_type: &'a str,
    /// None while it is not made.
    pub physical_id: Option<&'a str>,
    pub properties: &'a Map<String, Value>,
    /// What it is until now; None for what is made or deleted.
    pub before: Option<Before<'a>>,
}

/// A resource before an update.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    pub properties: &'a Map<String, Value>,
    /// Those of its stack.
    pub tags: &'a [(String, String)],
}

/// Refuses work that `principal` may not do, and makes the service-linked role that the work is the first to need.
///
/// # Errors
/// As the service of the first denied action refuses it, with the service's name in the SDK.
pub fn begin(context: &ResourceContext, principal: &Principal, work: &Work) -> Result<(), (&'static str, AwsError)> {
    let region = &context.region;
    let judged = is_judged(region, principal);
    if judged {
        demand(region, principal, &needs(context, work)).map_err(|denial| {
            let service = sdk_name(denial.action());
            (service, denial.error(if service == "Ec2" { "ec2" } else { "query" }))
        })?;
    }
    let Some(service) = service_linked::needed_by(work.resource_type).filter(|_| context.phase == Phase::Create) else {
        return Ok(());
    };
    let may = |need| if judged { demand(region, principal, &[through_cloudformation(need)]) } else { Ok(()) };
    service_linked::ensure(region, service, may).map_err(|error| (service.sdk_name, error))
}

fn is_judged(region: &Region, principal: &Principal) -> bool {
    match principal {
        Principal::Node { .. } => true,
        Principal::Operator { .. } => region.world(|world| world.iam.caller_policy.is_some()),
    }
}

/// Whether an attribute of a made resource may be known: its read handler is run, in the name of whoever the operation
/// works for.
///
/// # Errors
/// In the words of the resource's or the stack's event.
// https://github.com/zalando-incubator/kube-ingress-aws-controller/issues/632
pub fn may_know(context: &ResourceContext, principal: &Principal, work: &Work, attribute: &str) -> Result<(), String> {
    if !is_judged(&context.region, principal) {
        return Ok(());
    }
    let tags = context.tags_with(work.properties);
    let need = |action| through_cloudformation(Need::new(action, target::of(context, work, action)).tagged(&tags));
    let needs: Vec<Need> = implied::read(work.resource_type).map(need).collect();
    demand(&context.region, principal, &needs).map_err(|denial| {
        let (kind, service, request) = (work.resource_type, sdk_name(denial.action()), context.region.random.uuid());
        let said = denial.message();
        format!(
            "Unable to retrieve {attribute} attribute for {kind}, with error message {said} (Service: {service}, \
             Status Code: 403, Request ID: {request})"
        )
    })
}

/// Whether parameters of Systems Manager may be read, which dynamic references name.
///
/// # Errors
/// In the words of the resource's event; the form [U].
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html (GetParameters)
pub fn may_read_parameters(region: &Region, principal: &Principal, names: &[String]) -> Result<(), String> {
    if !is_judged(region, principal) {
        return Ok(());
    }
    let need = |name: &String| through_cloudformation(Need::new("ssm:GetParameters", ssm::arn(region, name)));
    let needs: Vec<Need> = names.iter().map(need).collect();
    demand(region, principal, &needs).map_err(|denial| denial.message())
}

/// Whether a dynamic reference may be replaced: the secret is read in the name of whoever the operation works for.
///
/// # Errors
/// In the words of the resource's event; the form [U].
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html (permissions)
pub fn may_read_secret(region: &Region, principal: &Principal, id: &str) -> Result<(), String> {
    let arn = region.world(|world| world.secretsmanager.secret(id).map(|secret| secret.arn.clone()));
    let arn = arn.unwrap_or_else(|_| region.arn("secretsmanager", &format!("secret:{id}")));
    let need = through_cloudformation(Need::new("secretsmanager:GetSecretValue", arn));
    demand(region, principal, &[need]).map_err(|denial| denial.message())
}

/// The service of an action, as handlers name it in their messages.
fn sdk_name(action: &str) -> &'static str {
    match action.split(':').next().unwrap_or_default() {
        "acm" => "Acm",
        "autoscaling" => "AutoScaling",
        "ec2" => "Ec2",
        "elasticloadbalancing" => "ElasticLoadBalancingV2",
        "iam" => "Iam",
        "logs" => "CloudWatchLogs",
        "route53" => "Route53",
        "s3" => "S3",
        "secretsmanager" => "SecretsManager",
        _ => "Ssm",
    }
}

fn needs(context: &ResourceContext, work: &Work) -> Vec<Need> {
    let Some(handler) = table::handler(work.resource_type) else { return Vec::new() };
    let steps = match context.phase {
        Phase::Create => handler.create,
        Phase::Update | Phase::Rollback => handler.update,
        Phase::Delete => handler.delete,
    };
    let tags = context.tags_with(work.properties);
    let before = work.before.map(|own| (own.properties, tags_of(own.properties, own.tags)));
    let mut needs = Vec::new();
    for (action, when) in steps {
        let called = match when {
            When::Always => true,
            When::Tagged => !tags.is_empty(),
            When::Untagged => before
                .as_ref()
                .is_some_and(|(_, had)| had.iter().any(|(key, _)| !tags.iter().any(|(kept, _)| kept == key))),
            When::Given(names) => names.iter().any(|name| work.properties.contains_key(*name)),
            When::Removed(name) => before
                .as_ref()
                .is_some_and(|(properties, _)| properties.contains_key(*name) && !work.properties.contains_key(*name)),
        };
        if !called {
            continue;
        }
        let mut need = Need::new(*action, target::of(context, work, action));
        if context.phase == Phase::Create || action.contains("Tag") {
            need = need.tagging(&tags);
        }
        if context.phase != Phase::Create {
            need = need.tagged(&tags);
        }
        if *action == "iam:PassRole" {
            need = need.with("iam:PassedToService", vec![EC2.to_owned()]);
        }
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
        let attached = before.as_ref().and_then(|(properties, _)| properties.get("PermissionsBoundary"));
        let boundary = work.properties.get("PermissionsBoundary").or(attached);
        if let Some(boundary) = boundary.and_then(Value::as_str) {
            need = need.with("iam:PermissionsBoundary", vec![boundary.to_owned()]);
        }
        needs.push(through_cloudformation(need));
        // Whether these are CloudFormation's calls too, as aws:CalledVia says it, is not known. [U]
        needs.extend(implied::dependants(action).iter().map(|dependant| Need::new(*dependant, "*")));
    }
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
    if work.resource_type == "AWS::AutoScaling::AutoScalingGroup"
        && context.phase != Phase::Delete
        && let Some(role) = target::role_of_launch_template(context, work.properties)
    {
        let passed = Need::new("iam:PassRole", role).with("iam:PassedToService", vec![EC2.to_owned()]);
        needs.push(through_cloudformation(passed));
    }
    needs
}

const EC2: &str = "ec2.amazonaws.com";

/// CloudFormation calls on somebody's behalf.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:CalledVia)
fn through_cloudformation(need: Need) -> Need {
    let name = || vec!["cloudformation.amazonaws.com".to_owned()];
    need.with("aws:CalledVia", name())
        .with("aws:CalledViaFirst", name())
        .with("aws:CalledViaLast", name())
        .with("aws:ViaAWSService", vec!["true".to_owned()])
}
