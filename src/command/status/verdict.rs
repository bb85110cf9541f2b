//! Turns what was found into one verdict: it works, it works but needs attention, or it does not. Pure.

use super::look::{Found, Part};
use crate::command::let_read_secret;
use crate::error::{Failure, Kind};
use crate::stack::answer::{Down, Look, Up, answer};
use crate::stack::failure::is_known;
use crate::stack::status::Sentiment;
use crate::ui::words;

/// One verdict.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    /// Why the registry does not work as it should; none if it does.
    pub(super) failure: Option<Failure>,
    /// What needs attention although it works.
    pub(super) warnings: Vec<String>,
}

/// How many nodes there should be, are in service, and are healthy to the load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nodes {
    pub(super) wanted: usize,
    pub(super) in_service: usize,
    pub(super) healthy: usize,
}

impl Nodes {
    /// Counts them; none where the group or its targets are not known.
    pub(super) fn of(found: &Found) -> Option<Self> {
        let (group, targets) = (found.group.known()?, found.targets.known()?);
        Some(Self {
            wanted: usize::try_from(group.desired).unwrap_or(usize::MAX),
            in_service: group.members.iter().filter(|member| member.lifecycle == "InService").count(),
            healthy: targets.iter().filter(|target| target.state == "healthy").count(),
        })
    }

    /// Whether some are missing or unwell.
    pub(super) fn are_degraded(self) -> bool {
        self.in_service < self.wanted || self.healthy < self.wanted
    }
}

/// Judges, the gravest first: the stack, the registry itself, its nodes. `line` makes a command line for this stack.
pub(super) fn judge(found: &Found, line: &dyn Fn(&str) -> String) -> Verdict {
    let failure = stack_fault(found, line).or_else(|| registry_fault(found, line)).or_else(|| node_fault(found));
    Verdict { failure, warnings: warnings(found) }
}

fn not_verified(message: impl Into<String>) -> Failure {
    Failure::new(Kind::NotVerified, message)
}

fn stack_fault(found: &Found, line: &dyn Fn(&str) -> String) -> Option<Failure> {
    let status = &found.stack.status;
    let answer = answer(status);
    let (message, hint) = match answer.status {
        Look::Judge if status.sentiment() == Sentiment::Good || found.verification.known().is_some() => return None,
        Look::Changing => (
            format!("an operation is running: the stack is {status}"),
            format!("to follow it: {}", line("status --watch")),
        ),
        Look::Proposed => (
            format!("the stack is {status}: a proposal, of which nothing is made yet"),
            format!("to make it: {}; to remove the proposal: {}", line("up"), line("down")),
        ),
        Look::Judge | Look::Broken | Look::Gone => {
            let hint = match answer.up {
                Up::Refuse => format!(
                    "finish or undo this in the CloudFormation console; or delete the stack, the images stay: {}",
                    line("down")
                ),
                up if answer.down == Down::Finish => {
                    format!(
                        "to finish the deletion: {}; to have the registry back: {} ({})",
                        line("down"),
                        line("up"),
                        up.words()
                    )
                }
                up => format!("to set it right: {} ({})", line("up"), up.words()),
            };
            (format!("the stack is {status}"), hint)
        }
    };
    let mut failure = not_verified(message);
    failure.cause = found.stack.status_reason.clone().filter(|reason| !is_known(reason));
    Some(failure.hint(hint))
}

fn registry_fault(found: &Found, line: &dyn Fn(&str) -> String) -> Option<Failure> {
    match &found.verification {
        Part::Hidden(why) => Some(
            not_verified("the registry could not be asked")
                .cause(why.clone())
                .hint(let_read_secret(&found.stack, line)),
        ),
        Part::Missing => Some(
            not_verified("the stack has no registry that could be asked").hint(format!("to finish it: {}", line("up"))),
        ),
        Part::Known(verification) => verification.first_fault().map(|(stage, why, cure)| {
            not_verified("the registry does not work").cause(format!("{}: {why}", stage.title())).hint(cure)
        }),
    }
}

fn node_fault(found: &Found) -> Option<Failure> {
    let nodes = Nodes::of(found).filter(|nodes| nodes.are_degraded())?;
    let Nodes { wanted, in_service, healthy } = nodes;
    let unwell = found.targets.known().into_iter().flatten().find(|target| target.state != "healthy");
    let cause = unwell.map(|target| {
        let why = target.description.as_deref().or(target.reason.as_deref()).unwrap_or("no reason given");
        format!("{} is {}: {why}", target.instance, target.state)
    });
    let mut failure = not_verified(format!(
        "the registry answers, but of {} wanted {in_service} are in service and {healthy} healthy",
        words::count(wanted, "node"),
    ));
    failure.cause = cause;
    Some(failure.hint("the group replaces broken nodes by itself within minutes; look again then"))
}

fn warnings(found: &Found) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(found.certificate.known().and_then(|own| own.expiry_warning(found.now)));
    for (part, hidden) in [
        ("the nodes", hidden(&found.group)),
        ("their health", hidden(&found.targets)),
        ("the load balancer", hidden(&found.load_balancer)),
        ("the certificate", hidden(&found.certificate)),
        ("the hosted zone", hidden(&found.name_servers)),
    ] {
        if let Some(why) = hidden {
            warnings.push(format!("{part} cannot be looked at: {why}"));
        }
    }
    warnings
}

fn hidden<T>(part: &Part<T>) -> Option<&str> {
    match part {
        Part::Hidden(why) => Some(why),
        Part::Known(_) | Part::Missing => None,
    }
}
