//! Undoes a creation or an update.

use std::sync::Arc;

use super::order::{End, in_order};
use super::run::Run;
use super::{create, delete, names, resource};
use crate::formation::attributes::{Policy, deletion_policy};
use crate::formation::graph::Dependencies;
use crate::service::cloudformation::stack_resource::StackResource;

/// Deletes what a creation has made.
pub(super) async fn undo_create(run: &Run) {
    let except = run.stack(|stack| stack.settings.retain_except_on_create).unwrap_or(false);
    let keeps = |resource: &StackResource| deletion_policy(&resource.policies) == Policy::Retain && !except;
    let failed = delete::remove_existing(run, keeps).await;
    if failed.is_empty() {
        run.status("ROLLBACK_COMPLETE", None);
    } else {
        let names = names(&failed);
        run.status("ROLLBACK_FAILED", Some(format!("The following resource(s) failed to delete: [{names}]. ")));
    }
}

/// Brings every resource back to what it was, but for those named in `skip`, then deletes what the update had made.
pub(super) async fn undo_update(run: &Run, skip: &[String]) {
    let Some(target) = run.stack(|stack| stack.rollback.clone()).flatten() else {
        // The stack has never been whole: there is only its creation to undo.
        return undo_create(run).await;
    };
    let run = Run { deployment: Arc::clone(&target.deployment), ..run.clone() };
    run.stack(|stack| stack.deployment = Some(Arc::clone(&target.deployment)));
    let attempted = run.stack(|stack| stack.resources.clone()).unwrap_or_default();
    let graph: Dependencies =
        target.resources.iter().map(|before| (before.logical_id.clone(), before.depends_on.clone())).collect();
    let ended = in_order(&graph, &run.stop, false, |id| {
        let before = target.resources.iter().find(|before| before.logical_id == id).cloned();
        let now = attempted.iter().find(|resource| resource.logical_id == id).cloned();
        let (run, skipped) = (run.clone(), skip.contains(&id));
        async move {
            match (before, now) {
                (Some(before), _) if skipped => {
                    run.stack(|stack| {
                        if let Some(resource) = stack.resource_mut(&before.logical_id) {
                            *resource = before.clone();
                        }
                        stack.set_resource_status(&before.logical_id, "UPDATE_COMPLETE", None);
                    });
                    End::Done
                }
                (Some(before), Some(now)) => undo_one(run, before, now).await,
                _ => End::Done,
            }
        }
    })
    .await;
    let failed: Vec<&String> = ended.iter().filter(|(_, end)| *end != End::Done).map(|(id, _)| id).collect();
    run.stack(|stack| stack.not_rolled_back = failed.iter().map(|id| (*id).clone()).collect());
    if !failed.is_empty() {
        let names = names(failed);
        run.status("UPDATE_ROLLBACK_FAILED", Some(format!("The following resource(s) failed to update: [{names}]. ")));
        return;
    }
    run.status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None);
    clean_up(&run, &target.resources, attempted).await;
    run.stack(|stack| stack.rollback = None);
    // An output that cannot be evaluated was refused when this state was deployed.
    let _ = create::publish_outputs(&run);
    run.status("UPDATE_ROLLBACK_COMPLETE", None);
}

async fn undo_one(run: Run, before: StackResource, now: StackResource) -> End {
    if !before.exists() {
        return End::Done;
    }
    if now.physical_id != before.physical_id {
        run.stack(|stack| {
            if let Some(resource) = stack.resource_mut(&before.logical_id) {
                *resource = before.clone();
            }
            stack.set_resource_status(&before.logical_id, "UPDATE_COMPLETE", None);
        });
        return End::Done;
    }
    let untouched = now.properties == before.properties && now.tags == before.tags && now.status != "UPDATE_FAILED";
    if untouched {
        run.stack(|stack| {
            if let Some(resource) = stack.resource_mut(&before.logical_id) {
                resource.policies.clone_from(&before.policies);
                resource.depends_on.clone_from(&before.depends_on);
            }
        });
        return End::Done;
    }
    resource::restore(run, before).await
}

/// Deletes what the update had made: new resources, and replacements of old ones.
async fn clean_up(run: &Run, before: &[StackResource], attempted: Vec<StackResource>) {
    let old = |id: &str| before.iter().find(|resource| resource.logical_id == id && resource.exists());
    let (mut made, mut replacements) = (Vec::new(), Vec::new());
    for resource in attempted {
        match old(&resource.logical_id) {
            None => made.push(resource),
            Some(old) if resource.physical_id != old.physical_id && resource.physical_id.is_some() => {
                replacements.push(resource);
            }
            Some(_) => {}
        }
    }
    // RetainExceptOnCreate deletes what this operation made.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    let keeps = |resource: &StackResource| deletion_policy(&resource.policies) == Policy::Retain;
    let gone: Vec<String> = made.iter().map(|resource| resource.logical_id.clone()).collect();
    delete::remove_these(run, made, true, keeps).await;
    delete::remove_these(run, replacements, false, |_| false).await;
    run.stack(|stack| stack.resources.retain(|resource| !gone.contains(&resource.logical_id)));
}

/// Rolls back a stack that was left as it failed.
pub(super) async fn roll_back_stack(run: &Run) {
    let created = run.stack(|stack| stack.status == "ROLLBACK_IN_PROGRESS").unwrap_or(false);
    if created {
        undo_create(run).await;
    } else {
        undo_update(run, &[]).await;
    }
}
