//! DescribeStacks, ListStacks and DescribeAccountLimits.

use serde_json::{Map, Value, json};

use super::deployment::Deployment;
use super::input::{text, texts};
use super::state::{Stack, State};
use super::{page, status};
use crate::AwsError;

/// Stacks of one page.
const PAGE: usize = 100;

/// Carries out DescribeStacks: one stack by name or id, or all that are not deleted, newest first.
///
/// # Errors
/// The stack does not exist.
pub(super) fn describe(state: &State, input: &Value) -> Result<Value, AwsError> {
    let stacks = match text(input, "StackName") {
        Some(name) => vec![state.stack(name).ok_or_else(|| status::missing_with_id(name))?],
        None => state.stacks.iter().rev().filter(|stack| stack.status != "DELETE_COMPLETE").collect(),
    };
    page::answer("Stacks", stacks.into_iter().map(stack_json).collect(), input, PAGE)
}

/// Carries out ListStacks: deleted stacks too.
///
/// # Errors
/// A token that was never given.
pub(super) fn list(state: &State, input: &Value) -> Result<Value, AwsError> {
    let wanted = texts(input, "StackStatusFilter");
    let stacks =
        state.stacks.iter().rev().filter(|stack| wanted.is_empty() || wanted.iter().any(|one| one == stack.status));
    let summaries = stacks
        .map(|stack| {
            let mut map = common(stack);
            if let Some(description) = stack.deployment.as_ref().and_then(|last| last.template.description.clone()) {
                map.insert("TemplateDescription".to_owned(), description.into());
            }
            Value::Object(map)
        })
        .collect();
    page::answer("StackSummaries", summaries, input, PAGE)
}

/// Carries out DescribeAccountLimits.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
pub(super) fn limits(input: &Value) -> Result<Value, AwsError> {
    let limits = [("StackLimit", 2000), ("StackOutputsLimit", 200), ("ConcurrentResourcesLimit", 2500)];
    let limits = limits.map(|(name, value)| json!({"Name": name, "Value": value}));
    page::answer("AccountLimits", limits.to_vec(), input, 100)
}

/// What DescribeStacks and ListStacks have in common.
fn common(stack: &Stack) -> Map<String, Value> {
    let mut map = Map::from_iter([
        ("StackId".to_owned(), json!(stack.id)),
        ("StackName".to_owned(), json!(stack.name)),
        ("CreationTime".to_owned(), json!(stack.created)),
        ("StackStatus".to_owned(), json!(stack.status)),
        ("DriftInformation".to_owned(), json!({"StackDriftStatus": "NOT_CHECKED"})),
    ]);
    for (name, value) in [("LastUpdatedTime", stack.updated), ("DeletionTime", stack.deleted)] {
        if let Some(value) = value {
            map.insert(name.to_owned(), json!(value));
        }
    }
    if let Some(reason) = &stack.status_reason {
        map.insert("StackStatusReason".to_owned(), json!(reason));
    }
    // The latest first; how many are kept is not said. [U]
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
    let last: Vec<Value> = stack
        .operations
        .iter()
        .rev()
        .take(5)
        .map(|operation| json!({"OperationId": operation.id, "OperationType": operation.kind}))
        .collect();
    map.insert("LastOperations".to_owned(), last.into());
    map
}

fn stack_json(stack: &Stack) -> Value {
    let mut map = common(stack);
    let settings = &stack.settings;
    map.insert("DisableRollback".to_owned(), json!(settings.disable_rollback));
    map.insert("EnableTerminationProtection".to_owned(), json!(stack.termination_protection));
    map.insert("NotificationARNs".to_owned(), json!(settings.notification_arns));
    map.insert("RollbackConfiguration".to_owned(), settings.rollback_configuration.clone().unwrap_or(json!({})));
    let mut optional = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(name.to_owned(), value);
        }
    };
    optional("RoleARN", settings.role_arn.clone().map(Value::from));
    optional("TimeoutInMinutes", settings.timeout_minutes.map(Value::from));
    optional("RetainExceptOnCreate", settings.retain_except_on_create.then(|| true.into()));
    optional("ChangeSetId", stack.change_set_id.clone().map(Value::from));
    optional("DeletionMode", stack.deletion_mode.clone().map(Value::from));
    optional("DetailedStatus", stack.detailed_status.map(Value::from));
    match &stack.deployment {
        Some(deployment) => {
            optional("Description", deployment.template.description.clone().map(Value::from));
            optional("Parameters", Some(parameters(deployment).into()));
            optional("Capabilities", Some(json!(deployment.capabilities)));
            optional("Tags", Some(tags(&deployment.tags)));
            optional("Outputs", Some(json!(stack.outputs)));
        }
        None => optional("Tags", Some(json!([]))),
    }
    Value::Object(map)
}

/// A deployment's parameters as they are shown: NoEcho masked.
pub(super) fn parameters(deployment: &Deployment) -> Vec<Value> {
    let declared = deployment.template.parameters.iter();
    declared
        .filter_map(|declaration| Some((&declaration.key, deployment.parameters.get(&declaration.key)?)))
        .map(|(key, value)| {
            let shown = if value.no_echo { "****" } else { &value.given };
            let mut parameter = json!({"ParameterKey": key, "ParameterValue": shown});
            if let (Some(resolved), Some(map)) = (&value.resolved, parameter.as_object_mut()) {
                map.insert("ResolvedValue".to_owned(), json!(resolved));
            }
            parameter
        })
        .collect()
}

/// Tags as the API gives them.
pub(super) fn tags(tags: &[(String, String)]) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}
