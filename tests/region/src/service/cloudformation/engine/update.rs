//! Updates a stack: everything new or changed, then the removal of what is no longer needed.

use super::order::{End, Stop, in_order};
use super::run::Run;
use super::{create, delete, names, resource, rollback};
use crate::formation::attributes::{Policy, deletion_policy, replace_policy};
use crate::service::cloudformation::lookup;
use crate::service::cloudformation::stack_resource::StackResource;
use crate::service::cloudformation::state::Wish;

/// Runs the update to its end.
pub(super) async fn update(run: &Run) {
    match attempt(run).await {
        Ok(()) if run.status_as_planned("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") => {
            clean_up(run).await;
            run.stack(|stack| stack.rollback = None);
            run.status("UPDATE_COMPLETE", None);
        }
        Ok(()) => fail(run, String::new()).await,
        Err(reason) => fail(run, reason).await,
    }
}

async fn attempt(run: &Run) -> Result<(), String> {
    if let Some(reason) = lookup::missing_values(&run.region, &run.deployment) {
        return Err(reason);
    }
    create::validate(run)?;
    let stops = !run.keeps_going();
    let ended = in_order(&run.deployment.dependencies, &run.stop, stops, |id| resource::change(run.clone(), id)).await;
    let failed: Vec<&String> = ended.iter().filter(|(_, end)| *end == End::Failed).map(|(id, _)| id).collect();
    let cancelled: Vec<&String> = ended.iter().filter(|(_, end)| *end == End::Cancelled).map(|(id, _)| id).collect();
    if !failed.is_empty() || !cancelled.is_empty() {
        return Err(failure_reason(run, failed, cancelled));
    }
    if run.stop.is_given() {
        return Err(String::new());
    }
    create::publish_outputs(run)
}

/// Resources that failed to be made and those that failed to be updated are listed apart.
fn failure_reason(run: &Run, failed: Vec<&String>, cancelled: Vec<&String>) -> String {
    let is_new = |id: &&&String| run.resource(id).is_some_and(|resource| resource.status == "CREATE_FAILED");
    let all: Vec<&String> = failed.into_iter().chain(cancelled).collect();
    let (made, updated): (Vec<&String>, Vec<&String>) = all.iter().partition(|id| is_new(id));
    let mut parts = Vec::new();
    for (ids, verb) in [(made, "create"), (updated, "update")] {
        if !ids.is_empty() {
            parts.push(format!("The following resource(s) failed to {verb}: [{}]", names(ids)));
        }
    }
    parts.join(". ")
}

async fn fail(run: &Run, reason: String) {
    // CancelUpdateStack has already said what happens.
    let cancelled = run.stack(|stack| stack.wish) == Some(Some(Wish::Cancel));
    let disabled = run.stack(|stack| stack.settings.disable_rollback).unwrap_or(false);
    if disabled && !cancelled {
        run.status("UPDATE_FAILED", Some(format!("{reason}. ")));
        return;
    }
    if !cancelled {
        run.begin_operation("ROLLBACK");
        run.status("UPDATE_ROLLBACK_IN_PROGRESS", Some(format!("{reason}. ")));
    }
    let run = Run { stop: Stop::never(), ..run.clone() };
    rollback::undo_update(&run, &[]).await;
}

/// Deletes what the update removed or replaced. A failure here leaves the resource behind and the update complete.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
async fn clean_up(run: &Run) {
    let before = run.stack(|stack| stack.rollback.clone()).flatten().map(|rollback| rollback.resources);
    let before: Vec<StackResource> = before.unwrap_or_default().into_iter().filter(StackResource::exists).collect();
    let mut replaced = Vec::new();
    for old in before {
        if let Some(new) = run.resource(&old.logical_id)
            && new.physical_id != old.physical_id
        {
            replaced.push(StackResource { policies: new.policies, ..old });
        }
    }
    // Also what an operation made that failed and was not rolled back.
    let listed = run.stack(|stack| stack.resources.clone()).unwrap_or_default();
    let removed: Vec<StackResource> =
        listed.into_iter().filter(|old| !run.deployment.dependencies.contains_key(&old.logical_id)).collect();
    let gone: Vec<String> = removed.iter().map(|resource| resource.logical_id.clone()).collect();
    // One after the other: what was replaced may be used by what was removed, and the other way round.
    delete::remove_these(run, replaced, false, |resource| replace_policy(&resource.policies) != Policy::Delete).await;
    delete::remove_these(run, removed, true, |resource| deletion_policy(&resource.policies) != Policy::Delete).await;
    run.stack(|stack| stack.resources.retain(|resource| !gone.contains(&resource.logical_id)));
}
