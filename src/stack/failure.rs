//! Finds why a stack operation failed: the first real failure, told apart from what it dragged along. Pure.

use serde::Serialize;

use super::event::{Phase, StackEvent};

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootCause {
    /// The resource that failed first.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Its id in AWS, if it got that far.
    pub physical_id: Option<String>,
    /// AWS's words.
    pub reason: String,
    /// What to do about it, when that is known.
    pub hint: Option<&'static str>,
    /// Whether nodes were started and did not report success, so that their boot log tells more.
    pub node_never_signalled: bool,
}

/// Whether a failed event is only the echo of another one.
fn is_echo(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("resource creation cancelled")
        || reason.contains("resource update cancelled")
        || reason.contains("resource deletion cancelled")
        || reason.starts_with("the following resource(s) failed")
}

/// Finds the root cause among events, oldest first.
#[must_use]
pub fn root_cause(events: &[StackEvent]) -> Option<RootCause> {
    let failed = |event: &&StackEvent| event.phase() == Phase::Failed;
    let real = |event: &&StackEvent| event.reason.as_deref().is_some_and(|reason| !is_echo(reason));
    let of_resource = events.iter().filter(failed).filter(|event| !event.is_stack());
    let event = of_resource
        .clone()
        .find(real)
        .or_else(|| events.iter().filter(failed).find(real))
        .or_else(|| of_resource.clone().next())?;
    Some(describe(event))
}

/// Turns one failed event into a cause with a hint.
#[must_use]
pub fn describe(event: &StackEvent) -> RootCause {
    let reason = event.reason.clone().unwrap_or_else(|| "AWS gave no reason".to_owned());
    let never_signalled = event.resource_type == "AWS::AutoScaling::AutoScalingGroup"
        && (reason.contains("SUCCESS signal") || reason.contains("resource signal"));
    RootCause {
        logical_id: event.logical_id.clone(),
        resource_type: event.resource_type.clone(),
        physical_id: event.physical_id.clone().filter(|id| !id.is_empty()),
        hint: hint(&event.resource_type, &reason),
        reason,
        node_never_signalled: never_signalled,
    }
}

/// Known reasons and what to do about them; the first that fits counts. Each entry: a part of the resource type, a part
/// of the reason (lower case), the hint.
const HINTS: [(&str, &str, &str); 14] = [
    (
        "",
        "client.internalerror",
        "the account encrypts EBS with its own key, which the Auto Scaling role may not use: allow AWSServiceRoleForAutoScaling in that key's policy",
    ),
    ("AutoScaling", "vcpu", "ask for more vCPU: Service Quotas, EC2, Running On-Demand Standard instances"),
    (
        "AutoScaling",
        "insufficientinstancecapacity",
        "AWS has none of this instance type there now: choose another --instance-type, or try again later",
    ),
    (
        "AutoScaling",
        "is not supported in your requested availability zone",
        "choose another --instance-type or --subnets",
    ),
    ("AutoScaling", "success signal", "the node started and never reported success: its boot log tells why"),
    ("AutoScaling", "resource signal", "the node started and never reported success: its boot log tells why"),
    ("LoadBalancer", "at least two subnets", "name subnets in two zones with --load-balancer-subnets"),
    (
        "LoadBalancer",
        "no internet gateway",
        "the subnets are private: name public ones with --load-balancer-subnets, or use --internal",
    ),
    ("Listener", "certificate", "see which certificates fit: dockreg cert list --domain HOST"),
    (
        "RecordSet",
        "already exists",
        "a record of that name exists: remove it, or leave DNS to yourself with --dns-zone none",
    ),
    ("", "service linked role", "the account has never used this service: run `dockreg up` once more"),
    ("", "not authorized to perform", "the credentials, or the role given with --role-arn, lack this permission"),
    ("", "accessdenied", "the credentials, or the role given with --role-arn, lack this permission"),
    ("", "limitexceeded", "a quota of the account is reached: see Service Quotas, or remove what is unused"),
];

/// What to do about a reason, when that is known.
#[must_use]
pub fn hint(resource_type: &str, reason: &str) -> Option<&'static str> {
    let reason = reason.to_ascii_lowercase();
    let found = HINTS.iter().find(|(kind, part, _)| resource_type.contains(kind) && reason.contains(part));
    found.map(|(_, _, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(logical_id: &str, kind: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent {
            id: format!("{logical_id}-{status}"),
            at: jiff::Timestamp::UNIX_EPOCH,
            logical_id: logical_id.to_owned(),
            physical_id: (kind == super::super::event::STACK_TYPE).then(|| "arn:stack".to_owned()),
            resource_type: kind.to_owned(),
            status: status.to_owned(),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            stack_id: "arn:stack".to_owned(),
            token: None,
        }
    }

    #[test]
    fn the_first_real_failure_is_the_cause() {
        let events = [
            event("s", super::super::event::STACK_TYPE, "CREATE_IN_PROGRESS", "User Initiated"),
            event("Bucket", "AWS::S3::Bucket", "CREATE_FAILED", "Resource creation cancelled"),
            event(
                "Nodes",
                "AWS::AutoScaling::AutoScalingGroup",
                "CREATE_FAILED",
                "Received 0 SUCCESS signal(s) out of 1.",
            ),
            event("DnsRecord", "AWS::Route53::RecordSet", "CREATE_FAILED", "already exists"),
            event(
                "s",
                super::super::event::STACK_TYPE,
                "ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Nodes].",
            ),
        ];
        let cause = root_cause(&events);
        assert_eq!(cause.as_ref().map(|cause| cause.logical_id.as_str()), Some("Nodes"));
        assert!(cause.is_some_and(|cause| cause.node_never_signalled && cause.hint.is_some()));
    }

    #[test]
    fn no_failure_no_cause() {
        assert_eq!(root_cause(&[event("B", "AWS::S3::Bucket", "CREATE_COMPLETE", "")]), None);
    }

    #[test]
    fn hints_belong_to_their_resource() {
        assert!(hint("AWS::Route53::RecordSet", "Tried to create resource record set but it already exists").is_some());
        assert!(hint("AWS::S3::Bucket", "bucket already exists").is_none());
        assert!(hint("AWS::IAM::Role", "User: arn is not authorized to perform: iam:CreateRole").is_some());
    }
}
