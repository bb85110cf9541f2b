//! DescribeChangeSet, ListChangeSets and DeleteChangeSet.

use serde_json::{Map, Value, json};

use super::ChangeSet;
use crate::AwsError;
use crate::service::cloudformation::describe::{parameters, tags};
use crate::service::cloudformation::input::{flag, stack_name, text};
use crate::service::cloudformation::page;
use crate::service::cloudformation::state::{Stack, State};
use crate::service::cloudformation::status;

/// Changes of one page. [U]
const PAGE: usize = 100;

/// The change set that the input names, by its ARN or by its name and its stack.
///
/// # Errors
/// `ChangeSetNotFound`.
pub(super) fn find<'a>(state: &'a State, input: &Value) -> Result<(&'a Stack, &'a ChangeSet), AwsError> {
    let name = text(input, "ChangeSetName").unwrap_or_default();
    // https://github.com/localstack/localstack/blob/main/tests/aws/services/cloudformation/v2/ported_from_v1/api/test_changesets.snapshot.json
    // (recorded from AWS)
    if !name.starts_with("arn:") {
        let Some(stack) = text(input, "StackName") else {
            return Err(AwsError::validation(
                "StackName must be specified if ChangeSetName is not specified as an ARN.",
            ));
        };
        if state.stack(stack).is_none() {
            return Err(AwsError::validation(format!("Stack [{stack}] does not exist")));
        }
    }
    let stacks = state.stacks.iter().filter(|stack| {
        text(input, "StackName").is_none_or(|wanted| state.stack(wanted).is_some_and(|found| found.id == stack.id))
    });
    stacks
        .flat_map(|stack| stack.change_sets.iter().map(move |change_set| (stack, change_set)))
        .find(|(_, change_set)| change_set.id == name || change_set.name == name)
        .ok_or_else(|| {
            // https://github.com/aws/serverless-application-model/issues/52
            AwsError::new("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist")).with_status(404)
        })
}

/// Carries out DescribeChangeSet.
///
/// # Errors
/// `ChangeSetNotFound`.
pub(in crate::service::cloudformation) fn describe(state: &State, input: &Value) -> Result<Value, AwsError> {
    let (stack, change_set) = find(state, input)?;
    let with_values = flag(input, "IncludePropertyValues");
    let changes: Vec<Value> = change_set.changes.iter().map(|change| change.to_json(with_values)).collect();
    let (changes, next) = page::cut(changes, input, PAGE)?;
    let mut map = summary(stack, change_set);
    map.insert("Changes".to_owned(), changes.into());
    map.insert("Parameters".to_owned(), parameters(&change_set.deployment).into());
    map.insert("Tags".to_owned(), tags(&change_set.deployment.tags));
    map.insert("Capabilities".to_owned(), json!(change_set.deployment.capabilities));
    map.insert("NotificationARNs".to_owned(), json!(change_set.settings.notification_arns));
    map.insert(
        "RollbackConfiguration".to_owned(),
        change_set.settings.rollback_configuration.clone().unwrap_or(json!({})),
    );
    if change_set.settings.on_failure != "ROLLBACK" {
        map.insert("OnStackFailure".to_owned(), json!(change_set.settings.on_failure));
    }
    if let Some(next) = next {
        map.insert("NextToken".to_owned(), next.into());
    }
    Ok(Value::Object(map))
}

/// Carries out ListChangeSets.
///
/// # Errors
/// The stack does not exist.
pub(in crate::service::cloudformation) fn list(state: &State, input: &Value) -> Result<Value, AwsError> {
    let name = stack_name(input);
    let stack = state.stack(name).ok_or_else(|| AwsError::validation(format!("Stack [{name}] does not exist")))?;
    let summaries = stack.change_sets.iter().map(|change_set| Value::Object(summary(stack, change_set))).collect();
    page::answer("Summaries", summaries, input, PAGE)
}

/// Carries out DeleteChangeSet. One that does not exist is as good as deleted.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html
///
/// # Errors
/// The stack does not exist, or the change set is being executed.
pub(in crate::service::cloudformation) fn delete(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let (stack_id, id) = match find(state, input) {
        Ok((stack, change_set)) if status::is_executing(stack, change_set) => {
            let message = format!(
                "ChangeSet [{}] cannot be deleted in its current execution status of [EXECUTE_IN_PROGRESS]",
                change_set.id
            );
            return Err(AwsError::new("InvalidChangeSetStatus", message));
        }
        Ok((stack, change_set)) => (stack.id.clone(), change_set.id.clone()),
        Err(error) if error.code == "ChangeSetNotFound" => return Ok(json!({})),
        Err(error) => return Err(error),
    };
    if let Some(stack) = state.stack_mut(&stack_id) {
        stack.change_sets.retain(|known| known.id != id);
    }
    Ok(json!({}))
}

fn summary(stack: &Stack, change_set: &ChangeSet) -> Map<String, Value> {
    let executing = status::is_executing(stack, change_set);
    let execution_status = if executing { "EXECUTE_IN_PROGRESS" } else { change_set.execution_status };
    let mut map = Map::from_iter([
        ("ChangeSetId".to_owned(), json!(change_set.id)),
        ("ChangeSetName".to_owned(), json!(change_set.name)),
        ("StackId".to_owned(), json!(stack.id)),
        ("StackName".to_owned(), json!(stack.name)),
        ("CreationTime".to_owned(), json!(change_set.created)),
        ("Status".to_owned(), json!(change_set.status)),
        ("ExecutionStatus".to_owned(), json!(execution_status)),
        ("IncludeNestedStacks".to_owned(), json!(false)),
    ]);
    if let Some(reason) = &change_set.status_reason {
        map.insert("StatusReason".to_owned(), json!(reason));
    }
    if let Some(description) = &change_set.description {
        map.insert("Description".to_owned(), json!(description));
    }
    map
}
