//! Signals: instances say SUCCESS or FAILURE, and the resource that waits counts them.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::input::{stack_name, text};
use super::status;
use crate::resource::{Phase, ResourceContext, ResourceFailure};
use crate::{AwsError, Region};

/// One signal of the running operation.
#[derive(Debug, Clone)]
pub(super) struct Signal {
    logical_id: String,
    unique_id: String,
    success: bool,
    /// Whether the resource has counted it.
    counted: bool,
}

/// Waits until `count` signals for the context's resource have arrived, counting none twice.
///
/// The share that must be SUCCESS is the resource's own `MinSuccessfulInstancesPercent`, of its creation policy while it
/// is created and of its rolling update otherwise. `timeout` is in simulated time; a signal that is missing then counts
/// as a failure.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html
///
/// # Errors
/// Too many failures, in the words of the resource's event.
pub async fn await_signals(context: &ResourceContext, count: usize, timeout: Duration) -> Result<(), ResourceFailure> {
    let percent = minimum_percent(context);
    // A share of the count that is not whole is rounded up.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html
    let needed = (count * percent).div_ceil(100);
    let signalled = context.region.world(|world| world.cloudformation.signalled.clone());
    let clock = context.region.node_clock();
    let mut patience = pin!(clock.patience(timeout));
    let (mut succeeded, mut failed) = (0, 0);
    loop {
        let mut arrival = pin!(signalled.notified());
        arrival.as_mut().enable();
        for signal in take(context, count - succeeded - failed) {
            if signal.success {
                succeeded += 1;
            } else {
                failed += 1;
            }
        }
        if succeeded + failed == count && succeeded >= needed {
            return Ok(());
        }
        if failed > count - needed {
            return Err(failure(format!(
                "Received {failed} FAILURE signal(s) out of {count}.  \
                 Unable to satisfy {percent}% MinSuccessfulInstancesPercent requirement"
            )));
        }
        let arrived = tokio::select! {
            () = arrival => true,
            () = &mut patience => false,
        };
        if !arrived {
            return if succeeded >= needed { Ok(()) } else { Err(too_late(context, succeeded, count, percent)) };
        }
    }
}

fn too_late(context: &ResourceContext, succeeded: usize, count: usize, percent: usize) -> ResourceFailure {
    if context.phase == Phase::Create {
        failure(format!(
            "Received {succeeded} SUCCESS signal(s) out of {count}.  \
             Unable to satisfy {percent}% MinSuccessfulInstancesPercent requirement"
        ))
    } else {
        let missing = count - succeeded;
        context.report(&format!(
            "Failed to receive {missing} resource signal(s) for the current batch.  \
             Each resource signal timeout is counted as a FAILURE."
        ));
        failure(format!(
            "Received {missing} FAILURE signal(s) out of {count}.  \
             Unable to satisfy {percent}% MinSuccessfulInstancesPercent requirement"
        ))
    }
}

fn failure(reason: String) -> ResourceFailure {
    ResourceFailure::new("NotStabilized", reason)
}

/// Counts at most `limit` of the resource's signals that it has not counted yet.
///
/// A creation counts signals, whoever sent them; an update waits for its new instances, so that a signal under another
/// name is recorded and does not count. [U] for both
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
fn take(context: &ResourceContext, limit: usize) -> Vec<Signal> {
    context.region.world(|world| {
        let Some(stack) = world.cloudformation.stack_mut(&context.stack_id) else { return Vec::new() };
        let group = stack.resource(&context.logical_id).and_then(|resource| resource.physical_id.clone());
        let group = group.and_then(|name| world.autoscaling.group(&name).ok());
        let is_ours = |id: &str| {
            context.phase == Phase::Create
                || group.is_some_and(|group| group.members.iter().any(|member| member.instance_id == id))
        };
        let waiting = stack.signals.iter_mut().filter(|signal| !signal.counted);
        let ours = waiting.filter(|signal| signal.logical_id == context.logical_id && is_ours(&signal.unique_id));
        ours.take(limit)
            .map(|signal| {
                signal.counted = true;
                signal.clone()
            })
            .collect()
    })
}

fn minimum_percent(context: &ResourceContext) -> usize {
    let pointer = if context.phase == Phase::Create {
        "/CreationPolicy/AutoScalingCreationPolicy/MinSuccessfulInstancesPercent"
    } else {
        "/UpdatePolicy/AutoScalingRollingUpdate/MinSuccessfulInstancesPercent"
    };
    let (policy, rest) = pointer[1..].split_once('/').unwrap_or((pointer, ""));
    let value = context.attributes.get(policy).and_then(|policy| policy.pointer(&format!("/{rest}")));
    let percent = match value {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    percent.and_then(|percent| usize::try_from(percent).ok()).unwrap_or(100).min(100)
}

/// Carries out SignalResource.
///
/// # Errors
/// The stack does not exist, or does not wait for anything now.
pub(super) fn signal(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    let logical_id = text(input, "LogicalResourceId").unwrap_or_default();
    let unique_id = text(input, "UniqueId").unwrap_or_default();
    let status = text(input, "Status").unwrap_or_default();
    region.world(|world| {
        let stack = world.cloudformation.stack_mut(name).ok_or_else(|| status::missing(name))?;
        // Only a creation or an update waits for signals. [U] for the statuses of a rollback
        let waits = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"].contains(&stack.status);
        if !waits {
            // https://github.com/aws-cloudformation/aws-cloudformation-templates/issues/34
            return Err(AwsError::validation(format!(
                "Stack {} is in {} state and cannot be signaled",
                stack.id, stack.status
            )));
        }
        let Some(resource) = stack.resource(logical_id) else {
            return Err(AwsError::validation(format!("Resource {logical_id} does not exist for stack {}", stack.name)));
        };
        if !matches!(resource.status, "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS") {
            // [U] the words
            return Err(AwsError::validation(format!(
                "Resource {logical_id} is in {} state and cannot be signaled",
                resource.status
            )));
        }
        let in_progress = resource.status;
        let success = status == "SUCCESS";
        let same = |signal: &&mut Signal| signal.logical_id == logical_id && signal.unique_id == unique_id;
        match stack.signals.iter_mut().find(same) {
            // https://github.com/eucalyptus/eucalyptus (its CloudFormationService); that AWS says the same [U]
            Some(_) if success => {
                return Err(AwsError::validation(format!(
                    "Signal with ID {unique_id} for resource {logical_id} already exists.  Signals may only be updated \
                     with a FAILURE status."
                )));
            }
            Some(signal) => (signal.success, signal.counted) = (false, false),
            None => stack.signals.push(Signal {
                logical_id: logical_id.to_owned(),
                unique_id: unique_id.to_owned(),
                success,
                counted: false,
            }),
        }
        // https://github.com/code-dot-org/code-dot-org/pull/33795, in the events quoted there
        let reason = format!("Received {status} signal with UniqueId {unique_id}");
        stack.set_resource_status(logical_id, in_progress, Some(reason));
        world.cloudformation.signalled.notify_waiters();
        Ok(json!({}))
    })
}
