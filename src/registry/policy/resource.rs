//! What the table's actions are about, as ARNs and conditions of a policy.
//!
//! Names that CloudFormation makes up begin with the stack's name as far as the service has room for it; AWS documents no
//! rule for what is left of it where there is none, so there a few characters must do.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

use serde_json::{Value, json};

use super::Scope;
use super::table::On;
use crate::registry::names::CHANGE_SET_PREFIX;

/// CloudFormation, as `aws:CalledVia` and `iam:PassedToService` call it, in every partition.
pub(super) const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// "Running On-Demand Standard instances", in virtual processors.
const STANDARD_VCPUS: &str = "L-1216C47A";

/// The characters that CloudFormation appends to a name, with the hyphen before them.
const APPENDED: usize = 13;

/// An operator, a key and its value.
pub(super) type Condition = (&'static str, &'static str, Value);

/// The ARNs, or `*`. No account is named: a policy that is attached to a principal reaches no further than its own account,
/// where the other has not allowed it in turn.
pub(super) fn arns(scope: &Scope, on: On) -> Vec<String> {
    let partition = partition(&scope.region);
    let region = &scope.region;
    let stack = &scope.stack_name;
    let regional = |service: &str, rest: String| format!("arn:{partition}:{service}:{region}:*:{rest}");
    let iam = |rest: String| format!("arn:{partition}:iam::*:{rest}");
    let s3 = |rest: &str| {
        let made = format!("arn:{partition}:s3:::{}{rest}", generated(stack, "Bucket", 63).to_ascii_lowercase());
        let given = scope.bucket.iter().map(|name| format!("arn:{partition}:s3:::{name}{rest}"));
        std::iter::once(made).chain(given).collect()
    };
    match on {
        On::Everything => vec!["*".to_owned()],
        On::Stack => vec![regional("cloudformation", format!("stack/{stack}/*"))],
        On::TaggedStack => {
            let sets = regional("cloudformation", format!("changeSet/{CHANGE_SET_PREFIX}*"));
            vec![regional("cloudformation", format!("stack/{stack}/*")), sets]
        }
        On::Bucket => s3(""),
        On::Images => s3("/*"),
        On::Secrets => {
            let names = ["OperatorSecret", "UsersSecret", "HttpSecret"];
            names.map(|name| regional("secretsmanager", format!("secret:{name}-*"))).to_vec()
        }
        On::OwnSecrets => vec![regional("secretsmanager", "secret:*".to_owned())],
        On::Role | On::BoundedRole | On::Boundary | On::PassedRole => {
            vec![iam(format!("role/{}", generated(stack, "NodeRole", 64)))]
        }
        On::Profile => vec![
            iam(format!("instance-profile/{}", generated(stack, "NodeProfile", 128))),
            iam(format!("policy/{}", generated(stack, "NodePolicy", 128))),
        ],
        On::ServiceRoles => vec![iam("role/aws-service-role/*".to_owned())],
        On::ServerCertificates => vec![iam("server-certificate/*".to_owned())],
        On::Certificates => vec![regional("acm", "certificate/*".to_owned())],
        On::Zones => vec![format!("arn:{partition}:route53:::hostedzone/*")],
        On::ZoneChanges => vec![format!("arn:{partition}:route53:::change/*")],
        On::Ec2 => vec![regional("ec2", "*".to_owned())],
        On::Nodes => vec![regional("ec2", "instance/*".to_owned())],
        On::Group => {
            let name = generated(stack, "NodeGroup", 255);
            vec![regional("autoscaling", format!("autoScalingGroup:*:autoScalingGroupName/{name}"))]
        }
        On::LoadBalancer => {
            // With 32 characters, the first five of the stack's name are left, as in EC2Co-EcsEl-… of EC2ContainerService.
            let start: String = stack.chars().take(5).collect();
            ["loadbalancer/app", "listener/app", "targetgroup"]
                .map(|kind| regional("elasticloadbalancing", format!("{kind}/{start}*")))
                .to_vec()
        }
        On::Quota => vec![regional("servicequotas", format!("ec2/{STANDARD_VCPUS}"))],
        On::DebianImages => vec![format!("arn:{partition}:ssm:{region}::parameter/aws/service/debian/release/*")],
    }
}

/// The conditions; `None` where the actions are not needed at all.
pub(super) fn conditions(scope: &Scope, on: On) -> Option<Vec<Condition>> {
    let boundary = scope.permissions_boundary.as_ref();
    Some(match on {
        On::Nodes | On::OwnSecrets => vec![("StringEquals", OWN_TAG, json!(scope.stack_name))],
        On::Boundary => vec![bounded(boundary?)],
        On::BoundedRole => boundary.map(|arn| bounded(arn)).into_iter().collect(),
        On::PassedRole => {
            let suffix = if partition(&scope.region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
            vec![("StringEquals", "iam:PassedToService", json!(format!("ec2.{suffix}")))]
        }
        On::ServiceRoles => {
            let services = ["autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com"];
            vec![("StringEquals", "iam:AWSServiceName", json!(services))]
        }
        _ => Vec::new(),
    })
}

/// The tag that `up` puts on the stack, and CloudFormation and Auto Scaling on what is in it.
const OWN_TAG: &str = "aws:ResourceTag/dockreg:stack";

fn bounded(arn: &str) -> Condition {
    ("StringEquals", "iam:PermissionsBoundary", json!(arn))
}

/// The pattern of a name that CloudFormation makes for a resource whose name may have `limit` characters.
fn generated(stack: &str, logical_id: &str, limit: usize) -> String {
    let whole = format!("{stack}-{logical_id}-");
    if whole.len() + APPENDED - 1 <= limit {
        return whole + "*";
    }
    stack.chars().take(limit / 6).chain(['*']).collect()
}

/// The partition of a region.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
fn partition(region: &str) -> &'static str {
    const OTHERS: [(&str, &str); 6] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    OTHERS.iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::names::STACK_TAG;

    #[test]
    fn names_are_cut_where_they_do_not_fit() {
        for (stack, logical_id, limit, expected) in [
            ("docker-registry", "NodeRole", 64, "docker-registry-NodeRole-*"),
            ("docker-registry", "Bucket", 63, "docker-registry-Bucket-*"),
            ("a-stack-with-a-name-of-its-own-and-much-of-it", "NodeRole", 64, "a-stack-wi*"),
        ] {
            assert_eq!(generated(stack, logical_id, limit), expected);
        }
    }

    #[test]
    fn the_tag_is_the_stacks() {
        assert_eq!(OWN_TAG, format!("aws:ResourceTag/{STACK_TAG}"));
    }

    #[test]
    fn regions_have_partitions() {
        for (region, expected) in
            [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws")]
        {
            assert_eq!(partition(region), expected);
        }
    }
}
