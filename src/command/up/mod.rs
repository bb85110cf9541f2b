//! `dockreg up`: create, update, repair or resume. A pipeline of named values:
//! arguments → settings → observed → plan → proposal → preview → consent → operation → verified registry → report.

mod again;
mod args;
mod attach;
mod bucket;
mod certificate;
mod execute;
mod machine;
mod observe;
mod preview;
mod propose;
mod ready;
mod records;
mod recreate;
mod repair;
mod report;
mod request;
mod resolve;
mod start;
mod users;
mod zones;

use std::collections::BTreeSet;

pub(super) use again::Late;
pub use args::UpArgs;
pub(super) use execute::execute;
pub(super) use observe::{certificate, left_buckets};
pub(super) use propose::{Proposal, Proposed, Wanted};

use super::effect::Effects;
use super::foreign::{moving, refuse_strange_change_sets};
use super::{Outcome, consent, interrupt, trust_with};
use crate::aws::{Aws, cloudformation, sts};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::plan::{Observed, UpPlan, plan};
use crate::registry::template::{self, parameter};
use crate::settings::UpSettings;
use crate::stack::Stack;
use crate::stack::answer::Up;
use crate::stack::change::Action;
use crate::stack::watch::From;
use crate::ui::{Expected, words};
use bucket::GoneBucket;
use execute::{Finished, Following};
use preview::Preview;
use ready::Asking;
use records::InTheWay;
use report::{Did, Report};
use resolve::Resolved;
use zones::{zone_of, zone_of_stack};

/// One run of `up`: what never changes while it lasts.
struct Run<'a> {
    context: &'a Context,
    args: &'a UpArgs,
    settings: UpSettings,
    aws: Aws,
    caller: sts::Caller,
    trust: crate::registry::verify::Trust,
    /// Whether `--ca-file` was typed, and has to be typed again.
    typed_ca_file: bool,
    warnings: Vec<String>,
    /// What the change was tried once more for.
    tried_again: Vec<Late>,
}

/// Creates, updates, repairs or resumes.
pub async fn run(context: &Context, args: &UpArgs, from_environment: &BTreeSet<String>) -> Result<Outcome, Failure> {
    let Resolved { settings, warnings } = resolve::resolve(context, args, from_environment)?;
    let trust = trust_with(args.probe.ca_file.as_deref())?;
    let aws = context.aws().await?;
    let (caller, stack) = interrupt::or_stop(observe::stack(&aws, &context.stack_name)).await?;
    if let Some(old) = stack.as_ref().filter(|stack| stack.is_of_2014()) {
        return Ok(moving(old, aws.region()));
    }
    let typed_ca_file = args.probe.ca_file.is_some() && !from_environment.contains("ca_file");
    let run = Run { context, args, settings, aws, caller, trust, typed_ca_file, warnings, tried_again: Vec::new() };
    let mut step = Step::Next(Box::new(run), stack);
    // One after the other and not one within the other: there may be several.
    loop {
        match step {
            Step::Done(outcome) => return Ok(outcome),
            Step::Next(run, stack) => step = Box::pin(run.step(stack)).await.map_err(or_only_look)?,
        }
    }
}

/// What a part of the way to the registry comes to.
enum Step<'a> {
    /// The end.
    Done(Outcome),
    /// The stack stands so now: on from there.
    Next(Box<Run<'a>>, Option<Stack>),
}

