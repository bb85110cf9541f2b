//! `dockreg status`: everything the registry consists of, looked at once, and one verdict. Changes nothing.

mod look;
mod report;
mod verdict;

use crate::aws::{Aws, cloudformation};
use crate::cli::StatusArgs;
use crate::command::foreign::{foreign, refuse_strange_change_sets};
use crate::command::{Outcome, follow, interrupt, login, trust_with};
use crate::context::Context;
use crate::error::Failure;
use crate::stack::Stack;
use crate::stack::answer::{Look, answer};
use crate::stack::event::StackEvent;
use crate::stack::watch::{From, no_sign};
use crate::ui::Expected;

/// Looks at the registry.
pub async fn run(context: &Context, args: &StatusArgs) -> Result<Outcome, Failure> {
    let trust = trust_with(args.probe.ca_file.as_deref())?;
    let aws = context.aws().await?;
    let mut stack = interrupt::or_stop(stack(context, &aws, &context.stack_name)).await?;
    if args.watch && answer(&stack.status).status == Look::Changing {
        watch(context, &aws, &stack).await?;
        stack = interrupt::or_stop(self::stack(context, &aws, &stack.id)).await?;
    }
    let found = interrupt::or_stop(look::look(&aws, stack, args, trust)).await?;
    let verdict = verdict::judge(&found, &|words| context.command_line(words));
    Ok(report::outcome(context, &found, verdict))
}

/// The stack, if there is one and it is ours.
async fn stack(context: &Context, aws: &Aws, name: &str) -> Result<Stack, Failure> {
    let Some(stack) = cloudformation::describe_stack(aws, name).await? else {
        return Err(login::unknown_stack(context, aws.region()));
    };
    match answer(&stack.status).status {
        Look::Gone => return Err(login::unknown_stack(context, aws.region())),
        Look::Proposed => refuse_strange_change_sets(aws, &stack).await?,
        Look::Judge | Look::Changing | Look::Broken if stack.is_ours() => {}
        Look::Judge | Look::Changing | Look::Broken => return Err(foreign(&stack)),
    }
    Ok(stack)
}

/// Follows the operation that runs. How it ends shows afterwards, in the verdict.
async fn watch(context: &Context, aws: &Aws, stack: &Stack) -> Result<(), Failure> {
    let resources = cloudformation::resources(aws, &stack.id).await.unwrap_or_default();
    let expected = resources
        .into_iter()
        .map(|own| Expected { logical_id: own.logical_id, resource_type: own.resource_type })
        .collect();
    let progress = context.shell.progress(&format!("Following {}", stack.name), expected);
    let again = context.command_line("status --watch");
    let track = follow::Track { stack_id: &stack.id, from: From::OperationStart, soon: no_sign(), resume: &again };
    let mut ignore = |_: &StackEvent| {};
    let ended = follow::follow(context, aws, track, &progress, &mut ignore).await?;
    ended.unless_cancelled(&context.command_line("up")).map(drop)
}
