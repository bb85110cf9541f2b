//! `dockreg down`: deletes the stack, follows it, and proves that the images are still there.

use clap::Args;
use serde_json::json;

use super::up::{foreign, refuse_strange_change_sets};
use super::{Outcome, consent, follow, interrupt};
use crate::aws::{Aws, cloudformation, s3};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::template::output;
use crate::stack::Stack;
use crate::stack::status::StackStatus;
use crate::stack::watch::{From, newest, no_sign};
use crate::ui::Expected;
use crate::ui::words;

/// `dockreg down`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Output:
  What was deleted and what stays, the image bucket first of all.

Exit code:
  0  deleted, or there was nothing to delete
  1  declined, not our stack, termination protection is on, or AWS refused
  3  something is left that should be gone, or --timeout passed")]
pub struct DownArgs {
    /// Do not ask for the stack's name
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Delete the bucket and every image in it too; needs --confirm-stack
    #[arg(long, requires = "confirm_stack", conflicts_with = "detach")]
    pub delete_images: bool,
    /// The stack's name once more, as consent to --delete-images
    #[arg(long, value_name = "NAME")]
    pub confirm_stack: Option<String>,
    /// Use this IAM role to delete the stack
    #[arg(long, env = "DOCKREG_ROLE_ARN", value_name = "ARN", hide_env_values = true)]
    pub role_arn: Option<String>,
    /// Start the deletion and do not wait for it
    #[arg(long)]
    pub detach: bool,
}

/// The images' bucket.
struct Bucket {
    name: String,
    region: Option<String>,
    contents: s3::Contents,
}

/// Deletes the stack.
pub async fn run(context: &Context, args: &DownArgs) -> Result<Outcome, Failure> {
    if args.delete_images && args.confirm_stack.as_deref() != Some(context.stack_name.as_str()) {
        return Err(Failure::new(Kind::Input, format!("--confirm-stack does not say {}", context.stack_name))
            .hint(format!("to delete the images too: add --confirm-stack {}", context.stack_name)));
    }
    let aws = context.aws().await?;
    let Some((stack, bucket)) = interrupt::or_stop(look(context, &aws, args)).await? else {
        return gone(context, &aws, args).await;
    };
    consent::can_ask(&context.shell, args.yes)?;
    announce(context, &stack, bucket.as_ref(), args);
    consent::ask_name(&context.shell, args.yes, "Type the stack's name to delete it", &stack.name)?;
    delete(context, &aws, args, &stack).await?;
    if args.detach {
        let text = format!("the stack {} is being deleted; to follow it: {}", stack.name, resume(context));
        return Ok(Outcome { data: json!({ "stack": stack.name, "deleted": false }), text, ..Outcome::default() });
    }
    conclude(context, &aws, args, &stack, bucket).await
}

/// Looks at the stack and its bucket, and refuses what is not ours or not to be deleted. `None` when there is no stack.
async fn look(context: &Context, aws: &Aws, args: &DownArgs) -> Result<Option<(Stack, Option<Bucket>)>, Failure> {
    let Some(stack) = cloudformation::describe_stack(aws, &context.stack_name).await? else { return Ok(None) };
    if stack.status == StackStatus::ReviewInProgress {
        refuse_strange_change_sets(aws, &stack).await?;
    } else if !stack.is_ours() {
        return Err(foreign(&stack));
    }
    if stack.termination_protection {
        return Err(protected(&stack));
    }
    let bucket = bucket_of(aws, &stack, args).await?;
    Ok(Some((stack, bucket)))
}

fn resume(context: &Context) -> String {
    context.command_line("down --yes")
}

fn protected(stack: &Stack) -> Failure {
    Failure::new(Kind::StackState, format!("the stack {} is protected from deletion; it is left as it is", stack.name))
        .hint(format!(
            "if it really is to go: aws cloudformation update-termination-protection --no-enable-termination-protection \
             --stack-name {}",
            stack.name
        ))
}

