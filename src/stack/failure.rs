//! Finds why a stack operation failed: the first real failure, told apart from what it dragged along. Pure.

use serde::Serialize;

use super::event::{Phase, StackEvent};
use super::hint::hint;
use super::status::StackStatus;

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
    pub hint: Option<String>,
    /// Whether nodes were started and did not report success, so that their boot log tells more.
    pub node_never_signalled: bool,
}

/// Whether a failed event is only the echo of another one.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>
#[must_use]
pub fn is_echo(reason: &str) -> bool {
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
        .or_else(|| of_resource.clone().find(|event| event.reason.is_none()))?;
    Some(describe(event))
}

/// Whether a reason says nothing that a person watching does not know: that somebody asked for the operation.
#[must_use]
pub fn is_known(reason: &str) -> bool {
    reason.eq_ignore_ascii_case("User Initiated")
}

/// Whether somebody had an update undone, and nothing failed by itself. CloudFormation then gives this reason for the
/// rollback, and names the resources that failed otherwise.
#[must_use]
pub fn was_cancelled(events: &[StackEvent]) -> bool {
    let undone = |event: &&StackEvent| event.stack_status() == Some(StackStatus::UpdateRollbackInProgress);
    root_cause(events).is_none()
        && events.iter().find(undone).is_some_and(|own| own.reason.as_deref().is_some_and(is_known))
}

/// The instance that told CloudFormation that it failed, when the reason is such a signal.
#[must_use]
pub fn signalled_failure(reason: &str) -> Option<&str> {
    let instance = reason.strip_prefix("Received FAILURE signal with UniqueId ")?.trim();
    instance.starts_with("i-").then_some(instance)
}

/// Turns one failed event into a cause with a hint.
#[must_use]
pub fn describe(event: &StackEvent) -> RootCause {
    let reason = event.reason.clone().unwrap_or_else(|| "AWS gave no reason".to_owned());
    let never_signalled = event.resource_type == "AWS::AutoScaling::AutoScalingGroup"
        && ["SUCCESS signal", "FAILURE signal", "resource signal"].iter().any(|words| reason.contains(words));
    RootCause {
        logical_id: event.logical_id.clone(),
        resource_type: event.resource_type.clone(),
        physical_id: event.physical_id.clone().filter(|id| !id.is_empty()),
        hint: hint(&event.resource_type, &reason),
        reason,
        node_never_signalled: never_signalled,
    }
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
    fn a_node_that_failed_is_named_by_its_signal() {
        assert_eq!(signalled_failure("Received FAILURE signal with UniqueId i-0123"), Some("i-0123"));
        assert_eq!(signalled_failure("Received SUCCESS signal with UniqueId i-0123"), None);
        assert_eq!(signalled_failure("Received FAILURE signal with UniqueId my-own"), None);
        let failed =
            event("Nodes", "AWS::AutoScaling::AutoScalingGroup", "CREATE_FAILED", "Received 1 FAILURE signal(s)");
        assert!(describe(&failed).node_never_signalled);
    }

    #[test]
    fn what_somebody_cancelled_has_no_cause() {
        let stack = super::super::event::STACK_TYPE;
        let cancelled = [
            event("s", stack, "UPDATE_IN_PROGRESS", "User Initiated"),
            event("s", stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
            event("Nodes", "AWS::AutoScaling::AutoScalingGroup", "UPDATE_FAILED", "Resource update cancelled"),
        ];
        assert_eq!((root_cause(&cancelled), was_cancelled(&cancelled)), (None, true));
        let mut failed = cancelled;
        failed[1].reason = Some("The following resource(s) failed to update: [Nodes].".to_owned());
        assert!(!was_cancelled(&failed));
    }

    #[test]
    fn no_failure_no_cause() {
        assert_eq!(root_cause(&[event("B", "AWS::S3::Bucket", "CREATE_COMPLETE", "")]), None);
    }
}
