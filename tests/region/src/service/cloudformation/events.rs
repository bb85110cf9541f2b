//! DescribeStackEvents and DescribeEvents.

use serde_json::{Map, Value, json};

use super::event::{Event, STACK_TYPE};
use super::input::{flag, stack_name, text};
use super::state::{Operation, Stack, State};
use super::{page, status};
use crate::AwsError;

/// Events of one page.
const PAGE: usize = 100;

/// Carries out DescribeStackEvents: newest first.
///
/// # Errors
/// The stack does not exist.
pub(super) fn describe_stack_events(state: &State, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    let stack = state.stack(name).ok_or_else(|| status::missing(name))?;
    let events = stack.events.iter().rev().map(|event| event.to_json(stack)).collect();
    page::answer("StackEvents", events, input, PAGE)
}

/// Carries out DescribeEvents: events of a stack, a change set or one operation, newest first.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
///
/// # Errors
/// Nothing is named, or what is named does not exist.
pub(super) fn describe_events(state: &State, input: &Value) -> Result<Value, AwsError> {
    let failed = input.get("Filters").is_some_and(|filters| flag(filters, "FailedEvents"));
    let events = match (text(input, "ChangeSetName"), text(input, "OperationId"), text(input, "StackName")) {
        (Some(change_set), _, _) => change_set_events(state, change_set)?,
        (_, operation, Some(name)) => {
            let stack = state.stack(name).ok_or_else(|| status::missing(name))?;
            stack_events(stack, operation)
        }
        (_, Some(operation), None) => {
            let stack = state.stacks.iter().find(|stack| stack.operations.iter().any(|known| known.id == operation));
            // [U] the words
            let stack = stack.ok_or_else(|| AwsError::validation(format!("Operation [{operation}] does not exist")))?;
            stack_events(stack, Some(operation))
        }
        (None, None, None) => {
            // [U] the words
            return Err(AwsError::validation("One of StackName, ChangeSetName or OperationId must be specified"));
        }
    };
    let events = events.into_iter().filter(|event| !failed || is_failure(event)).collect();
    page::answer("OperationEvents", events, input, PAGE)
}

fn change_set_events(state: &State, name: &str) -> Result<Vec<Value>, AwsError> {
    let mut all = state.stacks.iter().flat_map(|stack| &stack.change_sets);
    let found = all.find(|change_set| change_set.id == name).ok_or_else(|| {
        // https://github.com/localstack/localstack/blob/main/tests/aws/services/cloudformation/v2/ported_from_v1/api/test_changesets.snapshot.json
        // (recorded from AWS)
        AwsError::new("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist")).with_status(404)
    })?;
    let mut events = found.validation.clone();
    events.reverse();
    Ok(events)
}

fn is_failure(event: &Value) -> bool {
    let kind = text(event, "EventType").unwrap_or_default();
    kind.ends_with("_ERROR") || text(event, "OperationStatus") == Some("FAILED")
}

fn stack_events(stack: &Stack, operation_id: Option<&str>) -> Vec<Value> {
    let mut events = Vec::new();
    let operations = stack.operations.iter().filter(|operation| operation_id.is_none_or(|id| operation.id == id));
    for operation in operations {
        events.push(operation_event(stack, operation, "IN_PROGRESS"));
        let own = stack.events.iter().filter(|event| event.operation_id.as_ref() == Some(&operation.id));
        events.extend(
            own.filter(|event| event.resource_type != STACK_TYPE).map(|event| resource_event(stack, operation, event)),
        );
        if operation.ended.is_some() {
            events.push(operation_event(stack, operation, operation.status));
        }
    }
    events.reverse();
    events
}

/// Beginning and end of an operation.
fn operation_event(stack: &Stack, operation: &Operation, status: &str) -> Value {
    let mut map = Map::from_iter([
        ("EventId".to_owned(), json!(format!("{}-{status}", operation.id))),
        ("StackId".to_owned(), json!(stack.id)),
        ("OperationId".to_owned(), json!(operation.id)),
        ("OperationType".to_owned(), json!(operation.kind)),
        ("OperationStatus".to_owned(), json!(status)),
        ("EventType".to_owned(), json!("STACK_EVENT")),
        ("StartTime".to_owned(), json!(operation.started)),
        ("Timestamp".to_owned(), json!(operation.started)),
    ]);
    if let (Some(ended), true) = (operation.ended, status != "IN_PROGRESS") {
        map.insert("EndTime".to_owned(), json!(ended));
        map.insert("Timestamp".to_owned(), json!(ended));
    }
    if let Some(token) = &operation.token {
        map.insert("ClientRequestToken".to_owned(), json!(token));
    }
    Value::Object(map)
}

fn resource_event(stack: &Stack, operation: &Operation, event: &Event) -> Value {
    let kind = match (event.status.ends_with("_FAILED"), event.detailed_status) {
        (true, Some("VALIDATION_FAILED")) => "VALIDATION_ERROR",
        (true, _) => "PROVISIONING_ERROR",
        (false, _) => "PROGRESS_EVENT",
    };
    let Value::Object(mut map) = event.to_json(stack) else { return Value::Null };
    map.shift_remove("StackName");
    map.insert("EventType".to_owned(), json!(kind));
    map.insert("OperationType".to_owned(), json!(operation.kind));
    if kind == "VALIDATION_ERROR" {
        let reason = event.reason.clone().unwrap_or_default();
        map.insert("ValidationFailureMode".to_owned(), json!("FAIL"));
        map.insert("ValidationName".to_owned(), json!("PROPERTY_VALIDATION"));
        map.insert("ValidationStatus".to_owned(), json!("FAILED"));
        map.insert("ValidationStatusReason".to_owned(), json!(reason));
        map.insert("ValidationPath".to_owned(), json!(format!("/Resources/{}/Properties", event.logical_id)));
    }
    Value::Object(map)
}
