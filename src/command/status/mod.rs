//! `dockreg status`: everything the registry consists of, looked at once, and one verdict. Changes nothing.

mod look;
mod report;
mod verdict;

use crate::aws::cloudformation;
use crate::cli::StatusArgs;
use crate::command::{Outcome, login, up};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::verify::Trust;

/// Looks at the registry.
pub async fn run(context: &Context, args: &StatusArgs) -> Result<Outcome, Failure> {
    let trust = Trust::load(args.probe.ca_file.as_deref())
        .map_err(|problem| Failure::new(Kind::Input, "could not read --ca-file").cause(problem.to_string()))?;
    let aws = context.aws().await?;
    let Some(stack) = cloudformation::describe_stack(&aws, &context.stack_name).await? else {
        return Err(login::unknown_stack(context, aws.region()));
    };
    if !stack.is_ours() {
        return Err(up::foreign(&stack));
    }
    let found = look::look(&aws, stack, args, trust).await?;
    let verdict = verdict::judge(&found, &context.command_line("up"));
    Ok(report::outcome(context, &found, verdict))
}
