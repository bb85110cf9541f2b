//! AWS's frequent reasons for a failed resource, and what to do about each: one table. Pure.

/// The first entry that fits counts: a part of the resource type, a part of the reason (lower case), what to do.
const HINTS: [(&str, &str, &str); 31] = [
    (
        "",
        "client.internalerror",
        "the account encrypts EBS with its own key, which the Auto Scaling role may not use: allow AWSServiceRoleForAutoScaling in that key's policy",
    ),
    (
        "",
        "invalidkmskey",
        "the account's key for disks is disabled or not for this role: look at EC2, Settings, EBS encryption",
    ),
    ("AutoScaling", "vcpu", "ask for more vCPU: Service Quotas, EC2, Running On-Demand Standard instances"),
    (
        "AutoScaling",
        "insufficientinstancecapacity",
        "AWS has none of this instance type there now: choose another --instance-type, or try again later",
    ),
    (
        "AutoScaling",
        "do not have sufficient",
        "AWS has none of this instance type there now: choose another --instance-type, or try again later",
    ),
    (
        "AutoScaling",
        "is not supported in your requested availability zone",
        "choose another --instance-type or --subnets",
    ),
    (
        "AutoScaling",
        "invalidamiid",
        "the image is gone or not shared with this account: leave --ami away, or use --upgrade",
    ),
    (
        "AutoScaling",
        "the image id",
        "the image is gone or not shared with this account: leave --ami away, or use --upgrade",
    ),
    (
        "AutoScaling",
        "configuration is currently not supported",
        "AWS does not make this instance type there: choose another --instance-type or --subnets",
    ),
    ("AutoScaling", "invalidkeypair", "there is no key pair of that name in this region: see --key-name"),
    ("AutoScaling", "the key pair", "there is no key pair of that name in this region: see --key-name"),
    (
        "AutoScaling",
        "encoded authorization failure message",
        "a policy of the organization (SCP) or of a key forbids the launch; which: aws sts decode-authorization-message",
    ),
    (
        "AutoScaling",
        "authentication failure",
        "the account has never used this service, and AWS has made its role just now, which works a moment later",
    ),
    ("AutoScaling", "signal", "the node started and did not report success: its boot log tells why"),
    ("LoadBalancer", "at least two subnets", "name subnets in two zones with --load-balancer-subnets"),
    (
        "LoadBalancer",
        "multiple subnets in the same availability zone",
        "name one subnet of each zone with --load-balancer-subnets",
    ),
    (
        "LoadBalancer",
        "not enough ip space",
        "choose subnets with at least eight free addresses: --load-balancer-subnets",
    ),
    (
        "LoadBalancer",
        "no internet gateway",
        "the subnets are private: name public ones with --load-balancer-subnets, or use --internal",
    ),
    (
        "LoadBalancer",
        "toomanyloadbalancers",
        "the account has as many load balancers as it may: ask for more in Service Quotas, or delete one",
    ),
    (
        "Listener",
        "certificate",
        "a certificate uploaded a moment ago may not be known everywhere yet: type it once more; else see which fit: dockreg cert list --domain HOST",
    ),
    (
        "RecordSet",
        "already exists",
        "a record of that name exists: remove it, or leave DNS to yourself with --dns-zone none",
    ),
    ("RecordSet", "not permitted in zone", "the host does not belong to that zone: see --dns-zone"),
    ("RecordSet", "no hosted zone", "the zone is gone: see --dns-zone"),
    ("Bucket", "already exists", "a bucket of that name exists: if it is yours, serve it with --bucket"),
    (
        "Bucket",
        "toomanybuckets",
        "the account has as many buckets as it may: ask for more in Service Quotas, or delete one",
    ),
    (
        "Secret",
        "scheduled for deletion",
        "a secret of that name is about to be deleted: wait, or restore it in Secrets Manager",
    ),
    (
        "",
        "service linked role",
        "the account has never used this service, and AWS has made its role just now, which works a moment later",
    ),
    (
        "",
        "service-linked role",
        "the account has never used this service, and AWS has made its role just now, which works a moment later",
    ),
    (
        "",
        "already exists",
        "something of that name exists and is not this stack's: remove or rename it, or use another --stack-name",
    ),
    ("", "limitexceeded", "a quota of the account is reached: see Service Quotas, or remove what is unused"),
    ("", "quota", "a quota of the account is reached: see Service Quotas, or remove what is unused"),
];

/// Occurs in the ARN of the roles by which AWS's services act for themselves.
const SERVICE_ROLE: &str = "assumed-role/AWSServiceRole";

/// What to do about a resource that failed for this reason, when that is known.
#[must_use]
pub fn hint(resource_type: &str, reason: &str) -> Option<String> {
    if let Some(action) = denied_action(reason) {
        if reason.contains(SERVICE_ROLE) {
            return Some(format!("a policy of the organization (SCP) or of a key denies AWS's own role {action}"));
        }
        return Some(format!("the credentials, or the role given with --role-arn, lack the permission {action}"));
    }
    let lower = reason.to_ascii_lowercase();
    let found = HINTS.iter().find(|(kind, part, _)| resource_type.contains(kind) && lower.contains(part));
    if let Some((.., hint)) = found {
        return Some((*hint).to_owned());
    }
    let denied = ["accessdenied", "access denied", "not authorized", "unauthorizedoperation"];
    denied
        .iter()
        .any(|part| lower.contains(part))
        .then(|| "the credentials, or the role given with --role-arn, may not do this".to_owned())
}

