//! Follows a stack operation on the screen to its end, and lets whoever watches decide at Ctrl-C.

use futures_util::StreamExt;
use tokio::time::Instant;

use super::cause::{self, Cause};
use super::choice::{self, Cancel, Choice};
use super::effect::Effects;
use super::interrupt;
use super::waiting::Decision;
use crate::aws::{Aws, AwsCallError};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::stack::event::{Phase, StackEvent};
use crate::stack::failure::is_echo;
use crate::stack::status::StackStatus;
use crate::stack::watch::{From, Sight, Soon, no_sign, watch};
use crate::ui::Progress;

/// How an operation ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// The stack's last status.
    pub(super) status: StackStatus,
    /// Everything that happened, oldest first.
    pub(super) events: Vec<StackEvent>,
    /// Why it failed, if it did.
    pub(super) cause: Option<Cause>,
    /// How it was cancelled from this run, if it was.
    pub(super) cancelled: Option<Cancel>,
}

/// What an event means to whoever follows, beside being shown.
pub(super) trait Listener: Send {
    /// Hears of an event.
    fn hear(&mut self, event: &StackEvent);
}

impl<F: FnMut(&StackEvent) + Send> Listener for F {
    fn hear(&mut self, event: &StackEvent) {
        self(event);
    }
}

/// What is followed, and how.
pub(super) struct Track<'a> {
    /// The stack's ARN.
    pub(super) stack_id: &'a str,
    /// Where to begin.
    pub(super) from: From,
    /// Tells that the end is near.
    pub(super) soon: Soon,
    /// The command that follows it again.
    pub(super) resume: &'a str,
}

/// Follows an operation to its end.
pub(super) async fn follow(
    context: &Context,
    aws: &Aws,
    track: Track<'_>,
    progress: &Progress,
    listener: &mut dyn Listener,
) -> Result<Ended, Failure> {
    let Track { stack_id, from, soon, resume } = track;
    let poll_interval = context.timing.poll_interval;
    let mut sights = watch(aws, stack_id, from, poll_interval, soon);
    let (mut events, mut cause): (Vec<StackEvent>, Option<Cause>) = (Vec::new(), None);
    let mut stack_status = None;
    let deadline = context.timing.deadline();
    let mut decision = Decision::new(&context.shell);
    let mut cancelled = None;
    loop {
        let sight = tokio::select! {
            sight = sights.next() => sight,
            choice = decision.made(|| Box::pin(choice::ask(context, aws, stack_id, stack_status.clone(), resume))) => {
                match choice {
                    Choice::Cancel(how) => {
                        let effects = Effects { aws, poll_interval };
                        cancelled = cancel(effects, stack_id, how, progress).await.then_some(how).or(cancelled);
                    }
                    Choice::Keep => {}
                    Choice::Detach => return Err(interrupt::detached(resume)),
                }
                continue;
            }
            () = until(deadline) => return Err(timed_out(resume)),
        };
        match sight {
            Some(Sight::Event(event)) => {
                progress.event(&event);
                listener.hear(&event);
                stack_status = event.stack_status().or(stack_status);
                let tells_why = event.phase() == Phase::Failed && !event.reason.as_deref().is_some_and(is_echo);
                events.push(event);
                if tells_why && cause.is_none() {
                    cause = cause::find(aws, &events).await;
                    cause.iter().for_each(|cause| cause::show(progress, cause));
                }
            }
            Some(Sight::Trouble(error)) => progress.trouble(&error.passing_words()),
            Some(Sight::Recovered) => progress.recovered(),
            // The creation ended just before its deletion was asked for: that goes on.
            Some(Sight::Settled(status))
                if cancelled == Some(Cancel::Creation)
                    && status != StackStatus::DeleteComplete
                    && !has_deletion(&events) =>
            {
                let from = events.last().map_or(From::OperationStart, |event| From::After(event.id.clone()));
                sights = watch(aws, stack_id, from, poll_interval, no_sign());
            }
            Some(Sight::Settled(status)) => return Ok(Ended { status, events, cause, cancelled }),
            Some(Sight::Lost(error)) => return Err(lost(error, resume)),
            None => return Err(Failure::new(Kind::Bug, "the watch ended before the operation")),
        }
    }
}

impl Ended {
    /// The end, unless this run has cancelled the operation: then that is how the run ends.
    pub(super) fn unless_cancelled(self, resume: &str) -> Result<Self, Failure> {
        match choice::cancelled(&self, resume) {
            Some(failure) => Err(failure),
            None => Ok(self),
        }
    }
}

fn has_deletion(events: &[StackEvent]) -> bool {
    events.iter().any(|event| event.stack_status() == Some(StackStatus::DeleteInProgress))
}

/// Cancels the operation as chosen; whether it was, which is also shown.
async fn cancel(effects: Effects<'_>, stack_id: &str, how: Cancel, progress: &Progress) -> bool {
    let (was, text) = match choice::cancel(effects, stack_id, how).await {
        Ok(true) => (true, "cancelling, as chosen".to_owned()),
        Ok(false) => (false, "not cancelled: it has come too far".to_owned()),
        Err(error) => (false, format!("not cancelled: {error}")),
    };
    progress.line(&text);
    was
}

/// Waits for a deadline; for ever without one.
pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

pub(super) fn timed_out(resume: &str) -> Failure {
    Failure::new(Kind::Timeout, "--timeout passed; the operation goes on in AWS")
        .hint(format!("to follow it: {resume}"))
}

fn lost(error: AwsCallError, resume: &str) -> Failure {
    let mut failure = Failure::from(error).context("the operation cannot be followed any more; it goes on in AWS");
    let how = failure.hint.take().map(|hint| format!("{hint}; ")).unwrap_or_default();
    failure.hint(format!("{how}to follow it again: {resume}"))
}
