//! Which statuses allow what, and how CloudFormation refuses the rest.

use super::change_set::ChangeSet;
use super::state::Stack;
use crate::AwsError;

/// Refuses an update that the stack's status does not allow.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html (status codes)
///
/// # Errors
/// `ValidationError`.
pub(super) fn check_updatable(stack: &Stack) -> Result<(), AwsError> {
    if is_whole(stack.status) || matches!(stack.status, "UPDATE_FAILED" | "CREATE_FAILED") {
        return Ok(());
    }
    // https://repost.aws/knowledge-center/cloudformation-update-rollback-failed, in the traces quoted there
    Err(AwsError::validation(format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status)))
}

/// As [`check_updatable`], when the update begins: a stack left as it failed goes on only without rollback, and not at
/// all if it was made with OnFailure. `api` is the operation's name in the words of the refusal.
///
/// # Errors
/// `ValidationError`.
pub(super) fn check_update_begins(stack: &Stack, disables_rollback: bool, api: &str) -> Result<(), AwsError> {
    check_updatable(stack)?;
    if is_whole(stack.status) {
        return Ok(());
    }
    let status = stack.status;
    if stack.settings.on_failure == "DO_NOTHING" {
        // https://github.com/code-dot-org/code-dot-org/pull/68524
        return Err(AwsError::validation(format!(
            "This stack cannot be updated from [{status}] state because it contains [on-failure: DO_NOTHING]. Please use \
             disable-rollback option instead during stack creation."
        )));
    }
    if disables_rollback {
        return Ok(());
    }
    // https://github.com/aws/aws-cli/issues/6368; for change sets the name of the operation is [U]
    Err(AwsError::validation(format!(
        "This stack is currently in a non-terminal [{status}] state. To update the stack from this state, please use the \
         disable-rollback parameter with {api} API. To rollback to the last known good state, use the rollback-stack API"
    )))
}

/// Whether a stack in this status is one that a failed update can go back to.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html
pub(super) fn is_whole(status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE")
}

/// https://github.com/aws/aws-cli/issues/2948
pub(super) fn missing(name: &str) -> AwsError {
    AwsError::validation(format!("Stack [{name}] does not exist"))
}

/// As the describing operations say it. https://github.com/aws/aws-cli/issues/1652
pub(super) fn missing_with_id(name: &str) -> AwsError {
    AwsError::validation(format!("Stack with id {name} does not exist"))
}

/// Whether a change set is being executed now.
pub(super) fn is_executing(stack: &Stack, change_set: &ChangeSet) -> bool {
    stack.is_busy() && stack.change_set_id.as_ref() == Some(&change_set.id)
}
