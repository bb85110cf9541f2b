//! Which statuses allow what, and how CloudFormation refuses the rest.

use super::change_set::ChangeSet;
use super::state::Stack;
use crate::AwsError;

/// Whether an update may begin.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html (status codes)
pub(super) fn can_update(stack: &Stack) -> bool {
    matches!(
        stack.status,
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "UPDATE_FAILED" | "CREATE_FAILED"
    )
}

/// https://repost.aws/knowledge-center/cloudformation-update-rollback-failed, in the traces quoted there
pub(super) fn cannot_update(stack: &Stack) -> AwsError {
    AwsError::validation(format!("Stack:{} is in {} state and can not be updated.", stack.id, stack.status))
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
