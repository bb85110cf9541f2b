//! Follows a stack operation on the screen to its end, and finds out why when it fails. Used by `up` and `down`.

use futures_util::StreamExt;
use serde::Serialize;
use tokio::time::Instant;

use super::interrupt;
use crate::aws::{Aws, AwsCallError, ec2};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::stack::event::{Phase, StackEvent};
use crate::stack::failure::{self, RootCause};
use crate::stack::status::StackStatus;
use crate::stack::watch::{From, Sight, Soon, watch};
use crate::ui::Progress;

/// How much of a node's boot log is shown: its end holds the reason.
const CONSOLE_LINES: usize = 25;

/// How an operation ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// The stack's last status.
    pub(super) status: StackStatus,
    /// Everything that happened, oldest first.
    pub(super) events: Vec<StackEvent>,
    /// Why it failed, if it did.
    pub(super) cause: Option<Cause>,
}

/// The root cause, and what the node wrote to its console.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cause {
    /// The first failure.
    #[serde(flatten)]
    pub(super) root: RootCause,
    /// The end of the boot log of a node that never reported success.
    pub(super) boot_log: Option<String>,
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
    let mut sights = watch(aws, stack_id, from, context.timing.poll_interval, soon);
    let mut events = Vec::new();
    let mut cause: Option<Cause> = None;
    let deadline = context.timing.deadline();
    let mut stop = std::pin::pin!(interrupt::interrupted());
    loop {
        let sight = tokio::select! {
            sight = sights.next() => sight,
            () = &mut stop => return Err(interrupt::detached(resume)),
            () = until(deadline) => return Err(timed_out(resume)),
        };
        match sight {
            Some(Sight::Event(event)) => {
                progress.event(&event);
                listener.hear(&event);
                events.push(event);
                if cause.is_none() && events.last().is_some_and(|event| event.phase() == Phase::Failed) {
                    cause = root(aws, &events).await;
                    if let Some(cause) = &cause {
                        show(progress, cause);
                    }
                }
            }
            Some(Sight::Trouble(error)) => progress.trouble(&error.to_string()),
            Some(Sight::Settled(status)) => return Ok(Ended { status, events, cause }),
            Some(Sight::Lost(error)) => return Err(lost(error, resume)),
            None => return Err(Failure::new(Kind::Bug, "the watch ended before the operation")),
        }
    }
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

/// The root cause so far; for a node that never reported success with its boot log, fetched before the node is gone.
async fn root(aws: &Aws, events: &[StackEvent]) -> Option<Cause> {
    let root = failure::root_cause(events)?;
    let boot_log = if root.node_never_signalled { boot_log(aws, events, &root).await } else { None };
    Some(Cause { root, boot_log })
}

async fn boot_log(aws: &Aws, events: &[StackEvent], root: &RootCause) -> Option<String> {
    let of_group = |event: &&StackEvent| event.logical_id == root.logical_id;
    let known = events.iter().filter(of_group).find_map(|event| event.physical_id.clone());
    let group = root.physical_id.clone().or(known)?;
    let mut instances = ec2::instances(aws, &group).await.ok()?;
    instances.sort_by_key(|instance| std::cmp::Reverse(instance.launched));
    for instance in instances {
        if let Ok(Some(console)) = ec2::console_output(aws, &instance.id).await {
            return Some(format!("{}:\n{}", instance.id, tail(&console)));
        }
    }
    None
}

/// The last lines, without what moves the cursor or sets colours.
fn tail(console: &str) -> String {
    let lines: Vec<&str> = console.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let from = lines.len().saturating_sub(CONSOLE_LINES);
    let text = lines[from..].join("\n");
    text.chars().filter(|own| !own.is_control() || *own == '\n').collect()
}

fn show(progress: &Progress, cause: &Cause) {
    let RootCause { logical_id, resource_type, reason, hint, .. } = &cause.root;
    progress.line(&format!("first failure: {logical_id} ({resource_type})"));
    progress.line(&format!("  {reason}"));
    if let Some(hint) = hint {
        progress.line(&format!("  hint: {hint}"));
    }
    if let Some(log) = &cause.boot_log {
        progress.line("  the end of the node's boot log:");
        for line in log.lines() {
            progress.line(&format!("    {line}"));
        }
    }
}

/// The failure of an operation that ended badly.
pub(super) fn failed(ended: &Ended, doing: &str) -> Failure {
    let failure = Failure::new(Kind::OperationFailed, format!("{doing} failed: the stack is {}", ended.status));
    match &ended.cause {
        Some(cause) => {
            let reason = format!("{}: {}", cause.root.logical_id, cause.root.reason);
            let failure = failure.cause(reason);
            match cause.root.hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        }
        None => failure,
    }
}