impl<'a> Run<'a> {
    /// Does what the stack's state asks for.
    async fn step(self, stack: Option<Stack>) -> Result<Step<'a>, Failure> {
        match (start::start(stack.as_ref())?, stack) {
            (Up::Create, _) | (_, None) => self.change(None, true).await,
            (Up::Update, stack) => self.change(stack, false).await,
            (Up::Resume, Some(stack)) => self.resume(stack).await,
            (Up::Recreate, Some(stack)) => self.recreate(stack).await,
            (Up::Follow | Up::FollowThenCreate | Up::FollowThenGoOn, Some(stack)) => self.attach(stack).await,
            (Up::FinishRollback, Some(stack)) => self.finish_rollback(stack).await,
            (Up::RollBack, Some(stack)) => self.roll_back(stack).await,
            (Up::Refuse, Some(stack)) => Err(start::stuck(&stack)),
        }
    }

    /// Plans, proposes, asks and executes. `makes_stack` says that no stack of this name exists yet.
    async fn change(mut self, stack: Option<Stack>, makes_stack: bool) -> Result<Step<'a>, Failure> {
        let before = stack.as_ref().map(attach::Mark::of);
        let observed = interrupt::or_stop(self.observe(stack)).await?;
        if let Some(ended) = self.settle_names(&observed).await? {
            return Ok(Step::Done(ended));
        }
        let plan = plan(&self.settings, &observed, template::body())?;
        let gone = self.gone_bucket(observed.stack.as_ref()).await?;
        self.warnings.extend(plan.warnings.iter().cloned());
        match &observed.stack {
            Some(stack) if plan.nothing_to_do => return self.unchanged(&plan, stack, gone.as_ref()).await,
            _ => {}
        }
        if !self.args.dry_run {
            consent::can_ask(&self.context.shell, self.args.yes)?;
        }
        let records = interrupt::or_stop(self.in_the_way(&plan, observed.stack.as_ref())).await?;
        // What stands there may be of another run, which makes the same stack at this moment.
        if records.is_some()
            && let Some(stack) = interrupt::or_stop(async { Ok(self.quicker(before.as_ref()).await) }).await?
        {
            return Box::pin(self.step(Some(stack))).await;
        }
        if !self.args.dry_run {
            self.may_replace(records.as_ref(), plan.host.as_str()).await?;
        }
        let proposal = Proposal::new(&self.context.stack_name, observed.client.now, makes_stack);
        let agreed = tokio::select! {
            agreed = self.propose(&proposal, &plan, &observed, records.as_ref(), gone.as_ref()) => agreed,
            () = interrupt::interrupted() => Err(interrupt::stopped()),
        };
        match agreed {
            Ok(Agreed::Execute(proposed, preview)) => {
                if let Err(failure) = self.make_ready(gone.as_ref(), records.as_ref()).await {
                    return Err(self.give_up(&proposal, failure).await);
                }
                match execute::execute(self.effects(), &proposal, &proposed).await {
                    Ok(from) => self.follow(&plan, proposed, preview, from, records).await,
                    // Refused for good, nothing runs: the proposal is taken back. After passing trouble it may have begun.
                    Err(error) if !error.kind.is_passing() => {
                        let failure = self.not_replaced(records.as_ref(), error.into()).await;
                        self.overtaken(&proposal, before, failure).await
                    }
                    Err(error) => {
                        let failure = Failure::from(error).context("the change may have begun");
                        let failure = failure.hint(format!("to follow it, or begin again: {}", self.resume_line()));
                        Err(with_way_back(failure, records.as_ref()))
                    }
                }
            }
            Ok(Agreed::Preview(preview)) => {
                self.withdraw(&proposal).await?;
                Ok(Step::Done(self.dry_run(&preview)))
            }
            Ok(Agreed::Nothing) => {
                self.withdraw(&proposal).await?;
                match &observed.stack {
                    Some(stack) => self.unchanged(&plan, stack, gone.as_ref()).await,
                    None => Err(Failure::new(Kind::Bug, "a new stack would contain nothing")),
                }
            }
            Err(failure) => self.overtaken(&proposal, before, failure).await,
        }
    }

    /// Looks at all that matters for this run.
    async fn observe(&self, stack: Option<Stack>) -> Result<Observed, Failure> {
        let roots = std::sync::Arc::clone(self.trust.roots());
        observe::observe(&self.aws, &self.caller, roots, &self.settings, stack).await
    }

    /// Makes the change set, shows what it would do, and asks.
    async fn propose(
        &self,
        proposal: &Proposal,
        plan: &UpPlan,
        observed: &Observed,
        records: Option<&InTheWay>,
        gone: Option<&GoneBucket>,
    ) -> Result<Agreed, Failure> {
        let shell = &self.context.shell;
        let Some(proposed) = proposal.make(&self.aws, &plan.into(), self.context.timing).await? else {
            return Ok(Agreed::Nothing);
        };
        self.users_are_good(observed.stack.as_ref(), &proposed).await?;
        let place = format!("{} of account {}", self.aws.region(), self.caller.account);
        let removed = records.map(|found| found.replaced.sets.clone()).unwrap_or_default();
        let preview = Preview::new(plan, proposed.changes.clone(), place).removing(removed);
        if self.args.dry_run {
            return Ok(Agreed::Preview(preview));
        }
        shell.note(&preview.text(&self.context.stack_name));
        if let Some(gone) = gone {
            shell.note(&format!("{}; it is made again first, empty", gone.told()));
        }
        let question = if plan.creates { "Create it?" } else { "Change it?" };
        consent::ask(shell, self.args.yes || self.has_consent(), question).await?;
        Ok(Agreed::Execute(proposed, preview))
    }

    /// Does what the change needs and CloudFormation does not do.
    async fn make_ready(&mut self, gone: Option<&GoneBucket>, records: Option<&InTheWay>) -> Result<(), Failure> {
        if let Some(gone) = gone {
            self.restore(gone).await?;
        }
        self.make_room(records).await
    }

    /// Takes the proposal back after a failure. What is reported is why it stopped; a clean-up that fails as well only
    /// adds to it.
    async fn give_up(&self, proposal: &Proposal, failure: Failure) -> Failure {
        match self.withdraw(proposal).await {
            Ok(()) => failure,
            Err(left) => left_behind(failure, &left),
        }
    }

    async fn withdraw(&self, proposal: &Proposal) -> Result<(), Failure> {
        proposal.withdraw(&self.aws, self.context.timing.poll_interval).await.map_err(Failure::from)
    }

    fn dry_run(self, preview: &Preview) -> Outcome {
        let mut data = preview.data();
        data["dry_run"] = true.into();
        let (shell, mut text) = (&self.context.shell, preview.text(&self.context.stack_name));
        text.push_str("\nNothing was changed; without --dry-run the same command does it.\n");
        if shell.results_are_read_on_a_terminal() {
            text = words::wrap(&text, shell.width());
        }
        Outcome { data, text, warnings: self.warnings, failure: None }
    }

    /// Follows the change that this run began.
    async fn follow(
        mut self,
        plan: &UpPlan,
        proposed: Proposed,
        preview: Preview,
        from: From,
        records: Option<InTheWay>,
    ) -> Result<Step<'a>, Failure> {
        if self.args.detach {
            let mut text = format!("the operation runs; to follow it: {}", self.resume_line());
            if let Some(found) = &records {
                text.push_str(&format!(
                    "\nif it fails, this puts the removed records back: {}",
                    found.replaced.way_back()
                ));
            }
            let mut data = preview.data();
            data["detached"] = true.into();
            return Ok(Step::Done(Outcome { data, text, warnings: self.warnings, failure: None }));
        }
        let verb = if plan.creates { "Creating" } else { "Updating" };
        let following = Following {
            stack_id: &proposed.stack,
            from,
            title: format!("{verb} {}", self.context.stack_name),
            expected: expected(&proposed),
            creates: plan.creates,
        };
        let asking = self.asking(plan.host.clone(), zone_of(plan), internal(&plan.sources));
        let finished = execute::finish(self.context, &self.aws, following, asking.as_ref(), &self.resume_line()).await;
        let finished = finished.map_err(|failure| with_way_back(failure, records.as_ref()))?;
        if let (Some(found), Some(ended)) = (&records, &finished.ended) {
            self.settle_records(&found.replaced, &ended.status).await;
        }
        if let Some(late) = self.worth_another_try(&finished) {
            return self.once_more(&proposed.stack, late).await;
        }
        self.report(&proposed.stack, finished, Did::Changed(&preview)).await
    }

    /// Nothing to change: the registry is checked all the same.
    async fn unchanged(mut self, plan: &UpPlan, stack: &Stack, gone: Option<&GoneBucket>) -> Result<Step<'a>, Failure> {
        if self.args.dry_run {
            let data = serde_json::json!({ "dry_run": true, "creates": false, "changes": [] });
            let text = format!("the stack {} is as asked for: nothing would change", stack.name);
            return Ok(Step::Done(Outcome { data, text, warnings: self.warnings, failure: None }));
        }
        if let Some(gone) = gone {
            self.restore_with_consent(gone).await?;
        }
        self.context.shell.note(&format!("the stack {} is as asked for: nothing to change", stack.name));
        interrupt::or_stop(self.settle_noted(stack, &stack.status)).await?;
        let finished = match self.asking(plan.host.clone(), zone_of_stack(stack), internal(&plan.sources)) {
            Some(asking) => execute::check(self.context, &self.aws, stack, &asking, &self.resume_line()).await,
            None => Finished { ended: None, verification: None },
        };
        self.report(&stack.id, finished, Did::Nothing).await
    }

    /// Only change sets exist under this name: ours are leftovers of a run that was killed, or of one that is asking
    /// right now, and are left to it; executing ours removes them. Anyone else's mean that the name is taken.
    async fn resume(self, stack: Stack) -> Result<Step<'a>, Failure> {
        refuse_strange_change_sets(&self.aws, &stack).await?;
        self.change(Some(stack), false).await
    }

    /// How the registry is to be checked; `None` with `--no-verify`.
    fn asking(
        &self,
        host: crate::registry::names::HostName,
        zone_id: Option<(String, String)>,
        internal: bool,
    ) -> Option<Asking> {
        let probe = self.args.probe.clone();
        (!self.args.no_verify).then(|| Asking { host, internal, zone_id, probe, trust: self.trust.clone() })
    }

    async fn report(self, stack_id: &str, finished: Finished, did: Did<'_>) -> Result<Step<'a>, Failure> {
        let stack = cloudformation::describe_stack(&self.aws, stack_id).await?;
        let report = Report {
            context: self.context,
            region: self.aws.region(),
            account: &self.caller.account,
            stack: stack.as_ref(),
            finished: &finished,
            did,
            ca_file: self.args.probe.ca_file.as_deref(),
            typed_ca_file: self.typed_ca_file,
            verified: !self.args.no_verify,
        };
        Ok(Step::Done(report.outcome(self.warnings)))
    }

    fn effects(&self) -> Effects<'_> {
        Effects { aws: &self.aws, poll_interval: self.context.timing.poll_interval }
    }

    fn resume_line(&self) -> String {
        self.context.command_line("up")
    }
}

