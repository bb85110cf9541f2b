//! The operations on a stack that no change set describes: deletion, and the ways out of a failed update.
//!
//! Each takes a client request token: AWS answers a repeated call as it answered the first.

use aws_sdk_cloudformation::types::DeletionMode;

use super::{Aws, AwsCallError};

/// What a deletion leaves behind. CloudFormation takes anything but [`Leave::Nothing`] only after a deletion that
/// failed: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Leave {
    /// Nothing but what the template retains.
    #[default]
    Nothing,
    /// These resources, by their names in the template.
    Resources(Vec<String>),
    /// Whatever cannot be deleted.
    Stuck,
}

/// Starts the deletion of a stack. Succeeds also when it is already gone.
pub async fn delete_stack(
    aws: &Aws,
    stack: &str,
    role_arn: Option<&str>,
    leave: &Leave,
    token: &str,
) -> Result<(), AwsCallError> {
    let call = aws.cloudformation().delete_stack().stack_name(stack).client_request_token(token);
    let call = call.set_role_arn(role_arn.map(str::to_owned));
    let call = match leave {
        Leave::Nothing => call,
        Leave::Resources(names) => call.set_retain_resources(Some(names.clone())),
        Leave::Stuck => call.deletion_mode(DeletionMode::ForceDeleteStack),
    };
    call.send().await.map(drop).map_err(|error| AwsCallError::of("DeleteStack", error))
}

/// Goes on with the rollback of an update where it failed; `skip` names the resources to leave out of it.
pub async fn continue_update_rollback(
    aws: &Aws,
    stack: &str,
    role_arn: Option<&str>,
    skip: &[String],
    token: &str,
) -> Result<(), AwsCallError> {
    let call = aws.cloudformation().continue_update_rollback().stack_name(stack).client_request_token(token);
    let skip = (!skip.is_empty()).then(|| skip.to_vec());
    let answer = call.set_role_arn(role_arn.map(str::to_owned)).set_resources_to_skip(skip).send().await;
    answer.map(drop).map_err(|error| AwsCallError::of("ContinueUpdateRollback", error))
}

/// Rolls back an update that was left as it failed.
pub async fn roll_back(aws: &Aws, stack: &str, role_arn: Option<&str>, token: &str) -> Result<(), AwsCallError> {
    let call = aws.cloudformation().rollback_stack().stack_name(stack).client_request_token(token);
    let answer = call.set_role_arn(role_arn.map(str::to_owned)).send().await;
    answer.map(drop).map_err(|error| AwsCallError::of("RollbackStack", error))
}

/// Lets a stack be deleted that was protected from it.
pub async fn lift_protection(aws: &Aws, stack: &str) -> Result<(), AwsCallError> {
    let call = aws.cloudformation().update_termination_protection().stack_name(stack);
    let answer = call.enable_termination_protection(false).send().await;
    answer.map(drop).map_err(|error| AwsCallError::of("UpdateTerminationProtection", error))
}

/// Has an update undone that is still running.
pub async fn cancel_update(aws: &Aws, stack: &str, token: &str) -> Result<(), AwsCallError> {
    let call = aws.cloudformation().cancel_update_stack().stack_name(stack).client_request_token(token);
    call.send().await.map(drop).map_err(|error| AwsCallError::of("CancelUpdateStack", error))
}
