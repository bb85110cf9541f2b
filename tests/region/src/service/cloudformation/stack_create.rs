//! CreateStack.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::deployment::Deployment;
use super::engine::{Job, Operation};
use super::event::now;
use super::input::{Request, check_stack_name, flag, stack_name, text};
use super::state::{Stack, StackSettings};
use crate::{AwsError, Region};

/// Carries out CreateStack.
///
/// # Errors
/// What is refused before a stack exists.
pub(super) fn create(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    if text(input, "OnFailure").is_some() && input.get("DisableRollback").is_some() {
        // https://github.com/boto/boto/issues/2781
        return Err(AwsError::validation("Either DisableRollback or OnFailure can be specified, not both."));
    }
    let name = stack_name(input);
    check_stack_name(name)?;
    // https://github.com/convox/cli/issues/69
    let exists = || AwsError::new("AlreadyExistsException", format!("Stack [{name}] already exists"));
    let request = Request::read(input)?;
    let id = stack_id(region, name);
    if region.world(|world| world.cloudformation.stack(name).is_some()) {
        return Err(exists());
    }
    let deployment = Arc::new(Deployment::prepare(region, &request, (name, &id), None)?);
    let token = text(input, "ClientRequestToken").map(str::to_owned);
    let operation = region.world(|world| {
        if world.cloudformation.stack(name).is_some() {
            return Err(exists());
        }
        let mut stack = new_stack(name, &id);
        stack.settings = request.settings(input, &StackSettings::default());
        stack.termination_protection = flag(input, "EnableTerminationProtection");
        let operation = begin(region, &mut stack, Arc::clone(&deployment), token);
        world.cloudformation.stacks.push(stack);
        Ok(operation)
    })?;
    let answer = json!({"StackId": id, "OperationId": operation.operation_id});
    operation.spawn();
    Ok(answer)
}

/// Begins a creation, of a new stack or of one in review.
pub(super) fn begin(
    region: &Arc<Region>,
    stack: &mut Stack,
    deployment: Arc<Deployment>,
    token: Option<String>,
) -> Operation {
    stack.deployment = Some(Arc::clone(&deployment));
    start(region, stack, deployment, token, ("CREATE_STACK", "CREATE_IN_PROGRESS"), Job::Create)
}

/// Begins an operation: its id, its status, and a way to stop it.
pub(super) fn start(
    region: &Arc<Region>,
    stack: &mut Stack,
    deployment: Arc<Deployment>,
    token: Option<String>,
    (kind, status): (&'static str, &'static str),
    job: Job,
) -> Operation {
    let operation_id = stack.begin(region, kind, token);
    let (cancel, _) = watch::channel(false);
    stack.signals.clear();
    stack.wish = None;
    stack.cancel = Some(cancel.clone());
    stack.set_status(region, status, Some("User Initiated".to_owned()));
    Operation { region: Arc::clone(region), stack_id: stack.id.clone(), operation_id, deployment, cancel, job }
}

/// A stack id for a new stack.
pub(super) fn stack_id(region: &Region, name: &str) -> String {
    region.arn("cloudformation", &format!("stack/{name}/{}", region.random.uuid()))
}

/// A stack in which nothing has happened yet.
pub(super) fn new_stack(name: &str, id: &str) -> Stack {
    Stack {
        id: id.to_owned(),
        name: name.to_owned(),
        status: "REVIEW_IN_PROGRESS",
        status_reason: None,
        detailed_status: None,
        created: now(),
        updated: None,
        deleted: None,
        deployment: None,
        rollback: None,
        not_rolled_back: Vec::new(),
        settings: StackSettings::default(),
        termination_protection: false,
        deletion_mode: None,
        resources: Vec::new(),
        outputs: Vec::new(),
        events: Vec::new(),
        operations: Vec::new(),
        change_sets: Vec::new(),
        change_set_id: None,
        signals: Vec::new(),
        cancel: None,
        wish: None,
    }
}
