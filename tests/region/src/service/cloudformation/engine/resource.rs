//! One operation on one resource: its events, its duration, its handler.

use std::future::Future;

use serde_json::{Map, Value};

use super::order::End;
use super::run::Run;
use super::{pace, reads};
use crate::formation::difference::{self, Recreation};
use crate::formation::dynamic::Reference;
use crate::formation::{dynamic, schema};
use crate::resource::{Made, Phase, ResourceContext, ResourceFailure, ResourceType, handler};
use crate::service::cloudformation::deployment::{Evaluated, Unusable};
use crate::service::cloudformation::stack_resource::StackResource;
use crate::service::cloudformation::{caller, lookup};
use crate::service::iam::handlers;

/// Statuses of one kind of resource operation.
struct Statuses {
    in_progress: &'static str,
    complete: &'static str,
    failed: &'static str,
    cancelled: &'static str,
}

const CREATE: Statuses = Statuses {
    in_progress: "CREATE_IN_PROGRESS",
    complete: "CREATE_COMPLETE",
    failed: "CREATE_FAILED",
    cancelled: "Resource creation cancelled",
};

const UPDATE: Statuses = Statuses {
    in_progress: "UPDATE_IN_PROGRESS",
    complete: "UPDATE_COMPLETE",
    failed: "UPDATE_FAILED",
    cancelled: "Resource update cancelled",
};

/// https://github.com/aws/aws-cdk/issues/8056, among many stacks' events
const REPLACES: &str = "Requested update requires the creation of a new physical resource; hence creating one.";

enum Interrupted {
    Cancelled,
    Failed(ResourceFailure),
}

/// Makes a resource that the stack does not have yet.
pub(super) async fn make(run: Run, logical_id: String) -> End {
    let Some(declared) = run.deployment.resource(&logical_id).cloned() else { return End::Done };
    let resource = StackResource::new(&logical_id, &declared.resource_type);
    match evaluate(&run, &logical_id) {
        Ok(evaluated) => create(&run, with(resource, &run, evaluated), &CREATE, None).await,
        Err(reason) => {
            run.stack(|stack| {
                stack.resources.retain(|known| known.logical_id != logical_id);
                stack.resources.push(resource);
                stack.set_resource_status(&logical_id, CREATE.failed, Some(reason));
            });
            End::Failed
        }
    }
}

/// Brings a resource to what the deployment says: nothing, in place, or by a new one.
pub(super) async fn change(run: Run, logical_id: String) -> End {
    let Some(current) = run.resource(&logical_id).filter(StackResource::exists) else {
        return make(run, logical_id).await;
    };
    if current.status == CREATE.failed {
        // A resource without a last stable state goes first.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
        return match remove(run.clone(), current, true).await {
            End::Done => make(run, logical_id).await,
            end => end,
        };
    }
    let evaluated = match evaluate(&run, &logical_id) {
        Ok(evaluated) => evaluated,
        Err(reason) => {
            run.stack(|stack| stack.set_resource_status(&logical_id, UPDATE.failed, Some(reason)));
            return End::Failed;
        }
    };
    let wanted = with(current.clone(), &run, evaluated);
    // What failed in place is tried again, though nothing be different.
    let again = (current.status == UPDATE.failed).then_some(Recreation::Never);
    let recreation = recreation(&current, &wanted).or(again);
    let Some(recreation) = recreation else {
        run.stack(|stack| {
            if let Some(resource) = stack.resource_mut(&logical_id) {
                resource.policies = wanted.policies;
                resource.depends_on = wanted.depends_on;
                resource.shown = wanted.shown;
            }
        });
        return End::Done;
    };
    if recreation == Recreation::Always && run.keeps_going() {
        // https://github.com/aws/aws-cdk/issues/30546
        let reason = "Replacement type updates not supported on stack with disable-rollback.".to_owned();
        run.stack(|stack| stack.set_resource_status(&logical_id, UPDATE.failed, Some(reason)));
        return End::Failed;
    }
    if recreation == Recreation::Always {
        create(&run, StackResource { attributes: Map::new(), ..wanted }, &UPDATE, Some(REPLACES)).await
    } else {
        update(&run, &current, wanted, Phase::Update).await
    }
}

/// What the difference between two states of a resource asks for; None if there is none.
fn recreation(current: &StackResource, wanted: &StackResource) -> Option<Recreation> {
    let schema = schema::of(&wanted.resource_type)?;
    let changes = difference::changes(&current.properties, &wanted.properties);
    let most = changes.iter().map(|change| difference::recreation(schema, change)).max();
    let replaces_group = wanted
        .policies
        .get("UpdatePolicy")
        .and_then(|policy| policy.pointer("/AutoScalingReplacingUpdate/WillReplace"))
        .is_some_and(|will| will == &Value::Bool(true) || will == "true");
    match most {
        Some(Recreation::Conditionally) if replaces_group => Some(Recreation::Always),
        // What AWS calls conditional is, for the types of the region, an update in place otherwise.
        Some(Recreation::Conditionally) => Some(Recreation::Never),
        None if current.tags != wanted.tags => Some(Recreation::Never),
        other => other,
    }
}

