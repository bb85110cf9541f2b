//! UpdateStack, and the operations that stop, continue or undo an update.

use std::sync::Arc;

use serde_json::{Value, json};

use super::change_set::{plan, view};
use super::deployment::Deployment;
use super::engine::{Job, Operation};
use super::event::now;
use super::input::{Request, flag, stack_name, text, texts};
use super::stack_create::start;
use super::state::{Rollback, Stack, StackSettings, Wish};
use super::status;
use crate::{AwsError, Region};

/// Carries out UpdateStack.
///
/// # Errors
/// What is refused before the update begins.
pub(super) fn update(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    let request = Request::read(input)?;
    let current = region.world(|world| {
        let stack = world.cloudformation.stack(name).ok_or_else(|| status::missing(name))?;
        status::check_update_begins(stack, disables_rollback(input), "update-stack").map(|()| view(stack))
    })?;
    let identity = (current.name.as_str(), current.id.as_str());
    let deployment = Arc::new(Deployment::prepare(region, &request, identity, current.deployment.as_deref())?);
    refuse_other_types(&current, &deployment)?;
    let plan = plan(region, Some(&current), &deployment);
    if plan.is_empty() && plan.refused.is_empty() {
        // https://github.com/aws/aws-cli/issues/2717
        return Err(AwsError::validation("No updates are to be performed."));
    }
    let token = text(input, "ClientRequestToken").map(str::to_owned);
    let operation = region.world(|world| -> Result<Operation, AwsError> {
        let stack = world.cloudformation.stack_mut(&current.id).ok_or_else(|| status::missing(name))?;
        status::check_update_begins(stack, disables_rollback(input), "update-stack")?;
        let settings = request.settings(input, &stack.settings);
        stack.settings = StackSettings { on_failure: "ROLLBACK".to_owned(), timeout_minutes: None, ..settings };
        for change_set in &mut stack.change_sets {
            change_set.overtake();
        }
        Ok(begin(region, stack, Arc::clone(&deployment), token))
    })?;
    let answer = json!({"StackId": current.id, "OperationId": operation.operation_id});
    operation.spawn();
    Ok(answer)
}

/// Whether the caller wants the stack to be left as it fails.
fn disables_rollback(input: &Value) -> bool {
    flag(input, "DisableRollback") || flag(&input["DeploymentConfig"], "DisableRollback")
}

/// A resource keeps its type for life.
/// https://github.com/serverless/serverless/issues/4481
fn refuse_other_types(current: &Stack, next: &Deployment) -> Result<(), AwsError> {
    let other =
        |id: &str, kind: &str| current.resource(id).is_some_and(|known| known.exists() && known.resource_type != kind);
    let changed: Vec<&str> = next
        .resources()
        .filter(|declared| other(&declared.logical_id, &declared.resource_type))
        .map(|declared| declared.logical_id.as_str())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    Err(AwsError::validation(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: \
         [{}]",
        changed.join(", ")
    )))
}

/// Begins an update.
pub(super) fn begin(
    region: &Arc<Region>,
    stack: &mut Stack,
    deployment: Arc<Deployment>,
    token: Option<String>,
) -> Operation {
    if let (true, Some(last)) = (status::is_whole(stack.status), &stack.deployment) {
        stack.rollback = Some(Rollback { deployment: Arc::clone(last), resources: stack.resources.clone() });
    }
    stack.updated = Some(now());
    stack.deployment = Some(Arc::clone(&deployment));
    start(region, stack, deployment, token, ("UPDATE_STACK", "UPDATE_IN_PROGRESS"), Job::Update)
}

/// Carries out CancelUpdateStack.
///
/// # Errors
/// No update is under way.
pub(super) fn cancel(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    region.world(|world| {
        let stack = world.cloudformation.stack_mut(name).ok_or_else(|| status::missing(name))?;
        if stack.status != "UPDATE_IN_PROGRESS" {
            // https://github.com/aws/copilot-cli (its tests quote the service)
            return Err(AwsError::validation("CancelUpdateStack cannot be called from current stack status"));
        }
        stack.wish = Some(Wish::Cancel);
        let token = text(input, "ClientRequestToken").map(str::to_owned);
        stack.begin(region, "ROLLBACK", token);
        stack.set_status(region, "UPDATE_ROLLBACK_IN_PROGRESS", Some("User Initiated".to_owned()));
        if let Some(cancel) = &stack.cancel {
            cancel.send_replace(true);
        }
        Ok(json!({}))
    })
}

/// Carries out ContinueUpdateRollback.
///
/// # Errors
/// The stack is in no failed rollback, or a resource to skip did not fail.
pub(super) fn continue_rollback(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    let operation = region.world(|world| {
        let stack = world.cloudformation.stack_mut(name).ok_or_else(|| status::missing(name))?;
        if stack.status != "UPDATE_ROLLBACK_FAILED" {
            return Err(AwsError::validation(format!(
                "Stack:{} is in {} state and can not continue update rollback.", // [U]
                stack.id, stack.status
            )));
        }
        let skip = texts(input, "ResourcesToSkip");
        for id in &skip {
            // Only what the rollback itself could not bring back, not what failed or was cancelled on the way forward.
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html; the words [U]
            if !stack.not_rolled_back.contains(id) {
                return Err(AwsError::validation(format!(
                    "Only resources that are in the UPDATE_FAILED state because a rollback failed can be skipped: [{id}]"
                )));
            }
        }
        let target = stack.rollback.as_ref().map(|rollback| Arc::clone(&rollback.deployment));
        let deployment = target.ok_or_else(|| AwsError::validation("There is nothing to roll back to"))?; // [U]
        let token = text(input, "ClientRequestToken").map(str::to_owned);
        let kind = ("CONTINUE_ROLLBACK", "UPDATE_ROLLBACK_IN_PROGRESS");
        Ok(start(region, stack, deployment, token, kind, Job::ContinueRollback { skip }))
    })?;
    operation.spawn();
    Ok(json!({}))
}

/// Carries out RollbackStack.
///
/// # Errors
/// The stack was not left as it failed.
pub(super) fn roll_back(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    let operation = region.world(|world| {
        let stack = world.cloudformation.stack_mut(name).ok_or_else(|| status::missing(name))?;
        let status = match (stack.status, &stack.rollback) {
            // A stack that was never whole has only its creation to undo.
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html
            ("CREATE_FAILED" | "UPDATE_FAILED", None) => "ROLLBACK_IN_PROGRESS",
            ("UPDATE_FAILED", Some(_)) => "UPDATE_ROLLBACK_IN_PROGRESS",
            _ => {
                return Err(AwsError::validation(format!(
                    "Stack:{} is in {} state and can not be rolled back.", // [U]
                    stack.id, stack.status
                )));
            }
        };
        stack.settings.retain_except_on_create = flag(input, "RetainExceptOnCreate");
        let current = stack.deployment.as_ref().map(Arc::clone);
        let deployment = current.ok_or_else(|| AwsError::validation("There is nothing to roll back to"))?; // [U]
        let token = text(input, "ClientRequestToken").map(str::to_owned);
        Ok(start(region, stack, deployment, token, ("ROLLBACK", status), Job::RollBack))
    })?;
    let answer = json!({"StackId": operation.stack_id, "OperationId": operation.operation_id});
    operation.spawn();
    Ok(answer)
}
