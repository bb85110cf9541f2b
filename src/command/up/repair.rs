//! Leads a stack out of a failed update, with consent: rolls it back, or finishes a rollback that failed itself.

use super::{Outcome, Run, Step, consent};
use crate::aws::cloudformation::{self, Resource};
use crate::command::blocked::{blocked, list, names};
use crate::command::cause;
use crate::command::follow::{self, Ended};
use crate::error::{Failure, Kind};
use crate::stack::Stack;
use crate::stack::event::StackEvent;
use crate::stack::status::StackStatus;
use crate::stack::watch::{From, newest, no_sign};

impl<'a> Run<'a> {
    /// Finishes the rollback of an update that failed half-way, then goes on as with any stack that stands.
    pub(super) async fn finish_rollback(mut self, stack: Stack) -> Result<Step<'a>, Failure> {
        let shell = &self.context.shell;
        let mut blocking = self.failed_resources(&stack).await?;
        shell.note(&format!("an update of {} failed, and so did its rollback:\n{}", stack.name, list(&blocking)));
        if self.args.dry_run {
            let text = format!("the rollback of {} would be finished first", stack.name);
            let data = serde_json::json!({ "dry_run": true, "creates": false, "blocking": blocking });
            return Ok(Step::Done(Outcome { data, text, warnings: self.warnings, failure: None }));
        }
        consent::can_ask(shell, self.args.yes)?;
        let mut skip = self.args.skip.clone();
        if let Some(strange) = skip.iter().find(|name| blocking.iter().all(|own| own.logical_id != **name)) {
            let message = format!("--skip {strange}: that resource does not block the rollback");
            return Err(Failure::new(Kind::Input, message).hint(format!("those that do: {}", names(&blocking))));
        }
        let question = match skip.as_slice() {
            [] => "Finish the rollback? (remove what blocks it first)".to_owned(),
            some => format!("Finish the rollback and leave {} as they are?", some.join(", ")),
        };
        consent::ask(shell, self.args.yes, &question).await?;
        loop {
            let token = format!("dockreg-continue-{}", jiff::Timestamp::now().as_nanosecond());
            let role = self.args.role_arn.as_deref();
            let call = cloudformation::continue_update_rollback(&self.aws, &stack.id, role, &skip, &token);
            let ended = self.operation(&stack, &token, call, &format!("Rolling back {}", stack.name)).await?;
            if ended.status == StackStatus::UpdateRollbackComplete {
                break;
            }
            blocking = self.failed_resources(&stack).await?;
            let more = blocking.iter().any(|own| !skip.contains(&own.logical_id));
            if !more || !shell.is_interactive() {
                let all = names(&blocking);
                return Err(cause::failed(&ended, "the rollback").hint(format!(
                    "remove what blocks it, then: {again}; or leave it as it is: {again} --skip {all}",
                    again = self.resume_line()
                )));
            }
            shell.note(&format!("still blocked:\n{}", list(&blocking)));
            let question = format!(
                "Leave {} as they are? CloudFormation then takes them for rolled back, whatever they are",
                names(&blocking)
            );
            consent::ask(shell, false, &question).await?;
            skip = blocking.iter().map(|own| own.logical_id.clone()).collect();
        }
        if !skip.is_empty() {
            self.warnings.push(format!(
                "left out of the rollback: {}; CloudFormation takes them for rolled back, look at them",
                skip.join(", ")
            ));
        }
        self.go_on(&stack).await
    }

    /// Rolls back an update that failed and was left as it was, then goes on.
    pub(super) async fn roll_back(self, stack: Stack) -> Result<Step<'a>, Failure> {
        let shell = &self.context.shell;
        let failed = self.failed_resources(&stack).await?;
        shell.note(&format!("an update of {} failed and was not rolled back:\n{}", stack.name, list(&failed)));
        if self.args.dry_run {
            let text = format!("the failed update of {} would be rolled back first", stack.name);
            let data = serde_json::json!({ "dry_run": true, "creates": false, "failed": failed });
            return Ok(Step::Done(Outcome { data, text, warnings: self.warnings, failure: None }));
        }
        consent::can_ask(shell, self.args.yes)?;
        consent::ask(shell, self.args.yes, "Roll it back?").await?;
        let token = format!("dockreg-rollback-{}", jiff::Timestamp::now().as_nanosecond());
        let call = cloudformation::roll_back(&self.aws, &stack.id, self.args.role_arn.as_deref(), &token);
        let ended = self.operation(&stack, &token, call, &format!("Rolling back {}", stack.name)).await?;
        if ended.status != StackStatus::UpdateRollbackComplete {
            let failure = cause::failed(&ended, "the rollback");
            return Err(failure.hint(format!("to finish it: {}", self.resume_line())));
        }
        self.go_on(&stack).await
    }

    /// Begins an operation and follows it to its end.
    pub(super) async fn operation(
        &self,
        stack: &Stack,
        token: &str,
        call: impl Future<Output = Result<(), crate::aws::AwsCallError>>,
        title: &str,
    ) -> Result<Ended, Failure> {
        let before = newest(&self.aws, &stack.id).await?;
        self.effects().operation(&stack.id, token, call).await?;
        let progress = self.context.shell.progress(title, Vec::new());
        let from = before.map_or(From::OperationStart, From::After);
        let mut ignore = |_: &StackEvent| {};
        let again = self.resume_line();
        let track = follow::Track { stack_id: &stack.id, from, soon: no_sign(), resume: &again };
        follow::follow(self.context, &self.aws, track, &progress, &mut ignore).await
    }

    /// The stack stands again: the rest is as for any other.
    async fn go_on(self, stack: &Stack) -> Result<Step<'a>, Failure> {
        let stack = cloudformation::describe_stack(&self.aws, &stack.id).await?;
        Ok(Step::Next(Box::new(self), stack))
    }

    async fn failed_resources(&self, stack: &Stack) -> Result<Vec<Resource>, Failure> {
        Ok(blocked(&self.aws, &stack.id).await?)
    }
}
