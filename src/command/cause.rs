//! Why an operation failed, put together while the traces are still there: the first failure, the property AWS refused,
//! and what the node wrote to its console, or why there is no node.

mod node;

use std::time::Duration;

use serde::Serialize;

use self::node::{Launch, Node};
use super::follow::Ended;
use crate::aws::Aws;
use crate::aws::cloudformation::{ChangeSet, FailuresOf, failed_events};
use crate::error::{Failure, Kind};
use crate::stack::event::StackEvent;
use crate::stack::failure::{self, RootCause};
use crate::stack::hint::hint;
use crate::ui::Progress;

/// The root cause, and what the node wrote to its console.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cause {
    /// The first failure.
    #[serde(flatten)]
    pub(super) root: RootCause,
    /// Where in the resource, when CloudFormation's own validation refused it.
    pub(super) path: Option<String>,
    /// The node that never reported success, or reported failure.
    pub(super) node: Option<Node>,
    /// What Auto Scaling was told when it tried to launch one and could not.
    pub(super) not_launched: Option<String>,
}

/// The traces of a failure are looked at for no longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// The root cause so far; for a node with its boot log, fetched before the node is gone.
pub(super) async fn find(aws: &Aws, events: &[StackEvent]) -> Option<Cause> {
    let mut root = failure::root_cause(events)?;
    // Without an answer in time the cause is told without its traces: whoever watches waits for it.
    let launch = async { if root.node_never_signalled { node::behind(aws, events, &root).await } else { None } };
    let (node, not_launched) = match tokio::time::timeout(PATIENCE, launch).await.ok().flatten() {
        Some(Launch::Node(node)) => (Some(node), None),
        Some(Launch::Refused(why)) => {
            root.hint = hint(&root.resource_type, &why);
            (None, Some(why))
        }
        Some(Launch::Nothing(group)) => {
            root.hint = Some(node::advice(&group));
            (None, None)
        }
        None => (None, None),
    };
    let stack_id = events.first().map(|event| event.stack_id.as_str()).unwrap_or_default();
    let traced = node.is_some() || not_launched.is_some();
    let told = if traced { None } else { failed_events(aws, FailuresOf::Stack(stack_id)).await };
    let own = told.into_iter().flatten().find(|told| told.logical_id == root.logical_id && told.path.is_some());
    Some(Cause { root, path: own.and_then(|own| own.path), node, not_launched })
}

/// Most checks that a change set fails are told apart in one message.
const MOST_CHECKS: usize = 5;

/// The failure of a change set that CloudFormation did not accept: with the properties its early validation refused.
pub(super) async fn refused(aws: &Aws, id: &str, change_set: ChangeSet) -> Failure {
    let failure = Failure::new(Kind::Refused, "CloudFormation does not accept the change; nothing was changed");
    let mut why = change_set.reason.unwrap_or(change_set.status);
    let checks = failed_events(aws, FailuresOf::ChangeSet(id)).await.unwrap_or_default();
    for check in checks.iter().take(MOST_CHECKS) {
        let place = check.path.clone().unwrap_or_else(|| check.logical_id.clone());
        why.push_str(&format!("\n{place}: {}", check.reason));
    }
    if checks.len() > MOST_CHECKS {
        why.push_str(&format!("\nand {} more", checks.len() - MOST_CHECKS));
    }
    let hint = checks.first().and_then(|check| hint(&check.resource_type, &check.reason));
    match hint {
        Some(hint) => failure.cause(why).hint(hint),
        None => failure.cause(why),
    }
}

/// Shows a cause among the progress, right after the event that gave AWS's reason.
pub(super) fn show(progress: &Progress, cause: &Cause) {
    let RootCause { logical_id, resource_type, hint, .. } = &cause.root;
    progress.line(&format!("first failure: {logical_id} ({resource_type})"));
    if let Some(why) = &cause.not_launched {
        progress.line(&format!("  no node could be launched: {why}"));
    }
    if let Some(path) = &cause.path {
        progress.line(&format!("  at {path}"));
    }
    if let Some(hint) = hint {
        progress.line(&format!("  hint: {hint}"));
    }
    let Some(Node { instance, step, boot_log }) = &cause.node else { return };
    if let Some(step) = step {
        progress.line(&format!("  {instance} {step}"));
        if let Some(hint) = step.hint() {
            progress.line(&format!("  hint: {hint}"));
        }
    }
    match boot_log {
        Some(log) => {
            progress.line(&format!("  the end of the boot log of {instance}:"));
            for line in log.lines() {
                progress.line(&format!("    {line}"));
            }
        }
        None => progress.line(&format!(
            "  {instance} wrote nothing to its console yet; in some minutes: aws ec2 get-console-output --latest \
             --instance-id {instance}"
        )),
    }
}

/// The failure of an operation that ended badly.
pub(super) fn failed(ended: &Ended, doing: &str) -> Failure {
    let failure = Failure::new(Kind::OperationFailed, format!("{doing} failed: the stack is {}", ended.status));
    let Some(cause) = &ended.cause else { return failure };
    let step = cause.node.as_ref().and_then(|node| Some((node, node.step.as_ref()?)));
    let mut why = format!("{}: {}", cause.root.logical_id, cause.root.reason);
    if let Some(path) = &cause.path {
        why.push_str(&format!(" (at {path})"));
    }
    if let Some(refused) = &cause.not_launched {
        why.push_str(&format!("; no node could be launched: {refused}"));
    }
    if let Some((node, step)) = step {
        why.push_str(&format!("; {} {step}", node.instance));
    }
    let failure = failure.cause(why);
    match step.and_then(|(_, step)| step.hint()).or(cause.root.hint.as_deref()) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
