//! The deletion itself: begun or joined, followed to its end, and once more without what blocks it, with consent.

use std::collections::BTreeSet;

use super::Run;
use crate::aws::cloudformation::{self, Leave, Resource};
use crate::command::effect::Effects;
use crate::command::{blocked, cause, consent, follow};
use crate::error::{Failure, Kind};
use crate::stack::Stack;
use crate::stack::answer::{Down, answer};
use crate::stack::event::StackEvent;
use crate::stack::status::StackStatus;
use crate::stack::watch::{From, newest, no_sign};
use crate::ui::Expected;

/// What went, by what the stack held before.
#[derive(Debug, Default)]
pub(super) struct Deleted {
    /// Everything the stack held.
    pub(super) held: Vec<Resource>,
    /// What was left behind by consent, by name in the template.
    pub(super) left: Vec<String>,
    /// Whether everything that could not be deleted was left behind by consent.
    pub(super) stuck_left: bool,
}

impl Run<'_> {
    /// Deletes the stack, whatever it is doing now.
    pub(super) async fn delete(&self, stack: &Stack) -> Result<Deleted, Failure> {
        // A stack that only a change set made has nothing in it: its deletion mostly ends at once.
        if stack.status == StackStatus::ReviewInProgress {
            let from = self.begin(stack, &Leave::Nothing).await?;
            let now = cloudformation::describe_stack(&self.aws, &stack.id).await?;
            if !self.args.detach && now.is_some_and(|now| now.status == StackStatus::DeleteInProgress) {
                self.follow(stack, from, "Deleting", &[]).await?;
            }
            return Ok(Deleted::default());
        }
        let held = cloudformation::resources(&self.aws, &stack.id).await?;
        self.check_names(&held)?;
        let mut deleted = Deleted { held, ..Deleted::default() };
        let mut leave = Leave::Nothing;
        let mut before = BTreeSet::new();
        let mut status = match answer(&stack.status).down {
            Down::Follow => self.follow(stack, From::OperationStart, "Deleting", &deleted.held).await?,
            Down::FollowThenDelete => {
                let ended = self.follow(stack, From::OperationStart, "Following", &deleted.held).await?;
                // CloudFormation may have ended it by deleting it.
                if ended.status == StackStatus::DeleteComplete {
                    ended
                } else {
                    self.again(stack, &leave, &deleted).await?
                }
            }
            Down::Finish => {
                let blocking = blocked::blocked(&self.aws, &stack.id).await?;
                leave = self.agreed(&blocking);
                before = name_set(&blocking);
                self.again(stack, &leave, &deleted).await?
            }
            Down::Nothing | Down::Delete | Down::GiveUp => self.again(stack, &leave, &deleted).await?,
        };
        while !self.args.detach && status.status != StackStatus::DeleteComplete {
            let blocking = blocked::blocked(&self.aws, &stack.id).await?;
            let same = leave != Leave::Nothing && name_set(&blocking) == before;
            leave = self.next(&status, &blocking, same).await?;
            before = name_set(&blocking);
            status = self.again(stack, &leave, &deleted).await?;
        }
        deleted.stuck_left = leave == Leave::Stuck;
        if let Leave::Resources(names) = leave {
            deleted.left = names;
        }
        Ok(deleted)
    }

    async fn begin(&self, stack: &Stack, leave: &Leave) -> Result<From, Failure> {
        let before = newest(&self.aws, &stack.id).await?;
        let token = format!("dockreg-down-{}", jiff::Timestamp::now().as_nanosecond());
        let effects = Effects { aws: &self.aws, poll_interval: self.context.timing.poll_interval };
        effects.delete_stack(&stack.id, self.args.role_arn.as_deref(), leave, &token).await?;
        Ok(before.map_or(From::OperationStart, From::After))
    }

    /// Begins the deletion and follows it.
    async fn again(&self, stack: &Stack, leave: &Leave, deleted: &Deleted) -> Result<follow::Ended, Failure> {
        let from = self.begin(stack, leave).await?;
        if self.args.detach {
            return Ok(follow::Ended {
                status: StackStatus::DeleteInProgress,
                events: Vec::new(),
                cause: None,
                cancelled: None,
            });
        }
        self.follow(stack, from, "Deleting", &deleted.held).await
    }

    async fn follow(&self, stack: &Stack, from: From, verb: &str, held: &[Resource]) -> Result<follow::Ended, Failure> {
        let present = held.iter().filter(|own| !own.status.starts_with("DELETE_COMPLETE"));
        let expected = present
            .map(|own| Expected { logical_id: own.logical_id.clone(), resource_type: own.resource_type.clone() })
            .collect();
        let progress = self.context.shell.progress(&format!("{verb} {}", stack.name), expected);
        let mut ignore = |_: &StackEvent| {};
        let again = self.resume();
        let track = follow::Track { stack_id: &stack.id, from, soon: no_sign(), resume: &again };
        let ended = follow::follow(self.context, &self.aws, track, &progress, &mut ignore).await?;
        ended.unless_cancelled(&again)
    }

    /// Refuses names after `--retain` that the stack does not know, before anything is deleted.
    fn check_names(&self, held: &[Resource]) -> Result<(), Failure> {
        let unknown = |name: &&String| held.iter().all(|own| own.logical_id != **name);
        match self.args.retain.iter().find(unknown) {
            Some(name) => Err(Failure::new(Kind::Input, format!("--retain {name}: the stack has no such resource"))
                .hint(format!("it has: {}", blocked::names(held)))),
            None => Ok(()),
        }
    }

    /// What of this the command line has agreed to leave behind.
    fn agreed(&self, blocking: &[Resource]) -> Leave {
        if self.args.force {
            return Leave::Stuck;
        }
        let names = blocking.iter().map(|own| &own.logical_id);
        let agreed: Vec<String> = names.filter(|name| self.args.retain.contains(name)).cloned().collect();
        if agreed.is_empty() { Leave::Nothing } else { Leave::Resources(agreed) }
    }

    /// What to leave behind after a deletion that failed: by flag, else by asking; nothing agreed ends the run. `same`
    /// says that leaving these behind has been tried.
    async fn next(&self, ended: &follow::Ended, blocking: &[Resource], same: bool) -> Result<Leave, Failure> {
        let agreed = self.agreed(blocking);
        if agreed != Leave::Nothing && !same {
            return Ok(agreed);
        }
        let shell = &self.context.shell;
        let names = blocked::names(blocking);
        if blocking.is_empty() || same || !shell.is_interactive() {
            return Err(self.stuck(ended, &names));
        }
        shell.note(&format!("The deletion is blocked by:\n{}", blocked::list(blocking)));
        let question = format!("Leave {names} behind in the account and finish the deletion?");
        consent::ask(shell, false, &question).await.map_err(|declined| match declined.kind {
            Kind::Declined => self.stuck(ended, &names),
            _ => declined,
        })?;
        Ok(Leave::Resources(blocking.iter().map(|own| own.logical_id.clone()).collect()))
    }

    /// The deletion failed and nobody agreed to leave anything behind.
    fn stuck(&self, ended: &follow::Ended, names: &str) -> Failure {
        let mut failure = cause::failed(ended, "the deletion");
        failure.kind = Kind::LeftBehind;
        let hint = failure.hint.take().map(|hint| format!("{hint}; ")).unwrap_or_default();
        let again = self.resume();
        let leave = match names {
            "" => format!("or leave behind whatever blocks it: {again} --force"),
            names => format!("or leave it behind in the account: {again} --retain {names}"),
        };
        failure.hint(format!("{hint}remove what blocks it, then: {again}; {leave}"))
    }
}

fn name_set(blocking: &[Resource]) -> BTreeSet<String> {
    blocking.iter().map(|own| own.logical_id.clone()).collect()
}
