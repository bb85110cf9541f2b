//! How long AWS usually takes for each type of resource, what people call it, and what it waits for. Pure.
//!
//! The times of creation come from public reports of CloudFormation deployments; a node boots, installs and signals
//! within about two and a half minutes, and one that goes is drained for two. All of them are guesses and shown as such.

use std::time::Duration;

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
}

struct Typical {
    resource_type: &'static str,
    noun: &'static str,
    create: u64,
    update: u64,
    delete: u64,
    after: &'static [&'static str],
}

const GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";
const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const CERTIFICATE: &str = "AWS::CertificateManager::Certificate";
const PROFILE: &str = "AWS::IAM::InstanceProfile";
const ROLE: &str = "AWS::IAM::Role";
const SECURITY_GROUP: &str = "AWS::EC2::SecurityGroup";
const LAUNCH_TEMPLATE: &str = "AWS::EC2::LaunchTemplate";

/// Seconds to create, update and delete, and what creation waits for.
const TABLE: &[Typical] = &[
    row(GROUP, "nodes", [150, 300, 180], &[LAUNCH_TEMPLATE, LISTENER]),
    row(BALANCER, "load balancer", [116, 20, 20], &[SECURITY_GROUP]),
    row(CERTIFICATE, "certificate", [239, 20, 20], &[]),
    row(PROFILE, "instance profile", [126, 20, 3], &[ROLE]),
    row("AWS::S3::Bucket", "bucket", [30, 20, 3], &[]),
    row("AWS::Route53::RecordSet", "DNS record", [35, 35, 35], &[BALANCER]),
    row("AWS::IAM::ManagedPolicy", "policy", [17, 17, 3], &[]),
    row(ROLE, "role", [12, 12, 3], &[]),
    row(SECURITY_GROUP, "security group", [6, 6, 6], &[]),
    row("AWS::EC2::SecurityGroupIngress", "firewall rule", [3, 3, 3], &[SECURITY_GROUP]),
    row("AWS::EC2::SecurityGroupEgress", "firewall rule", [3, 3, 3], &[SECURITY_GROUP]),
    row(LAUNCH_TEMPLATE, "launch template", [6, 6, 3], &[PROFILE, SECURITY_GROUP]),
    row("AWS::ElasticLoadBalancingV2::TargetGroup", "target group", [3, 3, 3], &[]),
    row(LISTENER, "listener", [3, 3, 3], &[BALANCER, CERTIFICATE]),
    row("AWS::S3::BucketPolicy", "bucket policy", [3, 3, 3], &["AWS::S3::Bucket"]),
    row("AWS::SecretsManager::Secret", "secret", [6, 6, 6], &[]),
];

const fn row(
    resource_type: &'static str,
    noun: &'static str,
    [create, update, delete]: [u64; 3],
    after: &'static [&'static str],
) -> Typical {
    Typical { resource_type, noun, create, update, delete, after }
}

fn find(resource_type: &str) -> Option<&'static Typical> {
    TABLE.iter().find(|typical| typical.resource_type == resource_type)
}

/// What people call a resource of this type.
pub fn noun(resource_type: &str) -> &str {
    find(resource_type)
        .map_or_else(|| resource_type.strip_prefix("AWS::").unwrap_or(resource_type), |typical| typical.noun)
}

/// How long it usually takes.
pub fn time(resource_type: &str, deed: Deed) -> Duration {
    Duration::from_secs(find(resource_type).map_or(5, |typical| match deed {
        Deed::Create => typical.create,
        Deed::Update => typical.update,
        Deed::Delete => typical.delete,
    }))
}

/// The types that must be there before one of this type is begun.
pub fn waits_for(resource_type: &str) -> &'static [&'static str] {
    find(resource_type).map_or(&[], |typical| typical.after)
}

/// Whether it takes so much longer than usual that it is worth saying: by half, and by ten seconds.
pub fn is_slow(elapsed: Duration, usual: Duration) -> bool {
    elapsed > usual + usual / 2 && elapsed > usual + Duration::from_secs(10)
}
