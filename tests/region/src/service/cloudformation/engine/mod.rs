//! Carries out stack operations: resources as concurrent tasks in dependency order, then what follows from the result.

mod create;
mod delete;
mod order;
mod pace;
mod reads;
mod resource;
mod rollback;
mod run;
mod update;

use std::sync::Arc;

use tokio::sync::watch;

use super::{caller, deployment::Deployment};
use crate::Region;
use order::Stop;
pub(super) use run::{Run, effective_tags};

/// What an operation does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    Create,
    Update,
    /// Resources named in `retain` stay; with `force` those that cannot be deleted stay too.
    Delete {
        retain: Vec<String>,
        force: bool,
    },
    /// Takes up a rollback that failed, leaving the resources in `skip` as they are.
    ContinueRollback {
        skip: Vec<String>,
    },
    /// Rolls back a stack that was left as it failed.
    RollBack,
}

/// An operation that the stack has begun: its status is set and its id recorded.
#[must_use]
pub(super) struct Operation {
    pub(super) region: Arc<Region>,
    pub(super) stack_id: String,
    pub(super) operation_id: String,
    pub(super) deployment: Arc<Deployment>,
    pub(super) cancel: watch::Sender<bool>,
    pub(super) job: Job,
}

impl Operation {
    /// Carries it out in the background.
    pub(super) fn spawn(self) {
        let Self { region, stack_id, operation_id, deployment, cancel, job } = self;
        let caller = caller::caller();
        let run = Run { region, stack_id, deployment, operation_id, stop: Stop::new(cancel), caller };
        tokio::spawn(async move {
            match job {
                Job::Create => create::create(&run).await,
                Job::Update => update::update(&run).await,
                Job::Delete { retain, force } => delete::remove_all(&run, &retain, force).await,
                Job::ContinueRollback { skip } => rollback::undo_update(&run, &skip).await,
                Job::RollBack => rollback::roll_back_stack(&run).await,
            }
            run.stack(|stack| {
                stack.cancel = None;
                stack.wish = None;
            });
        });
    }
}

/// Names of resources as a stack's reason lists them.
fn names<'a>(ids: impl IntoIterator<Item = &'a String>) -> String {
    ids.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