/// The bucket that the stack names, with its contents when these are to go.
async fn bucket_of(aws: &Aws, stack: &Stack, args: &DownArgs) -> Result<Option<Bucket>, Failure> {
    let Some(name) = stack.output(output::BUCKET_NAME).map(str::to_owned) else { return Ok(None) };
    let region = stack.output(output::BUCKET_REGION).filter(|own| *own != aws.region()).map(str::to_owned);
    if !s3::exists(aws, &name, region.as_deref()).await? {
        return Ok(None);
    }
    let contents =
        if args.delete_images { s3::contents(aws, &name, region.as_deref()).await? } else { s3::Contents::default() };
    Ok(Some(Bucket { name, region, contents }))
}

fn announce(context: &Context, stack: &Stack, bucket: Option<&Bucket>, args: &DownArgs) {
    let mut text = format!("This will delete the stack {}: load balancer, nodes, logins and DNS record.\n", stack.name);
    match bucket {
        Some(bucket) if args.delete_images => {
            let s3::Contents { objects, bytes } = bucket.contents;
            text.push_str(&format!(
                "It will also delete the bucket {} and every image in it: {objects} objects, {}.\n",
                bucket.name,
                size(bytes)
            ));
        }
        Some(bucket) => text.push_str(&format!("The images stay in the bucket {}.\n", bucket.name)),
        None => match stack.output(output::BUCKET_NAME) {
            Some(name) => text.push_str(&format!("Its image bucket {name} is gone already.\n")),
            None => text.push_str("It has no image bucket.\n"),
        },
    }
    context.shell.note(&text);
}

/// Starts the deletion, or joins the one that runs, and follows it.
async fn delete(context: &Context, aws: &Aws, args: &DownArgs, stack: &Stack) -> Result<(), Failure> {
    let from = if stack.status == StackStatus::DeleteInProgress {
        From::OperationStart
    } else {
        let before = newest(aws, &stack.id).await?;
        let token = format!("dockreg-down-{}", jiff::Timestamp::now().as_nanosecond());
        cloudformation::delete_stack(aws, &stack.id, args.role_arn.as_deref(), &token).await?;
        before.map_or(From::OperationStart, From::After)
    };
    if args.detach {
        return Ok(());
    }
    // A stack that only a change set made has nothing in it: its deletion ends at once and may leave no event.
    if stack.status == StackStatus::ReviewInProgress {
        return Ok(());
    }
    let expected = expected(aws, &stack.id).await;
    let progress = context.shell.progress(&format!("Deleting {}", stack.name), expected);
    let mut ignore = |_: &crate::stack::event::StackEvent| {};
    let again = resume(context);
    let track = follow::Track { stack_id: &stack.id, from, soon: no_sign(), resume: &again };
    let ended = follow::follow(context, aws, track, &progress, &mut ignore).await?;
    drop(progress);
    if ended.status == StackStatus::DeleteComplete {
        return Ok(());
    }
    let mut failure = follow::failed(&ended, "the deletion");
    failure.kind = Kind::LeftBehind;
    let hint = failure.hint.take().map(|hint| format!("{hint}; ")).unwrap_or_default();
    Err(failure.hint(format!("{hint}remove what blocks it, then: {}", resume(context))))
}

/// What the stack consists of, to show what is still to go. Not worth failing for.
async fn expected(aws: &Aws, stack: &str) -> Vec<Expected> {
    let resources = cloudformation::resources(aws, stack).await.unwrap_or_default();
    let present = resources.into_iter().filter(|own| !own.status.starts_with("DELETE_"));
    present.map(|own| Expected { logical_id: own.logical_id, resource_type: own.resource_type }).collect()
}

