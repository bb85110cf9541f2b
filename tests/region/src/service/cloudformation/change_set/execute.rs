//! ExecuteChangeSet.

use std::sync::Arc;

use serde_json::{Value, json};

use super::describe::find;
use crate::service::cloudformation::input::{flag, text};
use crate::service::cloudformation::state::{Stack, StackSettings};
use crate::service::cloudformation::{stack_create, stack_update, status};
use crate::{AwsError, Region};

/// Carries out ExecuteChangeSet.
///
/// # Errors
/// The change set is not there, not ready, or overtaken by another change.
pub(in crate::service::cloudformation) fn execute(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let token = text(input, "ClientRequestToken").map(str::to_owned);
    let operation = region.world(|world| {
        let (stack, change_set) = find(&world.cloudformation, input)?;
        let refused = |what: &str| {
            let message = format!("ChangeSet [{}] cannot be executed in its current {what}", change_set.id);
            // https://github.com/aws/aws-cli/issues/2887, in one of its traces
            AwsError::new("InvalidChangeSetStatus", message)
        };
        if change_set.status != "CREATE_COMPLETE" {
            return Err(refused(&format!("status of [{}]", change_set.status)));
        }
        if change_set.execution_status != "AVAILABLE" {
            return Err(refused(&format!("execution status of [{}]", change_set.execution_status)));
        }
        if change_set.has_on_failure && input.get("DisableRollback").is_some() {
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html; the words [U]
            return Err(AwsError::validation(
                "DisableRollback must not be specified for a change set that was created with OnStackFailure",
            ));
        }
        let disables_rollback = change_set.settings.disable_rollback || flag(input, "DisableRollback");
        if change_set.kind == "CREATE" && stack.status != "REVIEW_IN_PROGRESS" {
            return Err(refused("execution status of [OBSOLETE]"));
        }
        if change_set.kind == "UPDATE" {
            status::check_update_begins(stack, disables_rollback, "execute-change-set")?;
        }
        let (stack_id, change_set) = (stack.id.clone(), change_set.clone());
        let stack = world.cloudformation.stack_mut(&stack_id).ok_or_else(|| status::missing(&stack_id))?;
        let settings = StackSettings {
            disable_rollback: disables_rollback,
            retain_except_on_create: flag(input, "RetainExceptOnCreate"),
            // As good as DisableRollback, and not in the way of a later update as OnFailure of CreateStack is.
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
            on_failure: change_set.settings.on_failure.replace("DO_NOTHING", "ROLLBACK"),
            ..change_set.settings
        };
        executed(stack, &change_set.id);
        stack.settings = settings;
        Ok(if change_set.kind == "CREATE" {
            stack_create::begin(region, stack, change_set.deployment, token)
        } else {
            stack_update::begin(region, stack, change_set.deployment, token)
        })
    })?;
    operation.spawn();
    Ok(json!({}))
}

/// All other change sets of the stack go: they are not valid for what it becomes.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
fn executed(stack: &mut Stack, id: &str) {
    stack.change_sets.retain(|known| known.id == id);
    for known in &mut stack.change_sets {
        known.execution_status = "EXECUTE_COMPLETE";
    }
    stack.change_set_id = Some(id.to_owned());
}
