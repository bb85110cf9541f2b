//! Clears what can only be deleted, with consent, so that the registry can be made anew. The evidence is kept.

use super::{Outcome, Run, Step, consent, interrupt};
use crate::aws::cloudformation::Leave;
use crate::command::{cause, follow};
use crate::error::{Failure, Kind};
use crate::registry::plan::plan;
use crate::registry::template::{self, parameter};
use crate::settings::{Setting, Source, UpSettings, ZoneWish};
use crate::stack::Stack;
use crate::stack::event::StackEvent;
use crate::stack::failure::{RootCause, root_cause};
use crate::stack::status::StackStatus;
use crate::stack::watch::{EventSource, From, no_sign};

impl<'a> Run<'a> {
    /// Deletes a stack that cannot be changed any more, then creates it.
    pub(super) async fn recreate(mut self, stack: Stack) -> Result<Step<'a>, Failure> {
        remember(&mut self.settings, &stack);
        // Nothing is deleted for a plan that could not be made.
        let observed = interrupt::or_stop(self.observe(None)).await?;
        if let Some(ended) = self.settle_names(&observed).await? {
            return Ok(Step::Done(ended));
        }
        plan(&self.settings, &observed, template::body())?;
        let (cause, newest) = evidence(&self.aws, &stack).await?;
        let why = match &cause {
            Some(cause) => format!("{}: {}", cause.logical_id, cause.reason),
            None => stack.status_reason.clone().unwrap_or_else(|| "its events do not say why".to_owned()),
        };
        let shell = &self.context.shell;
        shell.note(&format!("{}: {why}", happened(&stack)));
        if let Some(hint) = cause.as_ref().and_then(|cause| cause.hint.as_deref()) {
            shell.note(&format!("  hint: {hint}"));
        }
        if self.args.dry_run {
            let text = format!("what is left of the stack {} would be deleted, and the stack made anew", stack.name);
            let data = serde_json::json!({ "dry_run": true, "creates": true, "previous_failure": cause });
            return Ok(Step::Done(Outcome { data, text, warnings: self.warnings, failure: None }));
        }
        if stack.termination_protection {
            return Err(Failure::new(
                Kind::StackState,
                format!(
                    "the stack {} is protected from deletion, and cannot be made anew before it is deleted",
                    stack.name
                ),
            )
            .hint(format!("to lift the protection and delete it: {}", self.context.command_line("down"))));
        }
        let agreed = self.args.yes || self.has_consent();
        consent::can_ask(shell, agreed)?;
        let question = "Delete what is left of it and start over? (images in its bucket stay)";
        consent::ask(shell, agreed, question).await?;
        let token = format!("dockreg-clear-{}", jiff::Timestamp::now().as_nanosecond());
        let role = self.args.role_arn.as_deref();
        self.effects().delete_stack(&stack.id, role, &Leave::Nothing, &token).await?;
        let progress = shell.progress(&format!("Clearing {}", stack.name), Vec::new());
        let from = newest.map_or(From::OperationStart, From::After);
        let mut ignore = |_: &StackEvent| {};
        let again = self.resume_line();
        let track = follow::Track { stack_id: &stack.id, from, soon: no_sign(), resume: &again };
        let ended = follow::follow(self.context, &self.aws, track, &progress, &mut ignore).await?;
        drop(progress);
        if ended.status != StackStatus::DeleteComplete {
            let failure = cause::failed(&ended, "the deletion of what was left");
            let down = self.context.command_line("down");
            return Err(failure.hint(format!("to see what blocks it, and to leave that behind: {down}; then: {again}")));
        }
        self.warnings.push(format!("the attempt before failed: {why}"));
        Ok(Step::Next(Box::new(self), None))
    }
}

/// What led to a stack that can only be deleted.
fn happened(stack: &Stack) -> String {
    let name = &stack.name;
    match stack.status {
        StackStatus::RollbackComplete => format!("the first creation of {name} failed and was rolled back"),
        StackStatus::RollbackFailed => format!("the first creation of {name} failed, and could not be rolled back"),
        StackStatus::CreateFailed => format!("the first creation of {name} failed and was left as it was"),
        StackStatus::DeleteFailed => format!("a deletion of {name} failed half-way"),
        _ => format!("the stack {name} is in {}", stack.status),
    }
}

/// Parameters that are asked for again unless said otherwise. Network, certificate and machine image are chosen anew:
/// any of them may be why it failed.
const REMEMBERED: [&str; 8] = [
    parameter::NODES,
    parameter::KEY_NAME,
    parameter::ADMIN_SECURITY_GROUP,
    parameter::ADMIN_CIDR,
    parameter::ALLOWED_CIDR,
    parameter::DOCKER_IMAGE,
    parameter::PERMISSIONS_BOUNDARY,
    parameter::HEALTH_CHECK_GRACE_PERIOD,
];

/// Takes over from a stack that goes what this run does not say itself.
pub(super) fn remember(settings: &mut UpSettings, stack: &Stack) {
    let kept = |name: &str| Some(Setting::new(stack.parameter(name)?.to_owned(), Source::Stack));
    if settings.host.is_none() {
        settings.host = stack.host().map(|host| Setting::new(host, Source::Stack));
    }
    if settings.zone == ZoneWish::Find && stack.parameter(parameter::HOST_NAME).is_some() {
        settings.zone = ZoneWish::Without;
    }
    for name in REMEMBERED {
        if let (false, Some(setting)) = (settings.parameters.contains_key(name), kept(name)) {
            settings.parameters.insert(name, setting);
        }
    }
    settings.instance_type = settings.instance_type.take().or_else(|| kept(parameter::INSTANCE_TYPE));
    settings.bucket = settings.bucket.take().or_else(|| kept(parameter::S3_BUCKET));
}

/// Why the last operation failed, and the newest event.
async fn evidence(aws: &crate::aws::Aws, stack: &Stack) -> Result<(Option<RootCause>, Option<String>), Failure> {
    let mut events: Vec<StackEvent> = Vec::new();
    let mut token = None;
    // What went wrong before that operation began has nothing to do with it.
    while !events.iter().any(StackEvent::starts_operation) {
        let page = aws.page(&stack.id, token).await?;
        events.extend(page.events);
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    let newest = events.first().map(|event| event.id.clone());
    let began = events.iter().position(StackEvent::starts_operation).map_or(events.len(), |at| at + 1);
    events.truncate(began);
    events.reverse();
    Ok((root_cause(&events), newest))
}
