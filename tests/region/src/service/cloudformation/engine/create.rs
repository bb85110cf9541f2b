//! Creates a stack.

use std::pin::pin;
use std::time::Duration;

use super::order::{End, Stop, in_order};
use super::run::Run;
use super::{delete, names, reads, resource, rollback};
use crate::formation::intrinsic::{Resources, UNKNOWN};
use crate::service::cloudformation::lookup;
use crate::service::cloudformation::stack_resource::StackResource;
use crate::service::cloudformation::state::Wish;

/// Runs the creation to its end.
pub(super) async fn create(run: &Run) {
    match attempt(run).await {
        Ok(()) if run.status_as_planned("CREATE_COMPLETE") => {}
        Ok(()) => fail(run, String::new()).await,
        Err(reason) => fail(run, reason).await,
    }
}

async fn attempt(run: &Run) -> Result<(), String> {
    if let Some(reason) = lookup::missing_values(&run.region, &run.deployment) {
        return Err(reason);
    }
    validate(run)?;
    let minutes = run.stack(|stack| stack.settings.timeout_minutes).flatten();
    let limit = minutes.map(|minutes| run.region.clock.scaled(Duration::from_secs(minutes * 60)));
    let mut making = pin!(in_order(&run.deployment.dependencies, &run.stop, !run.keeps_going(), |id| resource::make(
        run.clone(),
        id
    )));
    let in_time = tokio::time::timeout(limit.unwrap_or(Duration::MAX), &mut making).await;
    let Ok(ended) = in_time else {
        run.stop.give();
        making.await;
        // https://github.com/docker-archive/ecs-plugin/issues/177
        return Err("Stack creation time exceeded the specified timeout".to_owned());
    };
    let failed: Vec<&String> = ended.iter().filter(|(_, end)| *end != End::Done).map(|(id, _)| id).collect();
    if !failed.is_empty() {
        // https://github.com/aws-samples/amazon-chime-live-events/issues/43
        return Err(format!("The following resource(s) failed to create: [{}]", names(failed)));
    }
    publish_outputs(run)
}

/// Puts the outputs on the stack.
pub(super) fn publish_outputs(run: &Run) -> Result<(), String> {
    let Some(snapshot) = run.snapshot() else { return Ok(()) };
    let outputs = run.deployment.outputs(&snapshot).map_err(|error| error.0)?;
    reads::attributes(run, &snapshot)?;
    run.region.world(|world| {
        let state = &mut world.cloudformation;
        if let Some(reason) = state.refuse_outputs(&run.stack_id, &outputs) {
            return Err(reason);
        }
        if let Some(stack) = state.stack_mut(&run.stack_id) {
            stack.outputs = outputs;
        }
        Ok(())
    })
}

/// Every reference is unknown: only what the template itself says is checked.
struct Unmade;

impl Resources for Unmade {
    fn reference(&self, _: &str) -> Option<serde_json::Value> {
        Some(UNKNOWN.into())
    }
    fn attribute(&self, _: &str, _: &str) -> Option<serde_json::Value> {
        Some(UNKNOWN.into())
    }
}

/// Checks every resource's properties before any is made.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html; the events as in
/// published traces of failed creations
pub(super) fn validate(run: &Run) -> Result<(), String> {
    let mut refused = Vec::new();
    for declared in run.deployment.resources() {
        let Err(unusable) = run.deployment.evaluate(&run.region, declared, &Unmade) else { continue };
        let reason = resource::reason(&declared.logical_id, unusable);
        run.stack(|stack| {
            let known = stack.resource(&declared.logical_id).cloned();
            let status = if known.is_some() { "UPDATE_FAILED" } else { "CREATE_FAILED" };
            let resource = known.unwrap_or_else(|| StackResource::new(&declared.logical_id, &declared.resource_type));
            stack.resource_event(&resource, status, Some(reason), Some("VALIDATION_FAILED"));
        });
        refused.push(declared.logical_id.clone());
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(format!("Validation failed for following resources: [{}]", names(&refused)))
}

/// What the caller asked to happen after a failure.
async fn fail(run: &Run, reason: String) {
    let settings = run.stack(|stack| stack.settings.clone()).unwrap_or_default();
    let run = Run { stop: Stop::never(), ..run.clone() };
    if run.stack(|stack| stack.wish) == Some(Some(Wish::Delete)) {
        // DeleteStack has put the stack into DELETE_IN_PROGRESS.
        delete::remove_all(&run, &[], false).await;
        return;
    }
    if settings.disable_rollback {
        run.status("CREATE_FAILED", Some(format!("{reason}. ")));
        return;
    }
    if settings.on_failure == "DELETE" {
        run.begin_operation("DELETE_STACK");
        run.status("DELETE_IN_PROGRESS", Some(format!("{reason}. Delete requested by user.")));
        delete::remove_all(&run, &[], false).await;
        return;
    }
    run.begin_operation("ROLLBACK");
    run.status("ROLLBACK_IN_PROGRESS", Some(format!("{reason}. Rollback requested by user.")));
    rollback::undo_create(&run).await;
}
