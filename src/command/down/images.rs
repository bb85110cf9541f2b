//! The images' bucket: counted before anybody is asked, then proven to be there, or deleted as asked.

use serde_json::{Value, json};

use super::{DownArgs, Run, bucket_name};
use crate::aws::s3;
use crate::command::follow::until;
use crate::command::up::left_buckets;
use crate::command::{Outcome, consent, interrupt};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::template::output;
use crate::stack::Stack;
use crate::ui::words;

/// The images' bucket.
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) region: Option<String>,
    pub(super) contents: s3::Contents,
    /// The stack did not make it. Known where images are to go, else false.
    pub(super) given: bool,
}

impl Bucket {
    /// Its name, where that must be agreed to by itself.
    pub(super) fn given_name(&self) -> Option<&str> {
        self.given.then_some(self.name.as_str())
    }
}

/// What became of the images.
pub(super) struct Settled {
    /// For people.
    pub(super) text: String,
    /// As data.
    pub(super) data: Value,
}

/// Refuses a deletion of images that nobody agreed to by name, before anything is looked at.
pub(super) fn confirmed(context: &Context, args: &DownArgs) -> Result<(), Failure> {
    let name = &context.stack_name;
    let consent = format!("to delete the images too: {}", delete_line(context, args.confirm_bucket.as_deref()));
    match &args.confirm_stack {
        Some(typed) if args.delete_images && typed != name => {
            Err(Failure::new(Kind::Input, format!("--confirm-stack says {typed}, the stack is {name}")).hint(consent))
        }
        None if args.delete_images && !context.shell.is_interactive() => {
            let message = "--delete-images wants the stack's name, and there is no terminal to ask for it on";
            Err(Failure::new(Kind::NoTerminal, message).hint(consent))
        }
        _ => Ok(()),
    }
}

/// The command that deletes the images, the stack with them if there is one; `given` is a bucket that the stack did not make.
pub(super) fn delete_line(context: &Context, given: Option<&str>) -> String {
    let given = given.map(|name| format!(" --confirm-bucket {name}")).unwrap_or_default();
    context.command_line(&format!("down --yes --delete-images --confirm-stack {}{given}", context.stack_name))
}