/// Brings a resource back to an earlier state, in place.
pub(super) async fn restore(run: Run, before: StackResource) -> End {
    let Some(current) = run.resource(&before.logical_id) else { return End::Done };
    update(&run, &current, before, Phase::Rollback).await
}

async fn create(run: &Run, resource: StackResource, statuses: &Statuses, reason: Option<&str>) -> End {
    let id = resource.logical_id.clone();
    let Some(handler) = handler(&resource.resource_type) else { return End::Failed };
    let context = run.context(&resource, Phase::Create);
    run.stack(|stack| {
        match stack.resource_mut(&id) {
            Some(known) => *known = resource.clone(),
            None => stack.resources.push(resource.clone()),
        }
        stack.set_resource_status(&id, statuses.in_progress, reason.map(str::to_owned));
    });
    let working = async {
        let properties = with_secrets(run, &resource.properties)?;
        permit(run, &context, (&resource.resource_type, None), &properties, None)?;
        let made = handler.create(&context, &properties).await?;
        context.initiated(&made.physical_id);
        Ok(made)
    };
    conclude(run, &id, statuses, perform(run, handler, &id, "CREATE", working).await)
}

async fn update(run: &Run, current: &StackResource, wanted: StackResource, phase: Phase) -> End {
    let id = wanted.logical_id.clone();
    let Some(handler) = handler(&wanted.resource_type) else { return End::Failed };
    let context = run.context(&wanted, phase);
    let physical_id = wanted.physical_id.clone().unwrap_or_default();
    run.stack(|stack| {
        if let Some(known) = stack.resource_mut(&id) {
            *known = wanted.clone();
        }
        stack.set_resource_status(&id, UPDATE.in_progress, None);
    });
    let working = async {
        let (old, new) = (with_secrets(run, &current.properties)?, with_secrets(run, &wanted.properties)?);
        let before = handlers::Before { properties: &old, tags: &current.tags };
        permit(run, &context, (&wanted.resource_type, Some(&physical_id)), &new, Some(before))?;
        handler.update(&context, &physical_id, &old, &new).await
    };
    conclude(run, &id, &UPDATE, perform(run, handler, &id, "UPDATE", working).await)
}

/// Records how a create or an update ended.
fn conclude(run: &Run, id: &str, statuses: &Statuses, result: Result<Made, Interrupted>) -> End {
    run.stack(|stack| match result {
        Ok(made) => {
            if let Some(resource) = stack.resource_mut(id) {
                resource.physical_id = Some(made.physical_id);
                resource.attributes = made.attributes;
            }
            stack.set_resource_status(id, statuses.complete, None);
            End::Done
        }
        Err(Interrupted::Cancelled) => {
            stack.set_resource_status(id, statuses.failed, Some(statuses.cancelled.to_owned()));
            End::Cancelled
        }
        Err(Interrupted::Failed(failure)) => {
            if let (Some(resource), Some(physical_id)) = (stack.resource_mut(id), failure.physical_id) {
                resource.physical_id = Some(physical_id);
            }
            stack.set_resource_status(id, statuses.failed, Some(failure.reason));
            End::Failed
        }
    })
    .unwrap_or(End::Failed)
}

/// Deletes a resource. One that is `listed` is the stack's own; one that is not has been replaced.
pub(super) async fn remove(run: Run, resource: StackResource, listed: bool) -> End {
    let status = |status: &'static str, reason: Option<String>| {
        run.stack(|stack| {
            if listed {
                stack.set_resource_status(&resource.logical_id, status, reason);
            } else {
                stack.resource_event(&resource, status, reason, None);
            }
        });
    };
    let Some(physical_id) = resource.physical_id.clone() else {
        status("DELETE_COMPLETE", None);
        return End::Done;
    };
    let Some(handler) = handler(&resource.resource_type) else { return End::Failed };
    status("DELETE_IN_PROGRESS", None);
    let context = run.context(&resource, Phase::Delete);
    let working = async {
        let properties = with_secrets(&run, &resource.properties).unwrap_or_else(|_| resource.properties.clone());
        permit(&run, &context, (&resource.resource_type, Some(&physical_id)), &properties, None)?;
        handler.delete(&context, &physical_id, &properties).await?;
        Ok(Made::default())
    };
    match perform(&run, handler, &resource.logical_id, "DELETE", working).await {
        Ok(_) => {
            status("DELETE_COMPLETE", None);
            End::Done
        }
        Err(Interrupted::Failed(failure)) => {
            status("DELETE_FAILED", Some(failure.reason));
            End::Failed
        }
        Err(Interrupted::Cancelled) => End::Cancelled,
    }
}

