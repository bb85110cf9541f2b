//! Buckets that the stack does not make: one that was named is looked at before it is used.
//! A bucket that somebody deleted under a standing stack is made again, empty. CloudFormation would not: it changes only
//! what is asked for differently.

use serde_json::json;

use super::{Run, consent, interrupt};
use crate::aws::s3::{self, NewBucket};
use crate::aws::{Aws, AwsCallError, CallKind};
use crate::error::Failure;
use crate::registry::names::STACK_TAG;
use crate::registry::plan::{Encryption, FoundBucket};
use crate::registry::template::output;
use crate::stack::Stack;

/// As the template has it.
const UNFINISHED_UPLOADS_DAYS: i32 = 8;

/// The bucket of a standing stack that is no more.
pub(super) struct GoneBucket {
    name: String,
    region: Option<String>,
    stack_id: String,
    stack_name: String,
}

impl GoneBucket {
    /// What happened to it.
    pub(super) fn told(&self) -> String {
        format!("the bucket {} is gone, and every image that was in it", self.name)
    }
}

impl Run<'_> {
    /// Looks whether the bucket of a standing stack is gone. Changes nothing.
    pub(super) async fn gone_bucket(&mut self, stack: Option<&Stack>) -> Result<Option<GoneBucket>, Failure> {
        let Some(stack) = stack.filter(|stack| stack.status.is_updatable() && !self.settings.change_bucket) else {
            return Ok(None);
        };
        let Some(name) = stack.output(output::BUCKET_NAME) else { return Ok(None) };
        let region = stack.output(output::BUCKET_REGION);
        match interrupt::or_stop(async { Ok(s3::exists(&self.aws, name, region).await) }).await? {
            Ok(true) => return Ok(None),
            Ok(false) => {}
            // Whoever may not look is not stopped: nothing else of an update needs it.
            Err(error) if error.kind == CallKind::Denied => {
                self.warnings.push(format!("whether the bucket {name} is still there could not be seen: {error}"));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
        let gone = GoneBucket {
            name: name.to_owned(),
            region: region.map(str::to_owned),
            stack_id: stack.id.clone(),
            stack_name: stack.name.clone(),
        };
        if self.args.dry_run {
            self.warnings.push(format!("{}; it would be made again, empty", gone.told()));
        }
        Ok(Some(gone))
    }

    /// Makes it again, to which the user agreed.
    pub(super) async fn restore(&mut self, gone: &GoneBucket) -> Result<(), Failure> {
        let GoneBucket { name, region, stack_id, stack_name } = gone;
        let policy = only_tls(stack_id, name);
        let new = NewBucket {
            name,
            region: region.as_deref(),
            tags: &[(STACK_TAG, stack_name)],
            policy: &policy,
            unfinished_uploads_days: UNFINISHED_UPLOADS_DAYS,
        };
        s3::make_bucket(&self.aws, new).await.map_err(|error| {
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html: the name takes a while to be free
            Failure::from(error).context(format!("the bucket {name} is gone and could not be made again"))
        })?;
        self.warnings.push(format!("{}: it is made again, empty; push the images again", gone.told()));
        Ok(())
    }

    /// Asks, and makes it again.
    pub(super) async fn restore_with_consent(&mut self, gone: &GoneBucket) -> Result<(), Failure> {
        let shell = &self.context.shell;
        consent::can_ask(shell, self.args.yes)?;
        shell.note(&gone.told());
        consent::ask(shell, self.args.yes, "Make it again, empty?").await?;
        self.restore(gone).await
    }
}

/// Looks at a bucket that was named. Who may not see what is set on it is told so, and not stopped.
pub(super) async fn look(aws: &Aws, name: &str) -> Result<FoundBucket, AwsCallError> {
    let region = s3::bucket_region(aws, name).await?;
    let (encryption, unfinished_uploads_go) = match &region {
        Some(region) => tokio::try_join!(async { if_seen(s3::customer_key(aws, name, region).await) }, async {
            if_seen(s3::unfinished_uploads_go(aws, name, region).await)
        },)?,
        None => (None, None),
    };
    Ok(FoundBucket {
        name: name.to_owned(),
        region,
        home: aws.region().to_owned(),
        encryption: encryption.map(|key| key.map_or(Encryption::Plain, Encryption::Key)),
        unfinished_uploads_go,
    })
}

fn if_seen<T>(answer: Result<T, AwsCallError>) -> Result<Option<T>, AwsCallError> {
    match answer {
        Ok(seen) => Ok(Some(seen)),
        Err(error) if error.kind == CallKind::Denied => Ok(None),
        Err(error) => Err(error),
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