impl Run<'_> {
    /// The bucket that the stack names, with its contents when these are to go.
    pub(super) async fn bucket_of(&self, stack: &Stack) -> Result<Option<Bucket>, Failure> {
        let Some(name) = bucket_name(stack).map(str::to_owned) else {
            // A stack that never stood has no outputs, and may hold a bucket all the same.
            let left = left_buckets(&self.aws, &stack.name).await?;
            let Some(name) = left.into_iter().next() else { return Ok(None) };
            let contents = s3::contents(&self.aws, &name, None).await?;
            return Ok(Some(Bucket { name, region: None, contents, given: false }));
        };
        let region = stack.output(output::BUCKET_REGION).filter(|own| *own != self.aws.region()).map(str::to_owned);
        if !s3::exists(&self.aws, &name, region.as_deref()).await? {
            return Ok(None);
        }
        let (contents, given) = if self.args.delete_images {
            let contents = s3::contents(&self.aws, &name, region.as_deref()).await?;
            (contents, self.is_given(&name, region.as_deref()).await?)
        } else {
            (s3::Contents::default(), false)
        };
        Ok(Some(Bucket { name, region, contents, given }))
    }

    /// What will become of the images.
    pub(super) fn about_images(&self, stack: &Stack, bucket: Option<&Bucket>) -> String {
        match bucket {
            Some(bucket) if self.args.delete_images => {
                format!("It will also delete {}\n", of_bucket(bucket))
            }
            Some(bucket) => format!("The images stay in the bucket {}.\n", bucket.name),
            None => match bucket_name(stack) {
                Some(name) => format!("Its image bucket {name} is gone already.\n"),
                None => "It has no image bucket yet.\n".to_owned(),
            },
        }
    }

    /// Deletes the images if that was asked for; else makes sure that they are still there.
    pub(super) async fn settle_images(&self, stack: &Stack, bucket: Option<Bucket>) -> Result<Settled, Failure> {
        let name = &stack.name;
        let bucket = match bucket {
            Some(bucket) => bucket,
            // One may have been made after the first look, by a creation that was given up.
            None => match self.bucket_of(stack).await? {
                Some(bucket) => bucket,
                None => {
                    let gone = match bucket_name(stack) {
                        Some(bucket) => format!("; its image bucket {bucket} was gone before"),
                        None => String::new(),
                    };
                    return Ok(Settled { text: format!("the stack {name} is deleted{gone}"), data: Value::Null });
                }
            },
        };
        let region = bucket.region.as_deref();
        if self.args.delete_images {
            let given = bucket.given_name();
            let left = |failure: Failure| {
                let mut failure = failure.context(format!("the stack is deleted, the bucket {} is not", bucket.name));
                failure.kind = Kind::LeftBehind;
                failure.hint(self.finish_line(given))
            };
            // One that nobody saw before the stack went has been agreed to by nobody.
            self.refuse_given(Some(&bucket)).map_err(left)?;
            let deletion = s3::delete_bucket(&self.aws, &bucket.name, region);
            let deleted = self.or_partly(deletion, given).await?.map_err(|error| left(error.into()))?;
            if s3::exists(&self.aws, &bucket.name, region).await? {
                return Err(left(Failure::new(
                    Kind::LeftBehind,
                    "AWS took the deletion and the bucket is still there",
                )));
            }
            let text = format!("the stack {name} and the bucket {} with {} are deleted", bucket.name, counted(deleted));
            return Ok(Settled { text, data: json!({ "name": bucket.name, "kept": false, "objects": deleted }) });
        }
        if !s3::exists(&self.aws, &bucket.name, region).await? {
            let message = format!("the stack is deleted and its bucket {} is gone too", bucket.name);
            return Err(Failure::new(Kind::LeftBehind, message).hint(
                "restore the images from a backup; report this, with the stack's events, if nobody deleted the bucket",
            ));
        }
        let text = format!(
            "the stack {name} is deleted\nthe images are in the bucket {}; the next `{}` serves them again",
            bucket.name,
            self.context.command_line("up")
        );
        Ok(Settled { text, data: json!({ "name": bucket.name, "kept": true }) })
    }

    /// Deletes the buckets that a stack of this name has left behind, and one that was named.
    pub(super) async fn delete_left_buckets(&self, left: Vec<Bucket>) -> Result<Outcome, Failure> {
        let name = &self.context.stack_name;
        for bucket in &left {
            self.context.shell.note(&format!("This will delete {}", of_bucket(bucket)));
        }
        let yes = self.args.confirm_stack.is_some();
        consent::ask_name(&self.context.shell, yes, "Type the stack's name to delete its images", name).await?;
        let mut objects = 0;
        for bucket in &left {
            let given = self.args.confirm_bucket.as_deref();
            let deletion = s3::delete_bucket(&self.aws, &bucket.name, bucket.region.as_deref());
            objects += self.or_partly(deletion, given).await?.map_err(|error| {
                let mut failure = Failure::from(error).context(format!("the bucket {} is not deleted", bucket.name));
                failure.kind = Kind::LeftBehind;
                failure.hint(self.finish_line(given))
            })?;
        }
        let text = format!("{} with {} deleted", words::count(left.len(), "bucket"), counted(objects));
        let names: Vec<_> = left.iter().map(|bucket| &bucket.name).collect();
        Ok(Outcome { data: json!({ "stack": name, "deleted": true, "buckets": names }), text, ..Outcome::default() })
    }

    /// A deletion of images that ended too early.
    fn partly(&self, kind: Kind, why: &str, given: Option<&str>) -> Failure {
        Failure::new(kind, format!("{why}; some of the images are deleted, some are not")).hint(self.finish_line(given))
    }

    fn finish_line(&self, given: Option<&str>) -> String {
        format!("to finish: {}", delete_line(self.context, given))
    }

    /// Deletes images until done, interrupted or out of time.
    async fn or_partly<T>(&self, deletion: impl Future<Output = T>, given: Option<&str>) -> Result<T, Failure> {
        tokio::select! {
            done = deletion => Ok(done),
            () = interrupt::interrupted() => Err(self.partly(Kind::Interrupted, "interrupted", given)),
            () = until(self.context.timing.deadline()) => Err(self.partly(Kind::Timeout, "--timeout passed", given)),
        }
    }
}

fn of_bucket(bucket: &Bucket) -> String {
    let s3::Contents { objects, bytes } = bucket.contents;
    let what = if bucket.given {
        ", which is your own and not made by the stack, and all that is in it"
    } else {
        " and every image in it"
    };
    format!("the bucket {}{what}: {}, {}.", bucket.name, counted(objects), size(bytes))
}

fn counted(objects: u64) -> String {
    words::count(usize::try_from(objects).unwrap_or(usize::MAX), "object")
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
