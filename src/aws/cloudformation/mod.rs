//! CloudFormation: stacks as they stand, and the calls that change them.

mod change_set;
mod events;
mod failures;
mod operation;

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Capability, Parameter, Tag};

pub use change_set::{
    ChangeSet, ChangeSetIds, NewChangeSet, change_set_names, create_change_set, delete_change_set, describe_change_set,
    execute_change_set, find_change_set,
};
pub use events::{EventPage, events};
pub use failures::{FailedEvent, FailuresOf, failed_events};
pub use operation::{Leave, cancel_update, continue_update_rollback, delete_stack, lift_protection, roll_back};

use super::call::AwsCallError;
use super::config::Aws;
use crate::stack::Stack;
use crate::stack::status::StackStatus;

/// The only capability our template needs: it makes IAM resources and names none of them.
const CAPABILITY: Capability = Capability::CapabilityIam;

/// Finds a stack by name or ARN; `None` when there is none. A deleted stack is found by its ARN alone.
pub async fn describe_stack(aws: &Aws, name: &str) -> Result<Option<Stack>, AwsCallError> {
    const OPERATION: &str = "DescribeStacks";
    let answer = aws.cloudformation().describe_stacks().stack_name(name).send().await;
    let output = match answer.map_err(|error| AwsCallError::of(OPERATION, error)) {
        Ok(output) => output,
        // CloudFormation has no error of its own for this: ValidationError "Stack with id NAME does not exist".
        Err(error) if error.is("ValidationError") && error.message.contains("does not exist") => return Ok(None),
        Err(error) => return Err(error),
    };
    output.stacks().first().map(stack_of).transpose()
}

fn stack_of(stack: &aws_sdk_cloudformation::types::Stack) -> Result<Stack, AwsCallError> {
    let lacks = |what| AwsCallError::incomplete("DescribeStacks", what);
    let pairs = |key: Option<&str>, value: Option<&str>| Some((key?.to_owned(), value.unwrap_or_default().to_owned()));
    Ok(Stack {
        id: stack.stack_id().ok_or_else(|| lacks("StackId"))?.to_owned(),
        name: stack.stack_name().ok_or_else(|| lacks("StackName"))?.to_owned(),
        status: StackStatus::from_word(stack.stack_status().ok_or_else(|| lacks("StackStatus"))?.as_str()),
        status_reason: stack.stack_status_reason().map(str::to_owned),
        description: stack.description().map(str::to_owned),
        parameters: stack
            .parameters()
            .iter()
            .filter_map(|own| pairs(own.parameter_key(), own.resolved_value().or(own.parameter_value())))
            .collect(),
        outputs: stack.outputs().iter().filter_map(|own| pairs(own.output_key(), own.output_value())).collect(),
        tags: stack.tags().iter().filter_map(|own| pairs(own.key(), own.value())).collect(),
        role_arn: stack.role_arn().map(str::to_owned),
        created: stack.creation_time().and_then(super::timestamp),
        updated: stack.last_updated_time().and_then(super::timestamp),
        termination_protection: stack.enable_termination_protection().unwrap_or(false),
    })
}

/// The template a stack was made from, as it was sent.
pub async fn template(aws: &Aws, stack: &str) -> Result<String, AwsCallError> {
    const OPERATION: &str = "GetTemplate";
    let stage = aws_sdk_cloudformation::types::TemplateStage::Original;
    let answer = aws.cloudformation().get_template().stack_name(stack).template_stage(stage).send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    output.template_body().map(str::to_owned).ok_or_else(|| AwsCallError::incomplete(OPERATION, "TemplateBody"))
}

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Resource {
    /// Name in the template.
    pub logical_id: String,
    /// Id in AWS.
    pub physical_id: Option<String>,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// CloudFormation's word.
    pub status: String,
    /// Why it has that status.
    pub reason: Option<String>,
}

/// Every resource of a stack.
pub async fn resources(aws: &Aws, stack: &str) -> Result<Vec<Resource>, AwsCallError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let answer = aws.cloudformation().list_stack_resources().stack_name(stack).set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListStackResources", error))?;
        found.extend(page.stack_resource_summaries().iter().filter_map(|own| {
            Some(Resource {
                logical_id: own.logical_resource_id()?.to_owned(),
                physical_id: own.physical_resource_id().map(str::to_owned),
                resource_type: own.resource_type()?.to_owned(),
                status: own.resource_status()?.as_str().to_owned(),
                reason: own.resource_status_reason().map(str::to_owned),
            })
        }));
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

fn tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

fn parameter(key: &str, value: Option<&str>) -> Parameter {
    let builder = Parameter::builder().parameter_key(key);
    match value {
        Some(value) => builder.parameter_value(value).build(),
        None => builder.use_previous_value(true).build(),
    }
}
