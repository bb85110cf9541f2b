//! CreateChangeSet.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{ChangeSet, Plan, plan, view};
use crate::service::cloudformation::deployment::Deployment;
use crate::service::cloudformation::early::{self, Finding};
use crate::service::cloudformation::event::now;
use crate::service::cloudformation::input::{Request, check_stack_name, stack_name, text};
use crate::service::cloudformation::stack_create::{new_stack, stack_id};
use crate::service::cloudformation::state::{Stack, StackSettings, State};
use crate::service::cloudformation::{lookup, status};
use crate::{AwsError, Region};

/// How long CloudFormation takes to compute a change set of a small stack. [U]
const TYPICAL: Duration = Duration::from_secs(3);

/// Carries out CreateChangeSet: answers at once, and computes the changes in the background.
///
/// # Errors
/// What is refused before a change set exists.
pub(in crate::service::cloudformation) fn create(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let request = Request::read(input)?;
    let name = text(input, "ChangeSetName").unwrap_or_default();
    if text(input, "OnStackFailure") == Some("DELETE") && text(input, "ChangeSetType") != Some("CREATE") {
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html; the words [U]
        return Err(AwsError::validation("OnStackFailure DELETE is only valid for a change set of type CREATE"));
    }
    let kind = if text(input, "ChangeSetType") == Some("CREATE") { "CREATE" } else { "UPDATE" };
    let target = stack_name(input);
    check_stack_name(target)?;
    loop {
        let before = region.world(|world| Target::of(&world.cloudformation, kind, target, name))?;
        let id = before.id.clone().unwrap_or_else(|| stack_id(region, target));
        let deployment = Deployment::prepare(region, &request, (&before.name, &id), before.deployment.as_deref())?;
        let change_set_id = region.arn("cloudformation", &format!("changeSet/{name}/{}", region.random.uuid()));
        let change_set = ChangeSet {
            id: change_set_id.clone(),
            name: name.to_owned(),
            description: text(input, "Description").map(str::to_owned),
            created: now(),
            kind,
            status: "CREATE_PENDING",
            status_reason: None,
            execution_status: "UNAVAILABLE",
            deployment: Arc::new(deployment),
            settings: request.settings(input, &before.settings),
            has_on_failure: text(input, "OnStackFailure").is_some(),
            changes: Vec::new(),
            validation: Vec::new(),
            operation_id: region.random.uuid(),
        };
        // Another call may have made, changed or executed something under this name meanwhile: then all of it again.
        let accepted = region.world(|world| {
            let state = &mut world.cloudformation;
            if !before.is_still(&Target::of(state, kind, target, name)?) {
                return Ok::<_, AwsError>(false);
            }
            if before.id.is_none() {
                state.stacks.push(review_stack(region, &before.name, &id));
            }
            if let Some(stack) = state.stack_mut(&id) {
                stack.change_sets.push(change_set.clone());
            }
            Ok(true)
        })?;
        if accepted {
            tokio::spawn(compute(Arc::clone(region), id.clone(), change_set));
            return Ok(json!({"Id": change_set_id, "StackId": id}));
        }
    }
}

/// The stack that a change set is for, as it stands.
struct Target {
    /// None when there is no such stack yet.
    id: Option<String>,
    name: String,
    deployment: Option<Arc<Deployment>>,
    settings: StackSettings,
}

impl Target {
    /// Finds it, and refuses one that this change set cannot be for.
    fn of(state: &State, kind: &str, target: &str, name: &str) -> Result<Self, AwsError> {
        let Some(stack) = state.stack(target).filter(|stack| kind == "CREATE" || stack.status != "REVIEW_IN_PROGRESS")
        else {
            // A stack in review does not exist yet for an update. https://github.com/boto/boto3/issues/2327
            let (name, settings) = (target.to_owned(), StackSettings::default());
            let new = Self { id: None, name, deployment: None, settings };
            return if kind == "CREATE" { Ok(new) } else { Err(status::missing(target)) };
        };
        if kind == "UPDATE" {
            status::check_updatable(stack)?;
        } else if stack.status != "REVIEW_IN_PROGRESS" {
            // https://github.com/aws/aws-cdk/issues/6943
            return Err(AwsError::validation(format!(
                "Stack [{target}] already exists and cannot be created again with the changeSet [{name}]."
            )));
        }
        if stack.change_sets.iter().any(|known| known.name == name) {
            let message =
                format!("ChangeSet {name} cannot be created due to a mismatch with existing attribute Template");
            // https://github.com/saksdirect/nova/issues/10; which attribute is named for what else differs, nobody shows
            return Err(AwsError::new("AlreadyExistsException", message));
        }
        Ok(Self {
            id: Some(stack.id.clone()),
            name: stack.name.clone(),
            deployment: stack.deployment.clone(),
            settings: stack.settings.clone(),
        })
    }

    /// Whether nothing has happened to it since.
    fn is_still(&self, now: &Self) -> bool {
        let deployment = |target: &Self| target.deployment.as_ref().map(Arc::as_ptr);
        self.id == now.id && deployment(self) == deployment(now)
    }
}

/// A change set on a new name makes a stack that waits to be created.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
fn review_stack(region: &Region, name: &str, id: &str) -> Stack {
    let mut stack = new_stack(name, id);
    stack.set_status(region, "REVIEW_IN_PROGRESS", Some("User Initiated".to_owned()));
    stack
}

