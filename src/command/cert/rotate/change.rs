//! The update of the stack: proposed, agreed to, executed and followed, with clients that connect all the while.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;

use super::Run;
use crate::aws::cloudformation;
use crate::command::effect::Effects;
use crate::command::follow::{self, Ended};
use crate::command::up::{Late, Proposal, Proposed, Wanted, execute};
use crate::command::{cause, consent, interrupt};
use crate::error::{Failure, Kind};
use crate::registry::certificate::Candidate;
use crate::registry::template::{CERTIFICATE, LISTENER, parameter};
use crate::registry::verify::{Tally, addresses, knock};
use crate::stack::change::{Action, Replacement, ResourceChange};
use crate::stack::event::StackEvent;
use crate::stack::status::Sentiment;
use crate::stack::watch::{From, no_sign};
use crate::ui::Expected;

/// Between two rounds of connections.
const KNOCK: Duration = Duration::from_millis(250);
/// A pause before another try, unless the user set an interval.
const PAUSE: Duration = Duration::from_secs(5);

/// What became of the change.
pub(super) enum Changed {
    /// It is made; how clients fared meanwhile.
    Done(Tally),
    /// It failed and was undone, for this reason.
    Undone(Failure),
}

/// Changes the stack's certificate. A new one that the load balancer does not find yet is tried once more.
pub(super) async fn change(run: &Run<'_>, old: &Candidate, new: &Candidate) -> Result<Changed, Failure> {
    consent::can_ask(&run.context.shell, run.args.yes)?;
    let host = run.host.as_str();
    // An internal load balancer is reached from inside its network only.
    let found = addresses(host, &run.balancer, &run.args.probe.connect_to).await.unwrap_or_default();
    let mut tally = Tally::default();
    let mut again = false;
    loop {
        let (proposed, from) = begin(run, old, new, run.args.yes || again).await?;
        let (over, stop) = watch::channel(false);
        let following = async {
            let followed = follow(run, &proposed, from).await;
            over.send_replace(true);
            followed
        };
        let (followed, ()) = tokio::join!(following, knock(&found, host, KNOCK, &mut tally, stop));
        let ended = followed?;
        if ended.status.sentiment() == Sentiment::Good {
            return Ok(Changed::Done(tally));
        }
        let late = ended.cause.as_ref().and_then(|cause| Late::of(&cause.root));
        match late.filter(|_| !again) {
            Some(late) => settle(run, late).await?,
            None => return Ok(Changed::Undone(cause::failed(&ended, "the rotation"))),
        }
        again = true;
    }
}

/// Proposes the change, asks, and begins it.
async fn begin(run: &Run<'_>, old: &Candidate, new: &Candidate, agreed: bool) -> Result<(Proposed, From), Failure> {
    let proposal = Proposal::new(&run.stack.name, jiff::Timestamp::now(), false);
    let poll_interval = run.context.timing.poll_interval;
    let proposed = tokio::select! {
        proposed = propose(run, &proposal, old, new, agreed) => proposed,
        () = interrupt::interrupted() => Err(interrupt::stopped()),
    };
    let begun = match proposed {
        Ok(proposed) => {
            let effects = Effects { aws: &run.aws, poll_interval };
            match execute(effects, &proposal, &proposed).await {
                Ok(from) => return Ok((proposed, from)),
                Err(error) if error.kind.is_passing() => {
                    let failure = Failure::from(error).context("the change may have begun");
                    let watch = run.context.command_line("status --watch");
                    return Err(failure.hint(format!("to follow it: {watch}; then repeat the command")));
                }
                Err(error) => Failure::from(error),
            }
        }
        Err(failure) => failure,
    };
    if let Err(left) = proposal.withdraw(&run.aws, poll_interval).await {
        tracing::debug!(%left, "an unused change set stays until the next `up`");
    }
    Err(begun)
}

