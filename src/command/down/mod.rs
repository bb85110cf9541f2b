//! `dockreg down`: deletes the stack, follows it, and proves that what should be gone is gone and that the images are
//! still there.

mod args;
mod delete;
mod dns;
mod given;
mod images;
mod leftover;

use serde_json::json;

pub use args::DownArgs;

use super::foreign::{foreign, refuse_strange_change_sets};
use super::{Outcome, blocked, consent, interrupt};
use crate::aws::{Aws, cloudformation};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::template::output;
use crate::stack::Stack;
use crate::stack::answer::{Down, answer};
use crate::stack::status::StackStatus;
use crate::ui::words;
use delete::Deleted;
use images::Bucket;

/// One run of `down`.
struct Run<'a> {
    context: &'a Context,
    args: &'a DownArgs,
    aws: Aws,
}

/// Deletes the stack.
pub async fn run(context: &Context, args: &DownArgs) -> Result<Outcome, Failure> {
    images::confirmed(context, args)?;
    let run = Run { context, args, aws: context.aws().await? };
    let Some((stack, bucket)) = interrupt::or_stop(run.look()).await? else {
        return run.gone().await;
    };
    run.down(stack, bucket).await
}

impl Run<'_> {
    async fn down(&self, stack: Stack, bucket: Option<Bucket>) -> Result<Outcome, Failure> {
        let shell = &self.context.shell;
        let follows = answer(&stack.status).down == Down::Follow;
        // Whoever began the deletion has agreed to it; the images are another matter.
        let yes = (self.args.yes || follows) && (!self.args.delete_images || self.args.confirm_stack.is_some());
        consent::can_ask(shell, yes)?;
        self.refuse_given(bucket.as_ref())?;
        if stack.termination_protection && !self.args.lift_protection && !shell.is_interactive() {
            return Err(self.protected(&stack));
        }
        self.announce(&stack, bucket.as_ref());
        if !follows {
            self.tell_blocked(&stack).await?;
        }
        consent::ask_name(shell, yes, "Type the stack's name to delete it", &stack.name).await?;
        self.ask_for_given(bucket.as_ref()).await?;
        self.lift_protection(&stack).await?;
        let records = self.validation_records(&stack).await;
        let deleted = self.delete(&stack).await?;
        if self.args.detach {
            let text = format!("the stack {} is being deleted; to follow it: {}", stack.name, self.resume());
            return Ok(Outcome { data: json!({ "stack": stack.name, "deleted": false }), text, ..Outcome::default() });
        }
        let mut outcome = self.conclude(&stack, bucket, &deleted).await?;
        outcome.text.push_str(&dns::staying(&stack, &records));
        outcome.warnings.extend(self.put_back_records(&stack).await);
        if !records.is_empty() {
            outcome.data["validation_records"] = json!(records);
        }
        Ok(outcome)
    }

    /// Looks at the stack and its bucket, and refuses what is not ours. `None` when there is no stack.
    async fn look(&self) -> Result<Option<(Stack, Option<Bucket>)>, Failure> {
        let found = cloudformation::describe_stack(&self.aws, &self.context.stack_name).await?;
        let Some(stack) = found.filter(|stack| answer(&stack.status).down != Down::Nothing) else { return Ok(None) };
        if stack.status == StackStatus::ReviewInProgress {
            refuse_strange_change_sets(&self.aws, &stack).await?;
        } else if !stack.is_ours() {
            return Err(foreign(&stack));
        }
        let bucket = self.bucket_of(&stack).await?;
        Ok(Some((stack, bucket)))
    }

    fn resume(&self) -> String {
        self.context.command_line("down --yes")
    }

    fn protected(&self, stack: &Stack) -> Failure {
        let message = format!("the stack {} is protected from deletion; it is left as it is", stack.name);
        Failure::new(Kind::StackState, message).hint(format!(
            "if it really is to go, lift the protection too: {}",
            self.context.command_line("down --yes --lift-protection")
        ))
    }

    /// Lifts the protection, with a consent of its own.
    async fn lift_protection(&self, stack: &Stack) -> Result<(), Failure> {
        if !stack.termination_protection {
            return Ok(());
        }
        let question = format!("The stack {} is protected from deletion. Lift the protection?", stack.name);
        consent::ask(&self.context.shell, self.args.lift_protection, &question).await.map_err(
            |failure| match failure.kind {
                Kind::NoTerminal => self.protected(stack),
                _ => failure,
            },
        )?;
        cloudformation::lift_protection(&self.aws, &stack.id).await?;
        self.context.shell.note("the protection from deletion is lifted");
        Ok(())
    }

    fn announce(&self, stack: &Stack, bucket: Option<&Bucket>) {
        let Stack { name, status, .. } = stack;
        let mut text = match answer(status).down {
            Down::Follow => format!("The stack {name} is being deleted: following it.\n"),
            _ if *status == StackStatus::ReviewInProgress => {
                format!("This will delete the stack {name}: it holds a proposal and nothing else.\n")
            }
            Down::Finish => format!("This will delete what is left of the stack {name}.\n"),
            _ => format!("This will delete the stack {name}: load balancer, nodes, logins and DNS record.\n"),
        };
        match answer(status).down {
            Down::GiveUp => text.push_str("It is being made right now; that is given up.\n"),
            Down::FollowThenDelete => {
                text.push_str(&format!("An operation is running ({status}); it is followed to its end first.\n"));
            }
            Down::Nothing | Down::Delete | Down::Follow | Down::Finish => {}
        }
        text.push_str(&self.about_images(stack, bucket));
        self.context.shell.note(&text);
    }

    /// Says what blocked the deletion before.
    async fn tell_blocked(&self, stack: &Stack) -> Result<(), Failure> {
        if answer(&stack.status).down != Down::Finish {
            return Ok(());
        }
        let blocking = blocked::blocked(&self.aws, &stack.id).await?;
        let list = blocked::list(&blocking);
        self.context.shell.note(&format!("A deletion of it failed before, blocked by:\n{list}"));
        Ok(())
    }

    /// Looks whether everything is gone that should be, and proves that the images are where they were, or deletes
    /// them as asked.
    async fn conclude(&self, stack: &Stack, bucket: Option<Bucket>, deleted: &Deleted) -> Result<Outcome, Failure> {
        let name = &stack.name;
        let found = leftover::look(&self.aws, stack, deleted).await?;
        let images = self.settle_images(stack, bucket).await?;
        if !found.left.is_empty() {
            let message = format!("of the stack {name} {} left that should be gone", is_left(found.left.len()));
            return Err(Failure::new(Kind::LeftBehind, message)
                .cause(found.left.join("\n"))
                .hint(format!("look again with: {}; what no stack knows of any more, delete by hand", self.resume())));
        }
        let mut warnings = found.unseen;
        if !found.retained.is_empty() {
            warnings.push(format!("left in the account, as you asked: {}", found.retained.join(", ")));
        }
        let data = json!({ "stack": name, "deleted": true, "retained": found.retained, "bucket": images.data });
        Ok(Outcome { data, text: images.text, warnings, ..Outcome::default() })
    }

    /// There is no stack: nothing to do, unless images are to go too.
    async fn gone(&self) -> Result<Outcome, Failure> {
        let name = &self.context.stack_name;
        let left = super::up::left_buckets(&self.aws, name).await?;
        if self.args.delete_images {
            let buckets = self.buckets_without_stack(&left).await?;
            if !buckets.is_empty() {
                return self.delete_left_buckets(buckets).await;
            }
        }
        let mut text = format!("there is no stack {name} in {}", self.aws.region());
        for bucket in &left {
            text.push_str(&format!("\nimages are in the bucket {bucket}"));
        }
        if self.args.delete_images {
            text.push_str(&self.no_bucket());
        }
        if !left.is_empty() {
            let (up, down) = (self.context.command_line("up"), images::delete_line(self.context, None));
            text.push_str(&format!("\nthe next `{up}` serves them again; to delete them: {down}"));
        }
        Ok(Outcome { data: json!({ "stack": name, "deleted": false, "buckets": left }), text, ..Outcome::default() })
    }
}

fn is_left(things: usize) -> String {
    format!("{} {}", words::count(things, "thing"), if things == 1 { "is" } else { "are" })
}

/// The bucket's name, by the stack's output.
fn bucket_name(stack: &Stack) -> Option<&str> {
    stack.output(output::BUCKET_NAME)
}