async fn compute(region: Arc<Region>, stack_id: String, change_set: ChangeSet) {
    let change = |update: &mut dyn FnMut(&mut ChangeSet)| {
        region.world(|world| {
            let stack = world.cloudformation.stack_mut(&stack_id)?;
            update(stack.change_sets.iter_mut().find(|known| known.id == change_set.id)?);
            Some(())
        });
    };
    change(&mut |known| known.status = "CREATE_IN_PROGRESS");
    let number = region.world(|world| world.cloudformation.stack(&stack_id).map_or(0, |stack| stack.operations.len()));
    let what = format!("{}/change set after {number} operations", change_set.deployment.pseudo.stack_name);
    region.clock.sleep(region.random.duration(&what, TYPICAL)).await;
    let missing = lookup::missing_values(&region, &change_set.deployment);
    let Some(view) = region.world(|world| world.cloudformation.stack(&stack_id).map(view)) else { return };
    let plan = plan(&region, (change_set.kind == "UPDATE").then_some(&view), &change_set.deployment);
    let found = look_ups(&region, &change_set, &plan);
    let failure = missing.or_else(|| refusal(&plan, &found, change_set.kind));
    let mut validation = validation_events(&region, &change_set, &stack_id, &plan);
    validation.extend(found.iter().map(|finding| finding_event(&region, &change_set, &stack_id, finding)));
    change(&mut |known| {
        known.changes.clone_from(&plan.changes);
        known.validation.clone_from(&validation);
        match &failure {
            Some(reason) => {
                known.status = "FAILED";
                known.status_reason = Some(reason.clone());
                known.execution_status = "UNAVAILABLE";
            }
            None => {
                known.status = "CREATE_COMPLETE";
                if known.execution_status == "UNAVAILABLE" {
                    known.execution_status = "AVAILABLE";
                }
            }
        }
    });
}

/// Why the change set fails, if it does.
fn refusal(plan: &Plan, found: &[Finding], kind: &str) -> Option<String> {
    let failed = if !plan.refused.is_empty() {
        Some("PropertyValidation")
    } else {
        found.iter().any(|finding| finding.mode == "FAIL").then_some("ResourceExistenceCheck")
    };
    if let Some(check) = failed {
        // https://github.com/aws/aws-cdk-cli/issues/1000
        return Some(format!(
            "The following hook(s)/validation failed: [AWS::EarlyValidation::{check}]. To troubleshoot Early Validation \
             errors, use the DescribeEvents API for detailed failure information."
        ));
    }
    // https://github.com/aws/aws-cli/issues/3336
    (kind == "UPDATE" && plan.is_empty()).then(|| {
        "The submitted information didn't contain changes. Submit different information to create a change set."
            .to_owned()
    })
}

/// What CloudFormation looks up for a change set, beside the properties.
fn look_ups(region: &Region, change_set: &ChangeSet, plan: &Plan) -> Vec<Finding> {
    let of = |action| plan.changes.iter().filter(move |change| change.action == action);
    let added: Vec<&str> = of("Add").map(|change| change.logical_id.as_str()).collect();
    let buckets = of("Remove").filter(|change| {
        change.resource_type == "AWS::S3::Bucket" && change.policy_action.is_none_or(|action| action == "Delete")
    });
    let deleted = buckets.filter_map(|change| Some((change.logical_id.as_str(), change.physical_id.as_deref()?)));
    let mut found = early::conflicts(region, &change_set.deployment, &added);
    found.extend(early::full_buckets(region, deleted));
    found
}

fn finding_event(region: &Region, change_set: &ChangeSet, stack_id: &str, finding: &Finding) -> Value {
    json!({
        "EventId": region.random.uuid(),
        "StackId": stack_id,
        "OperationId": change_set.operation_id,
        "OperationType": "CREATE_CHANGESET",
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": finding.logical_id,
        "ResourceType": finding.resource_type,
        "Timestamp": now(),
        "ValidationFailureMode": finding.mode,
        "ValidationName": finding.name,
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": finding.reason,
        "ValidationPath": format!("/Resources/{}", finding.logical_id),
    })
}

fn validation_events(region: &Region, change_set: &ChangeSet, stack_id: &str, plan: &Plan) -> Vec<Value> {
    let mut events = Vec::new();
    for (id, violations) in &plan.refused {
        let resource_type = change_set.deployment.resource(id).map(|resource| resource.resource_type.clone());
        for violation in violations {
            let (place, _) = violation.split_once(':').unwrap_or(("#", ""));
            let path = place.strip_prefix('#').unwrap_or_default();
            events.push(json!({
                "EventId": region.random.uuid(),
                "StackId": stack_id,
                "OperationId": change_set.operation_id,
                "OperationType": "CREATE_CHANGESET",
                "EventType": "VALIDATION_ERROR",
                "LogicalResourceId": id,
                "ResourceType": resource_type,
                "Timestamp": now(),
                "ValidationFailureMode": "FAIL",
                "ValidationName": "PROPERTY_VALIDATION",
                "ValidationStatus": "FAILED",
                "ValidationStatusReason": violation,
                "ValidationPath": format!("/Resources/{id}/Properties{path}"),
            }));
        }
    }
    events
}