/// Leaves a resource in the world and out of the stack.
pub(super) fn skip(run: &Run, resource: &StackResource, listed: bool) {
    run.stack(|stack| {
        if listed {
            stack.set_resource_status(&resource.logical_id, "DELETE_SKIPPED", None);
        } else {
            stack.resource_event(resource, "DELETE_SKIPPED", None, None);
        }
    });
}

/// Waits part of the type's duration, lets the handler work, and waits the rest; a stop ends it at any point.
async fn perform(
    run: &Run,
    handler: &dyn ResourceType,
    logical_id: &str,
    action: &str,
    working: impl Future<Output = Result<Made, ResourceFailure>>,
) -> Result<Made, Interrupted> {
    let number = run.stack(|stack| stack.operations.len()).unwrap_or_default();
    let what = format!("{}/{logical_id}/{action} of operation {number}", run.deployment.pseudo.stack_name);
    let whole = run.region.random.duration(&what, pace::typical(action, handler.typical_seconds()));
    let planted = run.region.faults.on_resource(logical_id, action);
    let before = || run.region.world(|world| world.cloudformation.take_fault(logical_id, action));
    let whole_work = async {
        run.region.clock.sleep(whole.mul_f64(0.2)).await;
        let failing = planted.failing(false).or_else(before);
        if let Some(reason) = failing {
            return Err(ResourceFailure::new("GeneralServiceException", reason));
        }
        let made = working.await?;
        run.region.clock.sleep(whole.mul_f64(0.8) + planted.delay()).await;
        let Some(reason) = planted.failing(true) else { return Ok(made) };
        // What is made must be known to the rollback.
        run.stack(|stack| {
            let resource = stack.resource_mut(logical_id).filter(|resource| resource.physical_id.is_none());
            if let Some(resource) = resource {
                resource.physical_id = Some(made.physical_id);
                resource.made_by.clone_from(&run.operation_id);
            }
        });
        Err(ResourceFailure::new("GeneralServiceException", reason))
    };
    tokio::select! {
        biased;
        () = run.stop.given() => Err(Interrupted::Cancelled),
        result = whole_work => result.map_err(Interrupted::Failed),
    }
}

/// Refuses what the caller, or the stack's role, may not have done.
fn permit(
    run: &Run,
    context: &ResourceContext,
    (resource_type, physical_id): (&str, Option<&str>),
    properties: &Map<String, Value>,
    before: Option<handlers::Before<'_>>,
) -> Result<(), ResourceFailure> {
    let Some(principal) = caller::acts_as(run) else { return Ok(()) };
    let work = handlers::Work { resource_type, physical_id, properties, before };
    handlers::begin(context, &principal, &work).map_err(|(service, error)| context.refused(service, &error))
}

fn evaluate(run: &Run, logical_id: &str) -> Result<Evaluated, String> {
    let (Some(snapshot), Some(declared)) = (run.snapshot(), run.deployment.resource(logical_id)) else {
        // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/607
        return Err("Internal Failure".to_owned());
    };
    let evaluated = run.deployment.evaluate(&run.region, declared, &snapshot);
    let evaluated = evaluated.map_err(|unusable| reason(logical_id, unusable))?;
    reads::parameters(run, &declared.properties)?;
    reads::attributes(run, &snapshot)?;
    Ok(evaluated)
}

/// Why properties cannot be used, as an event says it.
pub(super) fn reason(logical_id: &str, unusable: Unusable) -> String {
    match unusable {
        Unusable::Template(reason) => reason,
        Unusable::Schema(violations) => {
            format!("Properties validation failed for resource {logical_id} with message:\n[{}]", violations.join(", "))
        }
    }
}

fn with(resource: StackResource, run: &Run, evaluated: Evaluated) -> StackResource {
    let tags = run.tags(&resource.resource_type, &resource.logical_id);
    let depends_on = run.deployment.dependencies.get(&resource.logical_id).cloned().unwrap_or_default();
    StackResource {
        properties: evaluated.properties,
        shown: evaluated.shown,
        policies: evaluated.policies,
        tags,
        depends_on,
        ..resource
    }
}

fn with_secrets(run: &Run, properties: &Map<String, Value>) -> Result<Map<String, Value>, ResourceFailure> {
    let value = Value::Object(properties.clone());
    let read = dynamic::replace(&value, &mut |reference| {
        if let (Reference::Secret { id, .. }, Some(principal)) = (reference, caller::acts_as(run)) {
            handlers::may_read_secret(&run.region, &principal, id)?;
        }
        lookup::secret_reference(&run.region, reference)
    });
    match read {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Ok(properties.clone()),
        Err(reason) => Err(ResourceFailure::new("InvalidRequest", reason)),
    }
}