/// Who cannot be asked may also want to see what the question would be.
fn or_only_look(failure: Failure) -> Failure {
    match (failure.kind, &failure.hint) {
        (Kind::NoTerminal, Some(hint)) => {
            let hint = format!("{hint}, or --dry-run to only see what would change");
            failure.hint(hint)
        }
        _ => failure,
    }
}

/// What came of a proposal.
enum Agreed {
    /// It is to be executed.
    Execute(Proposed, Preview),
    /// It was only to be shown.
    Preview(Preview),
    /// It would change nothing.
    Nothing,
}

fn with_way_back(failure: Failure, records: Option<&InTheWay>) -> Failure {
    match records {
        Some(found) => records::way_back(failure, &found.replaced),
        None => failure,
    }
}

fn left_behind(mut failure: Failure, left: &Failure) -> Failure {
    let hint = failure.hint.take().map(|hint| format!("{hint}; ")).unwrap_or_default();
    failure.hint(format!("{hint}an unused change set could not be removed ({left}); the next `dockreg up` removes it"))
}

fn expected(proposed: &Proposed) -> Vec<Expected> {
    let touched = proposed.changes.iter().filter(|change| change.action != Action::Remove);
    touched
        .map(|change| Expected { logical_id: change.logical_id.clone(), resource_type: change.resource_type.clone() })
        .collect()
}

fn internal(sources: &std::collections::BTreeMap<String, crate::settings::Setting<String>>) -> bool {
    sources.get(parameter::LOAD_BALANCER_SCHEME).is_some_and(|own| own.value == "internal")
}
