//! Executes a proposal and follows it, with the readiness check beside it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::certificate;
use super::propose::{Proposal, Proposed};
use super::ready::{Asking, Proof, Site};
use crate::aws::{Aws, AwsCallError, cloudformation, elbv2};
use crate::command::effect::Effects;
use crate::command::follow::{self, Ended};
use crate::command::waiting;
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::template::{output, parameter};
use crate::registry::verify::Verification;
use crate::stack::Stack;
use crate::stack::event::StackEvent;
use crate::stack::status::{Sentiment, StackStatus};
use crate::stack::watch::{From, newest};
use crate::ui::{Expected, Progress, words};

/// How it ended: the stack, and the registry if it was checked.
pub(super) struct Finished {
    pub(super) ended: Option<Ended>,
    pub(super) verification: Option<Result<Verification, Failure>>,
}

/// Starts the proposed change; returns where to watch from.
pub(in crate::command) async fn execute(
    effects: Effects<'_>,
    proposal: &Proposal,
    proposed: &Proposed,
) -> Result<From, AwsCallError> {
    let before = newest(effects.aws, &proposed.stack).await?;
    let token = proposal.token("execute");
    let call = cloudformation::execute_change_set(effects.aws, &proposed.change_set, &token);
    effects.operation(&proposed.stack, &token, call).await?;
    Ok(before.map_or(From::OperationStart, From::After))
}

/// What is to be followed.
pub(super) struct Following<'a> {
    pub(super) stack_id: &'a str,
    pub(super) from: From,
    pub(super) title: String,
    pub(super) expected: Vec<Expected>,
    /// Whether the registry did not exist before: only then does it prove anything to ask it meanwhile.
    pub(super) creates: bool,
}

/// Follows a running operation to its end, and checks the registry: beside a creation, after an update.
pub(super) async fn finish(
    context: &Context,
    aws: &Aws,
    following: Following<'_>,
    asking: Option<&Asking>,
    resume: &str,
) -> Result<Finished, Failure> {
    let progress = context.shell.progress(&following.title, following.expected);
    let (knows, known) = watch::channel(Site::default());
    let waits = watch::Sender::new(None);
    let mut learn = |event: &StackEvent| {
        knows.send_modify(|site| site.learn(event));
        certificate::learn(event, &progress, &waits);
    };
    let (sign, soon) = watch::channel(false);
    let track = follow::Track { stack_id: following.stack_id, from: following.from, soon, resume };
    let following_end = certificate::no_longer_than(&waits, resume, async {
        follow::follow(context, aws, track, &progress, &mut learn).await
    });
    let Some(asking) = asking else {
        return Ok(Finished { ended: Some(following_end.await?), verification: None });
    };
    let proof = Proof::new(aws, asking, context.timing, &progress, Some(sign));
    let mut proving = std::pin::pin!(proof.run(known));
    let mut proven = None;
    let ended = if following.creates {
        let mut following_end = std::pin::pin!(following_end);
        loop {
            tokio::select! {
                ended = &mut following_end => break ended?,
                verification = &mut proving, if proven.is_none() => proven = Some(verification),
            }
        }
    } else {
        following_end.await?
    };
    // What somebody else deleted meanwhile has nothing left to check.
    if ended.status.sentiment() != Sentiment::Good || ended.status == StackStatus::DeleteComplete {
        return Ok(Finished { ended: Some(ended), verification: None });
    }
    nodes_in_service(context, aws, following.stack_id, &progress, resume).await?;
    // A check that could not even begin while the stack was being made gets its chance now that it stands.
    let verification = match proven {
        Some(Ok(verification)) => Ok(verification),
        None if known_enough(&knows) => finish_proof(context, &proof, proving, resume).await,
        Some(Err(_)) | None => {
            let stack = cloudformation::describe_stack(aws, following.stack_id).await?;
            prove(context, &proof, stack.as_ref().map(site_of).unwrap_or_default(), resume).await
        }
    };
    Ok(Finished { ended: Some(ended), verification: Some(verification) })
}

fn known_enough(site: &watch::Sender<Site>) -> bool {
    let site = site.borrow();
    site.load_balancer.is_some() && site.operator_secret.is_some()
}

