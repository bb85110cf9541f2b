//! The proposal: a change set, and with it perhaps an empty stack. Made here, and taken back here.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::aws::cloudformation::{self, ChangeSet, Leave, NewChangeSet};
use crate::aws::{Aws, AwsCallError};
use crate::command::cause;
use crate::command::effect::Effects;
use crate::context::Timing;
use crate::error::{Failure, Kind};
use crate::registry::names::CHANGE_SET_PREFIX;
use crate::registry::plan::UpPlan;
use crate::registry::template;
use crate::stack::change::ResourceChange;
use crate::stack::status::StackStatus;

/// Change sets are ready within seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(400);
/// One that is not ready by then will not be soon.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// A look that fails may fail so often, each time with all the SDK's own tries, before it is given up.
const MOST_TROUBLES: u32 = 5;
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// A change set of this run, named before it is asked for, so that it can be taken back whatever happens.
#[derive(Clone, Debug)]
pub(in crate::command) struct Proposal {
    stack_name: String,
    change_set: String,
    /// Whether the stack did not exist before.
    makes_stack: bool,
}

/// What a proposal asks for.
#[derive(Debug)]
pub(in crate::command) struct Wanted<'a> {
    /// Whether the stack is made by it.
    pub(in crate::command) creates: bool,
    /// The template; `None` keeps the one that the stack has.
    pub(in crate::command) template: Option<&'a str>,
    /// Parameters; `None` keeps the running stack's value.
    pub(in crate::command) parameters: &'a BTreeMap<String, Option<String>>,
    /// Secret parameters.
    pub(in crate::command) secrets: &'a BTreeMap<String, SecretString>,
    /// Tags of the stack.
    pub(in crate::command) tags: &'a BTreeMap<String, String>,
    /// The IAM role for CloudFormation.
    pub(in crate::command) role_arn: Option<&'a str>,
}

impl<'a> From<&'a UpPlan> for Wanted<'a> {
    fn from(plan: &'a UpPlan) -> Self {
        Self {
            creates: plan.creates,
            template: Some(template::body()),
            parameters: &plan.parameters,
            secrets: &plan.secrets,
            tags: &plan.tags,
            role_arn: plan.role_arn.as_deref(),
        }
    }
}

/// What the proposal would do.
#[derive(Clone, Debug)]
pub(in crate::command) struct Proposed {
    /// The change set's ARN.
    pub(in crate::command) change_set: String,
    /// The stack's ARN.
    pub(in crate::command) stack: String,
    /// Resource by resource; empty when nothing would change.
    pub(in crate::command) changes: Vec<ResourceChange>,
}

impl Proposal {
    /// Names the proposal. `began` makes the name this run's own.
    pub(in crate::command) fn new(stack_name: &str, began: jiff::Timestamp, makes_stack: bool) -> Self {
        let change_set = format!("{CHANGE_SET_PREFIX}{}", began.as_nanosecond());
        Self { stack_name: stack_name.to_owned(), change_set, makes_stack }
    }

    /// An idempotency token of this run for one kind of call: AWS refuses one token for two different requests.
    pub(in crate::command) fn token(&self, call: &str) -> String {
        format!("{}-{call}", self.change_set)
    }

    /// Asks for the change set and waits until CloudFormation has worked it out. `None` when it would change nothing.
    pub(in crate::command) async fn make(
        &self,
        aws: &Aws,
        wanted: &Wanted<'_>,
        timing: Timing,
    ) -> Result<Option<Proposed>, Failure> {
        let new = NewChangeSet {
            stack: &self.stack_name,
            name: &self.change_set,
            creates: wanted.creates,
            template: wanted.template,
            parameters: wanted.parameters,
            secrets: wanted.secrets,
            tags: wanted.tags,
            role_arn: wanted.role_arn,
            token: &self.token("propose"),
        };
        let ids = Effects { aws, poll_interval: timing.poll_interval }.create_change_set(&new).await?;
        let patience = Instant::now() + PATIENCE;
        let end = timing.deadline().map_or(patience, |deadline| deadline.min(patience));
        let ready = tokio::time::timeout_at(end, wait(aws, &ids.change_set, timing.poll_interval)).await;
        let ready = ready.map_err(|_| not_in_time())??;
        if ready.is_empty() {
            return Ok(None);
        }
        if !ready.is_ready() {
            return Err(cause::refused(aws, &ids.change_set, ready).await);
        }
        Ok(Some(Proposed { change_set: ids.change_set, stack: ids.stack, changes: ready.changes }))
    }

    /// Takes the change set back, and the empty stack if this run made it.
    pub(in crate::command) async fn withdraw(
        &self,
        aws: &Aws,
        poll_interval: Option<Duration>,
    ) -> Result<(), AwsCallError> {
        let effects = Effects { aws, poll_interval };
        let Some(stack) = cloudformation::describe_stack(aws, &self.stack_name).await? else { return Ok(()) };
        if stack.status == StackStatus::ReviewInProgress && self.makes_stack && self.is_alone(aws).await? {
            return effects.delete_stack(&stack.id, None, &Leave::Nothing, &self.token("withdraw")).await;
        }
        effects.delete_change_set(&self.stack_name, &self.change_set).await
    }

    /// Whether the stack holds no change set of another run.
    async fn is_alone(&self, aws: &Aws) -> Result<bool, AwsCallError> {
        let names = cloudformation::change_set_names(aws, &self.stack_name).await?;
        Ok(names.iter().all(|name| *name == self.change_set))
    }
}

/// Waits until CloudFormation has worked a change set out.
async fn wait(aws: &Aws, id: &str, poll_interval: Option<Duration>) -> Result<ChangeSet, AwsCallError> {
    let mut pause = poll_interval.unwrap_or(FIRST_PAUSE);
    let mut patience = MOST_TROUBLES;
    loop {
        match cloudformation::describe_change_set(aws, id).await {
            Ok(change_set) if !change_set.is_pending() => return Ok(change_set),
            Ok(_) => {}
            Err(error) if error.kind.is_passing() && patience > 0 => patience -= 1,
            Err(error) => return Err(error),
        }
        tokio::time::sleep(pause).await;
        pause = poll_interval.unwrap_or_else(|| pause.mul_f64(1.5).min(LONGEST_PAUSE));
    }
}

fn not_in_time() -> Failure {
    Failure::new(Kind::Timeout, "CloudFormation has not worked out in time what would change; nothing was changed")
        .hint("type it once more, with a longer --timeout if there is one")
}