async fn propose(
    run: &Run<'_>,
    proposal: &Proposal,
    old: &Candidate,
    new: &Candidate,
    agreed: bool,
) -> Result<Proposed, Failure> {
    let kept = run.stack.parameters.keys().map(|name| (name.clone(), None));
    let mut parameters: BTreeMap<String, Option<String>> = kept.collect();
    parameters.insert(parameter::SSL_CERTIFICATE.to_owned(), Some(new.arn.clone()));
    let wanted = Wanted {
        creates: false,
        template: None,
        parameters: &parameters,
        secrets: &BTreeMap::new(),
        tags: &run.stack.tags,
        role_arn: run.stack.role_arn.as_deref(),
    };
    let proposed = proposal.make(&run.aws, &wanted, run.context.timing).await?;
    let proposed = proposed.ok_or_else(|| changed_outside(run, new))?;
    if let Some(more) = proposed.changes.iter().find(|change| !is_of_rotation(change)) {
        let message = format!("the change would touch more than the listener: {}", more.logical_id);
        let hint = format!("see what it is, and make it: {}", run.context.command_line("up"));
        return Err(Failure::new(Kind::StackState, message).hint(hint));
    }
    let goes = proposed.changes.iter().any(|change| change.action == Action::Remove);
    let goes = if goes { "\n  the stack requested the old one itself, and deletes it afterwards" } else { "" };
    let shell = &run.context.shell;
    shell.note(&format!(
        "This will replace the certificate of https://{} in place, without a break:\n  now   {}, {}\n  then  {}, {}{goes}",
        run.host,
        old.label(),
        super::until(old),
        new.label(),
        super::until(new)
    ));
    consent::ask(shell, agreed, "Rotate it?").await?;
    Ok(proposed)
}

/// Whether a change is what a rotation consists of: the listener in place, and the stack's own certificate that goes.
fn is_of_rotation(change: &ResourceChange) -> bool {
    match (&change.action, change.logical_id.as_str()) {
        (Action::Modify, LISTENER) => change.replacement != Replacement::Yes,
        (Action::Remove, CERTIFICATE) => true,
        _ => false,
    }
}

/// The stack has the parameter already, and the listener serves something else.
fn changed_outside(run: &Run<'_>, new: &Candidate) -> Failure {
    let message = format!("the stack has {} already, and its listener serves another certificate", new.label());
    Failure::new(Kind::StackState, message).cause("the listener was changed outside the stack").hint(format!(
        "rotate to another certificate first: {}",
        run.context.command_line("cert rotate --certificate ARN")
    ))
}

/// Follows the update to its end.
async fn follow(run: &Run<'_>, proposed: &Proposed, from: From) -> Result<Ended, Failure> {
    let expected = proposed.changes.iter().filter(|change| change.action != Action::Remove);
    let expected = expected
        .map(|change| Expected { logical_id: change.logical_id.clone(), resource_type: change.resource_type.clone() });
    let title = format!("Rotating the certificate of {}", run.host);
    let progress = run.context.shell.progress(&title, expected.collect());
    let resume = run.context.command_line("status --watch");
    let track = follow::Track { stack_id: &proposed.stack, from, soon: no_sign(), resume: &resume };
    let ended = follow::follow(run.context, &run.aws, track, &progress, &mut |_: &StackEvent| {}).await?;
    ended.unless_cancelled(&run.context.command_line("cert rotate"))
}

/// Waits until AWS knows a new certificate everywhere, and the stack stands as before.
async fn settle(run: &Run<'_>, late: Late) -> Result<(), Failure> {
    let pause = run.context.timing.poll_interval.unwrap_or(PAUSE) * late.pauses();
    run.context.shell.note(&format!("{}: once more in {} s", late.words(), pause.as_secs().max(1)));
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = interrupt::interrupted() => return Err(Failure::new(Kind::Interrupted, "interrupted; the change was rolled back")),
    }
    let stack = cloudformation::describe_stack(&run.aws, &run.stack.id).await?;
    if stack.is_some_and(|stack| stack.status.is_updatable()) {
        return Ok(());
    }
    let failure = Failure::new(Kind::OperationFailed, "the change was not rolled back");
    Err(failure.hint(format!("to set it right: {}", run.context.command_line("up"))))
}