/// Checks a registry whose stack stands.
async fn prove(context: &Context, proof: &Proof<'_>, site: Site, resume: &str) -> Result<Verification, Failure> {
    let (_keep, known) = watch::channel(site);
    finish_proof(context, proof, proof.run(known), resume).await
}

/// Finishes a check, unless whoever waits for it leaves.
async fn finish_proof(
    context: &Context,
    proof: &Proof<'_>,
    running: impl Future<Output = Result<Verification, Failure>>,
    resume: &str,
) -> Result<Verification, Failure> {
    waiting::or_leave(&context.shell, "the registry to answer", resume, proof.finish(running)).await?
}

/// A new node installs packages, pulls the image and passes health checks within this time, or something is wrong.
const BOOT: Duration = Duration::from_secs(900);
/// Between two looks at the targets.
const LOOK: Duration = Duration::from_secs(5);

/// Waits until as many nodes serve as the stack asks for. A change of their number alone waits for no signal, so that
/// CloudFormation is done before they are.
async fn nodes_in_service(
    context: &Context,
    aws: &Aws,
    stack_id: &str,
    progress: &Progress,
    resume: &str,
) -> Result<(), Failure> {
    let Some(stack) = cloudformation::describe_stack(aws, stack_id).await? else { return Ok(()) };
    let wanted: usize = stack.parameter(parameter::NODES).and_then(|nodes| nodes.parse().ok()).unwrap_or(1);
    let Some(group) = stack.output(output::TARGET_GROUP_ARN) else { return Ok(()) };
    let patience = Instant::now() + BOOT;
    let end = context.timing.deadline().map_or(patience, |deadline| deadline.min(patience));
    let mut serving = None;
    let interval = context.timing.poll_interval.unwrap_or(LOOK);
    let served = tokio::time::timeout_at(end, serve(aws, group, wanted, interval, progress, &mut serving));
    match waiting::or_leave(&context.shell, "its nodes to come into service", resume, served).await? {
        Ok(served) => served,
        Err(_) => {
            let how_many = match serving {
                Some(healthy) => format!("of {} only {healthy} in service", words::count(wanted, "node")),
                None => "whether its nodes are in service could not be seen".to_owned(),
            };
            let failure = Failure::new(Kind::NotVerified, format!("the stack is up, and {how_many}"));
            Err(failure.hint(format!("to look again: {resume}")))
        }
    }
}

/// Waits until so many targets of a group are healthy; `serving` tells how many were at the last look.
async fn serve(
    aws: &Aws,
    group: &str,
    wanted: usize,
    interval: Duration,
    progress: &Progress,
    serving: &mut Option<usize>,
) -> Result<(), Failure> {
    let mut troubled = false;
    loop {
        match elbv2::targets(aws, group).await {
            Ok(targets) => {
                if std::mem::take(&mut troubled) {
                    progress.recovered();
                }
                let healthy = targets.iter().filter(|target| target.state == "healthy").count();
                if healthy >= wanted {
                    return Ok(());
                }
                if serving.replace(healthy) != Some(healthy) {
                    progress.line(&format!("waiting for nodes: {healthy} of {wanted} in service"));
                }
            }
            Err(error) if error.kind.is_passing() => {
                troubled = true;
                progress.trouble(&error.passing_words());
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(interval).await;
    }
}

/// Where the registry of a standing stack is.
fn site_of(stack: &Stack) -> Site {
    Site {
        load_balancer: stack.output(output::LOAD_BALANCER_ARN).map(str::to_owned),
        operator_secret: stack.output(output::OPERATOR_SECRET_ARN).map(str::to_owned),
    }
}

/// Checks the registry of a stack that nothing was changed in.
pub(super) async fn check(context: &Context, aws: &Aws, stack: &Stack, asking: &Asking, resume: &str) -> Finished {
    let progress = context.shell.progress(&format!("Checking {}", asking.host), Vec::new());
    let proof = Proof::new(aws, asking, context.timing, &progress, None).unchanged();
    let verification = prove(context, &proof, site_of(stack), resume).await;
    Finished { ended: None, verification: Some(verification) }
}
