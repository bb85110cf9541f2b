//! Follows an operation that another run began, then does what this one was asked for beyond it.

use jiff::Timestamp;

use super::execute::{self, Following};
use super::propose::Proposal;
use super::recreate::remember;
use super::report::Did;
use super::{Run, Step, internal, zone_of_stack};
use crate::aws::cloudformation;
use crate::error::{Failure, Kind};
use crate::stack::Stack;
use crate::stack::answer::{Up, answer};
use crate::stack::status::{Sentiment, StackStatus};
use crate::stack::watch::From;
use crate::ui::Expected;

/// What tells a stack that someone else has changed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    id: String,
    status: StackStatus,
    updated: Option<Timestamp>,
}

impl Mark {
    /// The mark of a stack as it stands.
    pub(super) fn of(stack: &Stack) -> Self {
        Self { id: stack.id.clone(), status: stack.status.clone(), updated: stack.updated }
    }
}

impl<'a> Run<'a> {
    /// Follows the operation that runs.
    pub(super) async fn attach(mut self, stack: Stack) -> Result<Step<'a>, Failure> {
        if self.args.dry_run {
            return Err(Failure::new(Kind::StackState, format!("the stack {} is in {}", stack.name, stack.status))
                .hint(format!("wait for its end with: {}", self.context.command_line("status --watch"))));
        }
        self.context.shell.note(&format!("the stack {} is in {}: following it", stack.name, stack.status));
        let deleting = stack.status == StackStatus::DeleteInProgress;
        // What led to a rollback has failed before this run: its end is no answer to what this command asks for.
        let rolling_back = answer(&stack.status).up == Up::FollowThenGoOn;
        let resources = cloudformation::resources(&self.aws, &stack.id).await.unwrap_or_default();
        let left = resources.into_iter().filter(|own| !deleting || !own.status.starts_with("DELETE_"));
        let known =
            |own: cloudformation::Resource| Expected { logical_id: own.logical_id, resource_type: own.resource_type };
        let following = Following {
            stack_id: &stack.id,
            from: From::OperationStart,
            title: format!("Following {}", stack.name),
            expected: left.map(known).collect(),
            creates: stack.status == StackStatus::CreateInProgress,
        };
        let sources = std::collections::BTreeMap::new();
        let wants_more = self.wants_more_than(&stack);
        let asking = stack.host().filter(|_| !wants_more && !deleting && !rolling_back);
        let asking = asking.and_then(|host| self.asking(host, zone_of_stack(&stack), internal(&sources)));
        let finished =
            execute::finish(self.context, &self.aws, following, asking.as_ref(), &self.resume_line()).await?;
        let status = finished.ended.as_ref().map(|ended| ended.status.clone());
        let cancelled = finished.ended.as_ref().is_some_and(|ended| ended.cancelled.is_some());
        if let Some(status) = &status {
            self.settle_noted(&stack, status).await?;
        }
        if status == Some(StackStatus::DeleteComplete) && !cancelled {
            self.context.shell.note(&format!("the stack {} is deleted; making it anew", stack.name));
            remember(&mut self.settings, &stack);
            return Ok(Step::Next(Box::new(self), None));
        }
        let good = status.is_some_and(|status| status.sentiment() == Sentiment::Good);
        if !cancelled && (rolling_back || wants_more && good) {
            let stack = cloudformation::describe_stack(&self.aws, &stack.id).await?;
            self.context.shell.note("that operation has ended; now to what this command asks for");
            return Ok(Step::Next(Box::new(self), stack));
        }
        self.report(&stack.id, finished, Did::Followed).await
    }

    /// A proposal was not accepted, and is taken back. If that is because another run was quicker, its operation is
    /// followed.
    pub(super) async fn overtaken(
        self,
        proposal: &Proposal,
        before: Option<Mark>,
        failure: Failure,
    ) -> Result<Step<'a>, Failure> {
        let failure = self.give_up(proposal, failure).await;
        if failure.kind != Kind::Refused {
            return Err(failure);
        }
        match self.quicker(before.as_ref()).await {
            Some(stack) => Box::pin(self.attach(stack)).await,
            None => Err(failure),
        }
    }

    /// The stack, if another run has changed it since this one looked, which is said.
    pub(super) async fn quicker(&self, before: Option<&Mark>) -> Option<Stack> {
        let stack = cloudformation::describe_stack(&self.aws, &self.context.stack_name).await.ok()??;
        let changed = before.is_none_or(|before| *before != Mark::of(&stack));
        if !(changed && stack.is_ours() && stack.status != StackStatus::ReviewInProgress) {
            return None;
        }
        self.context.shell.note("another run was quicker");
        Some(stack)
    }

    /// Whether this run asks for anything that the operation under way need not have brought.
    fn wants_more_than(&self, stack: &Stack) -> bool {
        let other_host = self.settings.host.as_ref().is_some_and(|host| stack.host().as_ref() != Some(&host.value));
        other_host || self.settings.asks_for_more_than_a_host()
    }
}
