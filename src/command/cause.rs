//! Why an operation failed, put together while the traces are still there: the first failure, the property AWS refused,
//! and what the node wrote to its console.

use std::time::Duration;

use serde::Serialize;

use super::follow::Ended;
use crate::aws::cloudformation::{ChangeSet, FailuresOf, failed_events};
use crate::aws::{Aws, ec2};
use crate::error::{Failure, Kind};
use crate::stack::boot;
use crate::stack::event::StackEvent;
use crate::stack::failure::{self, RootCause, signalled_failure};
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
}

/// A node that did not come up.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Node {
    /// Its instance.
    pub(super) instance: String,
    /// How far its boot came, when its console says so.
    pub(super) step: Option<boot::Step>,
    /// The end of its boot log; none when EC2 has none yet.
    pub(super) boot_log: Option<String>,
}

/// The traces of a failure are looked at for no longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// The root cause so far; for a node with its boot log, fetched before the node is gone.
pub(super) async fn find(aws: &Aws, events: &[StackEvent]) -> Option<Cause> {
    let root = failure::root_cause(events)?;
    // Without an answer in time the cause is told without its traces: whoever watches waits for it.
    let node = async { if root.node_never_signalled { node(aws, events, &root).await } else { None } };
    let node = tokio::time::timeout(PATIENCE, node).await.ok().flatten();
    let stack_id = events.first().map(|event| event.stack_id.as_str()).unwrap_or_default();
    let told = if node.is_some() { None } else { failed_events(aws, FailuresOf::Stack(stack_id)).await };
    let own = told.into_iter().flatten().find(|told| told.logical_id == root.logical_id && told.path.is_some());
    Some(Cause { root, path: own.and_then(|own| own.path), node })
}

/// The node behind the failure: the one that signalled it, else the newest of the group that wrote anything.
async fn node(aws: &Aws, events: &[StackEvent], root: &RootCause) -> Option<Node> {
    let of_group = |event: &&StackEvent| event.logical_id == root.logical_id;
    let own = || events.iter().filter(of_group);
    if let Some(instance) = own().rev().find_map(|event| signalled_failure(event.reason.as_deref()?)) {
        return Some(look(aws, instance).await);
    }
    let known = own().find_map(|event| event.physical_id.clone().filter(|id| !id.is_empty()));
    let group = root.physical_id.clone().or(known)?;
    let mut instances = ec2::instances(aws, &group).await.ok()?;
    instances.sort_by_key(|instance| std::cmp::Reverse(instance.launched));
    let mut silent = None;
    for instance in instances {
        let node = look(aws, &instance.id).await;
        if node.boot_log.is_some() {
            return Some(node);
        }
        silent.get_or_insert(node);
    }
    silent
}

async fn look(aws: &Aws, instance: &str) -> Node {
    let console = ec2::console_output(aws, instance).await.ok().flatten();
    let boot_log = console.as_deref().map(boot::tail);
    Node { instance: instance.to_owned(), step: console.as_deref().and_then(boot::step), boot_log }
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
    if let Some((node, step)) = step {
        why.push_str(&format!("; {} {step}", node.instance));
    }
    let failure = failure.cause(why);
    match step.and_then(|(_, step)| step.hint()).or(cause.root.hint.as_deref()) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