/// Proves that the images are where they were, or deletes them as asked.
async fn conclude(
    context: &Context,
    aws: &Aws,
    args: &DownArgs,
    stack: &Stack,
    bucket: Option<Bucket>,
) -> Result<Outcome, Failure> {
    let name = &stack.name;
    let Some(bucket) = bucket else {
        let data = json!({ "stack": name, "deleted": true, "bucket": null });
        return Ok(Outcome { data, text: format!("the stack {name} is deleted"), ..Outcome::default() });
    };
    if args.delete_images {
        let deletion = s3::delete_bucket(aws, &bucket.name, bucket.region.as_deref());
        let deleted = or_partly(deletion, context).await?.map_err(|error| {
            let mut failure =
                Failure::from(error).context(format!("the stack is deleted, the bucket {} is not", bucket.name));
            failure.kind = Kind::LeftBehind;
            failure.hint(format!(
                "to finish: {}",
                context.command_line(&format!("down --yes --delete-images --confirm-stack {name}"))
            ))
        })?;
        let text = format!("the stack {name} and the bucket {} with {deleted} objects are deleted", bucket.name);
        let data = json!({ "stack": name, "deleted": true, "bucket": { "name": bucket.name, "kept": false, "objects": deleted } });
        return Ok(Outcome { data, text, ..Outcome::default() });
    }
    if !s3::exists(aws, &bucket.name, bucket.region.as_deref()).await? {
        return Err(Failure::new(
            Kind::LeftBehind,
            format!("the stack is deleted and its bucket {} is gone too", bucket.name),
        )
        .hint("restore the images from a backup; report this, with the stack's events, if nobody deleted the bucket"));
    }
    let text = format!(
        "the stack {name} is deleted\nthe images are in the bucket {}; the next `{}` serves them again",
        bucket.name,
        context.command_line("up")
    );
    let data = json!({ "stack": name, "deleted": true, "bucket": { "name": bucket.name, "kept": true } });
    Ok(Outcome { data, text, ..Outcome::default() })
}

/// Deletes images until done or interrupted.
async fn or_partly<T>(deletion: impl Future<Output = T>, context: &Context) -> Result<T, Failure> {
    tokio::select! {
        done = deletion => Ok(done),
        () = interrupt::interrupted() => {
            let finish = format!("down --delete-images --confirm-stack {}", context.stack_name);
            Err(Failure::new(Kind::Interrupted, "interrupted; some of the images are deleted, some are not")
                .hint(format!("to finish: {}", context.command_line(&finish))))
        }
    }
}

/// There is no stack: nothing to do, unless images are to go too.
async fn gone(context: &Context, aws: &Aws, args: &DownArgs) -> Result<Outcome, Failure> {
    let name = &context.stack_name;
    let left = super::up::left_buckets(aws, name).await?;
    if args.delete_images && !left.is_empty() {
        let mut objects = 0;
        for bucket in &left {
            let contents = s3::contents(aws, bucket, None).await?;
            context.shell.note(&format!(
                "This will delete the bucket {bucket} and every image in it: {} objects, {}.",
                contents.objects,
                size(contents.bytes)
            ));
        }
        consent::ask_name(&context.shell, args.yes, "Type the stack's name to delete its images", name)?;
        for bucket in &left {
            objects += or_partly(s3::delete_bucket(aws, bucket, None), context).await??;
        }
        let text = format!("{} with {objects} objects deleted", words::count(left.len(), "bucket"));
        return Ok(Outcome {
            data: json!({ "stack": name, "deleted": true, "buckets": left }),
            text,
            ..Outcome::default()
        });
    }
    let stays = left.iter().map(|bucket| format!("\nimages are in the bucket {bucket}")).collect::<String>();
    let text = format!("there is no stack {name} in {}{stays}", aws.region());
    Ok(Outcome { data: json!({ "stack": name, "deleted": false, "buckets": left }), text, ..Outcome::default() })
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KB", "MB", "GB", "TB"];
    let mut rest = bytes;
    let mut unit = 0;
    while rest >= 10_000 && unit + 1 < UNITS.len() {
        rest /= 1000;
        unit += 1;
    }
    format!("{rest} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        for (bytes, words) in
            [(0, "0 bytes"), (9_999, "9999 bytes"), (104_857_600, "104 MB"), (5_000_000_000_000, "5000 GB")]
        {
            assert_eq!(size(bytes), words);
        }
    }
}
