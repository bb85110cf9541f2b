//! DescribeStackResource, DescribeStackResources and ListStackResources.

use serde_json::{Map, Value, json};

use super::input::{stack_name, text};
use super::stack_resource::StackResource;
use super::state::{Stack, State};
use super::{page, status};
use crate::AwsError;

/// Resources of one page.
const PAGE: usize = 100;

/// Carries out DescribeStackResource.
///
/// # Errors
/// The stack or the resource does not exist.
pub(super) fn describe_one(state: &State, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    // https://github.com/boto/boto3/issues/2352
    let stack = state.stack(name).ok_or_else(|| AwsError::validation(format!("Stack '{name}' does not exist")))?;
    let id = text(input, "LogicalResourceId").unwrap_or_default();
    let resource = stack.resource(id).ok_or_else(|| {
        // https://github.com/hashicorp/terraform-provider-aws/issues/1183
        AwsError::validation(format!("Resource {id} does not exist for stack {name}"))
    })?;
    let mut detail = fields(resource, "LastUpdatedTimestamp");
    detail.insert("StackName".to_owned(), json!(stack.name));
    detail.insert("StackId".to_owned(), json!(stack.id));
    if let Some(metadata) = resource.policies.get("Metadata") {
        detail.insert("Metadata".to_owned(), json!(metadata.to_string()));
    }
    Ok(json!({"StackResourceDetail": detail}))
}

/// Carries out DescribeStackResources: at most 100, by stack or by a resource's physical id.
///
/// # Errors
/// Nothing is named, or the stack does not exist.
pub(super) fn describe_all(state: &State, input: &Value) -> Result<Value, AwsError> {
    let logical = text(input, "LogicalResourceId");
    let stack: &Stack = match (text(input, "StackName"), text(input, "PhysicalResourceId")) {
        (Some(name), None) => state.stack(name).ok_or_else(|| status::missing_with_id(name))?,
        (None, Some(physical)) => state
            .stacks
            .iter()
            .find(|stack| stack.resources.iter().any(|resource| resource.physical_id.as_deref() == Some(physical)))
            .ok_or_else(|| AwsError::validation(format!("Stack for {physical} does not exist")))?,
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html; the words [U]
        _ => {
            return Err(AwsError::validation("You must specify either StackName or PhysicalResourceId, but not both."));
        }
    };
    let wanted = stack.resources.iter().filter(|resource| logical.is_none_or(|id| resource.logical_id == id));
    let resources: Vec<Value> = wanted
        .take(PAGE)
        .map(|resource| {
            let mut map = fields(resource, "Timestamp");
            map.insert("StackName".to_owned(), json!(stack.name));
            map.insert("StackId".to_owned(), json!(stack.id));
            Value::Object(map)
        })
        .collect();
    Ok(json!({"StackResources": resources}))
}

/// Carries out ListStackResources.
///
/// # Errors
/// The stack does not exist.
pub(super) fn list(state: &State, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    let stack = state.stack(name).ok_or_else(|| status::missing_with_id(name))?;
    let summaries =
        stack.resources.iter().map(|resource| Value::Object(fields(resource, "LastUpdatedTimestamp"))).collect();
    page::answer("StackResourceSummaries", summaries, input, PAGE)
}

fn fields(resource: &StackResource, timestamp: &str) -> Map<String, Value> {
    let mut map = Map::from_iter([
        ("LogicalResourceId".to_owned(), json!(resource.logical_id)),
        ("ResourceType".to_owned(), json!(resource.resource_type)),
        (timestamp.to_owned(), json!(resource.timestamp)),
        ("ResourceStatus".to_owned(), json!(resource.status)),
        ("DriftInformation".to_owned(), json!({"StackResourceDriftStatus": "NOT_CHECKED"})),
    ]);
    if let Some(physical_id) = &resource.physical_id {
        map.insert("PhysicalResourceId".to_owned(), json!(physical_id));
    }
    if let Some(reason) = &resource.status_reason {
        map.insert("ResourceStatusReason".to_owned(), json!(reason));
    }
    map
}
