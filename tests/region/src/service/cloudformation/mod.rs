//! CloudFormation: stacks, change sets, events and signals.

mod caller;
mod change_set;
mod deployment;
mod describe;
mod early;
mod engine;
mod event;
mod events;
mod exports;
mod fault;
mod input;
mod lookup;
mod page;
mod progress;
mod resources;
mod signals;
mod stack_create;
mod stack_delete;
mod stack_resource;
mod stack_update;
mod state;
mod status;
mod template;
mod token;
mod unmodelled;
mod wait_handle;

use std::sync::Arc;

use serde_json::Value;

pub use fault::ResourceFault;
pub use progress::{initiated, report};
pub use signals::await_signals;
pub use state::State;
pub use wait_handle::{await_handle, open_handle, report_to_handle};

use super::Call;
use crate::{AwsError, Region};

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    let Call { operation, input, principal, .. } = call;
    if let Some(answer) = token::answered(region, &operation, &input)? {
        return Ok(answer);
    }
    unmodelled::refuse(&input)?;
    input::check_role(region, &input)?;
    let answer = caller::calling(principal, || carry_out(region, &operation, &input))?;
    token::remember(region, &operation, &input, &answer);
    Ok(answer)
}

fn carry_out(region: &Arc<Region>, operation: &str, input: &Value) -> Result<Value, AwsError> {
    let read =
        |look: fn(&State, &Value) -> Result<Value, AwsError>| region.world(|world| look(&world.cloudformation, input));
    match operation {
        "CancelUpdateStack" => stack_update::cancel(region, input),
        "ContinueUpdateRollback" => stack_update::continue_rollback(region, input),
        "CreateChangeSet" => change_set::create(region, input),
        "CreateStack" => stack_create::create(region, input),
        "DeleteChangeSet" => region.world(|world| change_set::delete(&mut world.cloudformation, input)),
        "DeleteStack" => stack_delete::delete(region, input),
        "DescribeAccountLimits" => describe::limits(input),
        "DescribeChangeSet" => read(change_set::describe),
        "DescribeEvents" => read(events::describe_events),
        "DescribeStackEvents" => read(events::describe_stack_events),
        "DescribeStackResource" => read(resources::describe_one),
        "DescribeStackResources" => read(resources::describe_all),
        "DescribeStacks" => read(describe::describe),
        "ExecuteChangeSet" => change_set::execute(region, input),
        "GetTemplate" => read(template::get),
        "GetTemplateSummary" => read(template::summary),
        "ListChangeSets" => read(change_set::list),
        "ListExports" => read(exports::list_exports),
        "ListImports" => read(exports::list_imports),
        "ListStackResources" => read(resources::list),
        "ListStacks" => read(describe::list),
        "RollbackStack" => stack_update::roll_back(region, input),
        "SignalResource" => signals::signal(region, input),
        "UpdateStack" => stack_update::update(region, input),
        "UpdateTerminationProtection" => stack_delete::protect(region, input),
        "ValidateTemplate" => template::validate(input),
        other => Err(AwsError::new("InvalidAction", format!("the region does not model {other} of CloudFormation"))),
    }
}
