//! DeleteStack and UpdateTerminationProtection.

use std::sync::Arc;

use serde_json::{Value, json};

use super::engine::Job;
use super::event::now;
use super::input::{flag, stack_name, text, texts};
use super::stack_create::start;
use super::state::Wish;
use super::status;
use crate::{AwsError, Region};

/// Carries out DeleteStack. A stack that does not exist is as good as deleted.
///
/// # Errors
/// Protection, an update under way, or options that the stack's status does not allow.
pub(super) fn delete(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    let token = text(input, "ClientRequestToken").map(str::to_owned);
    let operation = region.world(|world| {
        let used = world.cloudformation.stack(name).and_then(|stack| world.cloudformation.refuse_deletion(&stack.id));
        let Some(stack) = world.cloudformation.stack_mut(name) else { return Ok(None) };
        if matches!(stack.status, "DELETE_COMPLETE" | "DELETE_IN_PROGRESS") {
            return Ok(None);
        }
        if stack.termination_protection {
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
            return Err(AwsError::validation(format!(
                "Stack [{}] cannot be deleted while TerminationProtection is enabled",
                stack.name
            )));
        }
        let retain = texts(input, "RetainResources");
        let force = text(input, "DeletionMode") == Some("FORCE_DELETE_STACK");
        if force && stack.status != "DELETE_FAILED" {
            // https://github.com/awslabs/eks-perf-tests/pull/517
            return Err(AwsError::validation(format!(
                "Invalid operation on stack [{}]. You can activate DeletionMode FORCE_DELETE_STACK in a delete stack \
                 operation only when the stack is in the DELETE_FAILED state.",
                stack.id
            )));
        }
        if !retain.is_empty() && stack.status != "DELETE_FAILED" {
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html; the words [U]
            return Err(AwsError::validation(format!(
                "Invalid operation on stack [{}]. RetainResources is only allowed for stacks in the DELETE_FAILED state",
                stack.id
            )));
        }
        for id in &retain {
            let Some(resource) = stack.resource(id) else {
                // [U] the words
                return Err(AwsError::validation(format!("Resource {id} does not exist for stack {}", stack.name)));
            };
            if resource.status == "DELETE_COMPLETE" {
                // https://github.com/rebuy-de/aws-nuke/issues/270
                return Err(AwsError::validation(
                    "The specified resources to retain must be in a valid state. Do not specify resources that are in the \
                     DELETE_COMPLETE state.",
                ));
            }
        }
        if stack.status == "CREATE_IN_PROGRESS" {
            stack.change_sets.clear();
            // A creation under way is given up and deleted.
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-delete-stack.html [U]
            stack.wish = Some(Wish::Delete);
            stack.begin(region, "DELETE_STACK", token);
            stack.set_status(region, "DELETE_IN_PROGRESS", Some("User Initiated".to_owned()));
            if let Some(cancel) = &stack.cancel {
                cancel.send_replace(true);
            }
            return Ok(None);
        }
        if stack.is_busy() {
            // https://github.com/weaveworks/eksctl/issues/5033
            return Err(AwsError::validation(format!(
                "Stack [{}] cannot be deleted while in status {}",
                stack.id, stack.status
            )));
        }
        if let Some(reason) = used {
            // The call succeeds, and the stack stays as it is.
            // https://github.com/rlister/stax/issues/40
            let status = stack.status;
            stack.set_status(region, status, Some(reason));
            return Ok(None);
        }
        stack.change_sets.clear();
        stack.deletion_mode = text(input, "DeletionMode").map(str::to_owned);
        let Some(deployment) = stack.deployment.as_ref().map(Arc::clone) else {
            // In review there is nothing but the name.
            stack.begin(region, "DELETE_STACK", token);
            stack.deleted = Some(now());
            stack.set_status(region, "DELETE_COMPLETE", Some("User Initiated".to_owned()));
            return Ok(None);
        };
        let job = Job::Delete { retain, force };
        Ok(Some(start(region, stack, deployment, token, ("DELETE_STACK", "DELETE_IN_PROGRESS"), job)))
    })?;
    if let Some(operation) = operation {
        operation.spawn();
    }
    Ok(json!({}))
}

/// Carries out UpdateTerminationProtection.
///
/// # Errors
/// The stack does not exist or is on its way out.
pub(super) fn protect(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    region.world(|world| {
        let stack = world.cloudformation.stack_mut(name).ok_or_else(|| status::missing(name))?;
        if matches!(stack.status, "DELETE_IN_PROGRESS" | "DELETE_COMPLETE") {
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html; the words [U]
            return Err(AwsError::validation(format!(
                "TerminationProtection cannot be changed for stack [{}] while in status {}",
                stack.id, stack.status
            )));
        }
        stack.termination_protection = flag(input, "EnableTerminationProtection");
        Ok(json!({"StackId": stack.id}))
    })
}
