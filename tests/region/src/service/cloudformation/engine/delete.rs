//! Deletes a stack, or what a failed creation has made.

use std::collections::BTreeSet;

use super::order::{End, Stop, in_order, reversed};
use super::run::Run;
use super::{names, resource};
use crate::formation::attributes::{Policy, deletion_policy};
use crate::formation::graph::Dependencies;
use crate::service::cloudformation::event::now;
use crate::service::cloudformation::stack_resource::StackResource;

/// Deletes the whole stack. Resources named in `retain` stay; with `force` those that cannot be deleted stay too.
pub(super) async fn remove_all(run: &Run, retain: &[String], force: bool) {
    let keeps = |resource: &StackResource| {
        retain.contains(&resource.logical_id) || deletion_policy(&resource.policies) != Policy::Delete
    };
    let failed = remove_existing(run, keeps).await;
    if failed.is_empty() || force {
        run.stack(|stack| stack.deleted = Some(now()));
        run.status("DELETE_COMPLETE", None);
    } else {
        let names = names(&failed);
        run.status("DELETE_FAILED", Some(format!("The following resource(s) failed to delete: [{names}]. ")));
    }
}

/// Deletes every resource that the stack still has, dependents first, but for those that `keeps` names. Answers which
/// could not be deleted; what they depend on is left alone.
pub(super) async fn remove_existing(run: &Run, keeps: impl Fn(&StackResource) -> bool) -> Vec<String> {
    let listed = run.stack(|stack| stack.resources.clone()).unwrap_or_default();
    let left: Vec<StackResource> = listed
        .into_iter()
        .filter(|resource| !matches!(resource.status, "DELETE_COMPLETE" | "DELETE_SKIPPED"))
        .collect();
    remove_these(run, left, true, keeps).await
}

/// As [`remove_existing`], for given resources.
pub(super) async fn remove_these(
    run: &Run,
    resources: Vec<StackResource>,
    listed: bool,
    keeps: impl Fn(&StackResource) -> bool,
) -> Vec<String> {
    let ids: BTreeSet<String> = resources.iter().map(|resource| resource.logical_id.clone()).collect();
    let graph: Dependencies = resources
        .iter()
        .map(|resource| {
            let needs = resource.depends_on.intersection(&ids).cloned().collect();
            (resource.logical_id.clone(), needs)
        })
        .collect();
    let kept: BTreeSet<String> =
        resources.iter().filter(|resource| keeps(resource)).map(|resource| resource.logical_id.clone()).collect();
    let ended = in_order(&reversed(&graph), &Stop::never(), false, |id| {
        let resource = resources.iter().find(|resource| resource.logical_id == id).cloned();
        let (run, keep) = (run.clone(), kept.contains(&id));
        async move {
            let Some(resource) = resource else { return End::Done };
            if keep {
                resource::skip(&run, &resource, listed);
                return End::Done;
            }
            resource::remove(run, resource, listed).await
        }
    })
    .await;
    ended.into_iter().filter(|(_, end)| *end != End::Done).map(|(id, _)| id).collect()
}
