//! A bucket that somebody deleted under a standing stack is made again, empty. CloudFormation would not: it changes only
//! what is asked for differently.

use serde_json::json;

use super::{Run, consent, interrupt};
use crate::aws::CallKind;
use crate::aws::s3::{self, NewBucket};
use crate::error::Failure;
use crate::registry::names::STACK_TAG;
use crate::registry::template::output;
use crate::stack::Stack;

/// As the template has it.
const UNFINISHED_UPLOADS_DAYS: i32 = 8;

impl Run<'_> {
    /// Looks for the bucket of a standing stack, and makes it again with consent.
    pub(super) async fn restore_bucket(&mut self, stack: Option<&Stack>) -> Result<(), Failure> {
        let Some(stack) = stack.filter(|stack| stack.status.is_updatable() && !self.settings.change_bucket) else {
            return Ok(());
        };
        let Some(name) = stack.output(output::BUCKET_NAME) else { return Ok(()) };
        let region = stack.output(output::BUCKET_REGION);
        match interrupt::or_stop(async { Ok(s3::exists(&self.aws, name, region).await) }).await? {
            Ok(false) => {}
            Ok(true) => return Ok(()),
            // Whoever may not look is not stopped: nothing else of an update needs it.
            Err(error) if error.kind == CallKind::Denied => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let gone = format!("the bucket {name} is gone, and every image that was in it");
        if self.args.dry_run {
            self.warnings.push(format!("{gone}; it would be made again, empty"));
            return Ok(());
        }
        let shell = &self.context.shell;
        consent::can_ask(shell, self.args.yes)?;
        shell.note(&gone);
        consent::ask(shell, self.args.yes, "Make it again, empty?").await?;
        let policy = only_tls(&stack.id, name);
        let new = NewBucket {
            name,
            region,
            tags: &[(STACK_TAG, &stack.name)],
            policy: &policy,
            unfinished_uploads_days: UNFINISHED_UPLOADS_DAYS,
        };
        s3::make_bucket(&self.aws, new).await.map_err(|error| {
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html: the name takes a while to be free
            Failure::from(error).context(format!("the bucket {name} is gone and could not be made again"))
        })?;
        self.warnings.push(format!("{gone}: it is made again, empty; push the images again"));
        Ok(())
    }
}

/// The policy of the template's bucket.
fn only_tls(stack_id: &str, bucket: &str) -> String {
    let partition = stack_id.split(':').nth(1).unwrap_or("aws");
    let arn = format!("arn:{partition}:s3:::{bucket}");
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": false } },
        }],
    })
    .to_string()
}
