//! A bucket that the stack did not make (`up --bucket`): nobody's consent to the stack's name is consent to its deletion, so
//! it wants its own name. It deletes nothing.

use super::Run;
use super::images::{Bucket, delete_line};
use crate::aws::s3;
use crate::command::consent;
use crate::error::{Failure, Kind};
use crate::registry::names::STACK_TAG;

impl Run<'_> {
    /// Whether a bucket lacks the tag that this stack puts on its own.
    pub(super) async fn is_given(&self, name: &str, region: Option<&str>) -> Result<bool, Failure> {
        let tags = s3::bucket_tags(&self.aws, name, region).await?.unwrap_or_default();
        Ok(tags.get(STACK_TAG) != Some(&self.context.stack_name))
    }

    /// Refuses the deletion of a bucket under another name than was agreed to, and of one that the stack did not make where
    /// its name is neither given nor can be asked for.
    pub(super) fn refuse_given(&self, bucket: Option<&Bucket>) -> Result<(), Failure> {
        let (true, Some(bucket)) = (self.args.delete_images, bucket) else { return Ok(()) };
        let name = &bucket.name;
        let consent = format!(
            "to delete it too: {}; to keep it: {}",
            delete_line(self.context, Some(name)),
            self.context.command_line("down --yes")
        );
        match &self.args.confirm_bucket {
            Some(typed) if typed != name => {
                Err(Failure::new(Kind::Input, format!("--confirm-bucket says {typed}, the bucket is {name}"))
                    .hint(consent))
            }
            None if bucket.given && !self.context.shell.is_interactive() => {
                let message = format!(
                    "the bucket {name} is your own and not made by the stack: --delete-images wants its name, and there is \
                     no terminal to ask for it on"
                );
                Err(Failure::new(Kind::NoTerminal, message).hint(consent))
            }
            _ => Ok(()),
        }
    }

    /// Asks for the name of a bucket that the stack did not make.
    pub(super) async fn ask_for_given(&self, bucket: Option<&Bucket>) -> Result<(), Failure> {
        let Some(name) = bucket.and_then(Bucket::given_name) else { return Ok(()) };
        let question = format!("The stack did not make the bucket {name}. Type the bucket's name to delete it");
        consent::ask_name(&self.context.shell, self.args.confirm_bucket.is_some(), &question, name).await
    }

    /// The buckets to delete where no stack is: those that it left, and the one that was named, for no stack tells it any
    /// more.
    pub(super) async fn buckets_without_stack(&self, left: &[String]) -> Result<Vec<Bucket>, Failure> {
        let mut buckets = Vec::new();
        for name in left {
            let contents = s3::contents(&self.aws, name, None).await?;
            buckets.push(Bucket { name: name.clone(), region: None, contents, given: false });
        }
        let named = self.args.confirm_bucket.as_ref().filter(|name| !left.contains(name));
        let Some(name) = named else { return Ok(buckets) };
        let Some(region) = s3::bucket_region(&self.aws, name).await? else { return Ok(buckets) };
        let region = Some(region).filter(|own| own != self.aws.region());
        let contents = s3::contents(&self.aws, name, region.as_deref()).await?;
        buckets.push(Bucket { name: name.clone(), region, contents, given: true });
        Ok(buckets)
    }

    /// That there is no bucket to delete where no stack is.
    pub(super) fn no_bucket(&self) -> String {
        match &self.args.confirm_bucket {
            Some(name) => format!("\nno bucket is found that it made, and none named {name}"),
            None => format!(
                "\nno bucket is found that it made; one that `up --bucket` named is yours, and deleted by: {}",
                delete_line(self.context, Some("NAME"))
            ),
        }
    }
}