/// The action in `User: … is not authorized to perform: iam:CreateRole on resource: …`.
fn denied_action(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once("not authorized to perform")?;
    let action = rest.trim_start_matches([':', ' ']).split_whitespace().next()?;
    action.contains(':').then(|| action.trim_end_matches([',', '.', ';']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_reasons_have_their_hint() {
        // AWS's words, as people quote them, and a part of what we say.
        let table = [
            (
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone (Service: AmazonElasticLoadBalancing; Status Code: 400; Error Code: InvalidConfigurationRequest)",
                "one subnet of each zone",
            ),
            (
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "At least two subnets in two different Availability Zones must be specified",
                "two zones",
            ),
            (
                "AWS::ElasticLoadBalancingV2::Listener",
                "Certificate 'arn:aws:iam::1:server-certificate/x' not found (Error Code: CertificateNotFound)",
                "cert list",
            ),
            (
                "AWS::Route53::RecordSet",
                "[Tried to create resource record set [name='d.', type='A'] but it already exists]",
                "--dns-zone none",
            ),
            ("AWS::S3::Bucket", "images already exists", "--bucket"),
            ("AWS::EC2::SecurityGroup", "nodes already exists in stack", "--stack-name"),
            (
                "AWS::IAM::Role",
                "User: arn:aws:iam::1:user/u is not authorized to perform: iam:CreateRole on resource: arn",
                "permission iam:CreateRole",
            ),
            (
                "AWS::AutoScaling::AutoScalingGroup",
                "You are not authorized to perform this operation.",
                "may not do this",
            ),
            ("AWS::IAM::Role", "Cannot exceed quota for RolesPerAccount: 1000 (Error Code: LimitExceeded)", "quota"),
            ("AWS::EC2::LaunchTemplate", "The maximum quota is reached", "Service Quotas"),
            (
                "AWS::AutoScaling::AutoScalingGroup",
                "You have requested more vCPU capacity than your current vCPU limit",
                "more vCPU",
            ),
            (
                "AWS::AutoScaling::AutoScalingGroup",
                "Instance became unhealthy: Client.InternalError: Client error on launch",
                "AWSServiceRoleForAutoScaling",
            ),
            (
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "Unable to create the service linked role for Elastic Load Balancing",
                "a moment later",
            ),
            ("AWS::AutoScaling::AutoScalingGroup", "Received 1 FAILURE signal(s) out of 1.", "boot log"),
        ];
        for (kind, reason, part) in table {
            let told = hint(kind, reason);
            assert!(told.as_ref().is_some_and(|told| told.contains(part)), "{reason}: {told:?}");
        }
    }

    #[test]
    fn what_auto_scaling_says_of_a_launch_has_its_hint() {
        // StatusMessage of DescribeScalingActivities, which names no code of EC2's.
        // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html
        let table = [
            (
                "Your requested instance type (t3.medium) is not supported in your requested Availability Zone (us-east-1e). Please retry your request by not specifying an Availability Zone or choosing us-east-1a. Launching EC2 instance failed.",
                "another --instance-type or --subnets",
            ),
            (
                "We currently do not have sufficient t3.small capacity in the Availability Zone you requested (us-east-1a). Launching EC2 instance failed.",
                "try again later",
            ),
            (
                "Could not launch On-Demand Instances. InsufficientInstanceCapacity - There is no capacity. Launching EC2 instance failed.",
                "try again later",
            ),
            (
                "You have requested more vCPU capacity than your current vCPU limit of 5 allows for the instance bucket that the specified instance type belongs to. Launching EC2 instance failed.",
                "more vCPU",
            ),
            (
                "Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more. Launching EC2 instance failed.",
                "more vCPU",
            ),
            (
                "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: Client.InternalError: Client error on launch",
                "AWSServiceRoleForAutoScaling",
            ),
            ("The key pair 'mine' does not exist. Launching EC2 instance failed.", "--key-name"),
            ("The image id '[ami-1]' does not exist. Launching EC2 instance failed.", "--upgrade"),
            ("The requested configuration is currently not supported. Launching EC2 instance failed.", "--subnets"),
            (
                "You are not authorized to perform this operation. Encoded authorization failure message: x. Launching EC2 instance failed.",
                "SCP",
            ),
            (
                "User: arn:aws:sts::1:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling is not authorized to perform: ec2:RunInstances on resource: arn with an explicit deny in a service control policy",
                "AWS's own role ec2:RunInstances",
            ),
            ("Authentication Failure. Launching EC2 instance failed.", "a moment later"),
        ];
        for (reason, part) in table {
            let told = hint("AWS::AutoScaling::AutoScalingGroup", reason);
            assert!(told.as_ref().is_some_and(|told| told.contains(part)), "{reason}: {told:?}");
        }
    }

    #[test]
    fn an_unknown_reason_has_none() {
        assert_eq!(hint("AWS::S3::Bucket", "no such luck"), None);
    }

    #[test]
    fn every_entry_can_be_reached() {
        for (index, (kind, part, own)) in HINTS.iter().enumerate() {
            let first = HINTS.iter().position(|(k, p, _)| kind.contains(k) && part.contains(p));
            assert_eq!(first, Some(index), "{part:?} is hidden by an earlier entry: {own}");
            assert_eq!(part.to_ascii_lowercase(), **part);
        }
    }
}
