//! The plan's bucket: new, left by an earlier stack, or named; and never changed by accident.

use super::{BucketPlan, Draft, Observed};
use crate::error::{Failure, Kind};
use crate::registry::template::{output, parameter};
use crate::settings::{Source, UpSettings};
use crate::stack::Stack;

/// A bucket that was named and looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBucket {
    /// Its name.
    pub name: String,
    /// Its region; `None` when there is no such bucket.
    pub region: Option<String>,
    /// The stack's own region.
    pub home: String,
    /// What is set on it; `None` where that could not be seen.
    pub encryption: Option<Encryption>,
    /// Whether parts of uploads that broke off go by themselves; `None` where that could not be seen.
    pub unfinished_uploads_go: Option<bool>,
}

/// How a bucket encrypts what is put into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// By S3 itself, or a key that AWS manages: whoever may write may write.
    Plain,
    /// By this key of a customer, which the nodes' role must be allowed to use, and is not.
    Key(String),
}

pub(super) fn choose(
    settings: &UpSettings,
    observed: &Observed,
    stack: Option<&Stack>,
    draft: &mut Draft,
) -> Result<BucketPlan, Failure> {
    let Some(wanted) = &settings.bucket else {
        return unnamed(observed, stack, draft);
    };
    if let Some(stack) = stack {
        let now = stack.output(output::BUCKET_NAME);
        if now == Some(wanted.value.as_str()) {
            return Ok(BucketPlan::Kept);
        }
        if !settings.change_bucket {
            let now = now.unwrap_or("another bucket");
            let message = format!("the registry's images are in {now}, and --bucket asks for {}", wanted.value);
            return Err(Failure::new(Kind::Input, message)
                .hint("leave --bucket away; or add --change-bucket: the registry then serves the images of the new bucket only"));
        }
    }
    let found = observed.named_bucket.as_ref().filter(|found| found.name == wanted.value);
    let Some((found, region)) = found.and_then(|found| Some((found, found.region.as_deref()?))) else {
        // Nobody asked for it now: a stack that can only be made anew had it.
        if wanted.source == Source::Stack {
            draft.warnings.push(format!("the bucket {} that the images were in is gone", wanted.value));
            return unnamed(observed, stack, draft);
        }
        return Err(Failure::new(Kind::Input, format!("there is no bucket {} in this account", wanted.value))
            .hint("leave --bucket away to get a new one"));
    };
    if settings.bucket_region.as_deref().is_some_and(|said| said != region) {
        return Err(Failure::new(Kind::Input, format!("bucket {} is in {region}", wanted.value))
            .hint("leave --bucket-region away"));
    }
    check(found, draft)?;
    draft.set(parameter::S3_BUCKET, wanted.value.clone(), wanted.source.clone());
    let elsewhere = if region == found.home { "" } else { region };
    draft.set(parameter::S3_REGION, elsewhere, Source::Found);
    if !elsewhere.is_empty() {
        draft.warnings.push(format!("bucket {} is in {region}: every push and pull crosses regions", wanted.value));
    }
    Ok(BucketPlan::Given(wanted.value.clone()))
}

/// Whether nodes can push into a bucket that the stack does not make, and nothing heaps up in it.
fn check(found: &FoundBucket, draft: &mut Draft) -> Result<(), Failure> {
    let name = &found.name;
    match &found.encryption {
        Some(Encryption::Key(key)) => {
            let message =
                format!("bucket {name} encrypts by the key {key}, which nodes may not use: every push would fail");
            return Err(Failure::new(Kind::Input, message).hint(format!(
                "name a bucket that S3's own keys encrypt, or let them encrypt what is put into this one from now on: \
                 aws s3api put-bucket-encryption --bucket {name} --server-side-encryption-configuration \
                 '{{\"Rules\":[{{\"ApplyServerSideEncryptionByDefault\":{{\"SSEAlgorithm\":\"AES256\"}}}}]}}'"
            )));
        }
        Some(Encryption::Plain) => {}
        None => draft.warnings.push(format!(
            "how bucket {name} is encrypted could not be seen: by a key of your own, every push would fail"
        )),
    }
    if found.unfinished_uploads_go == Some(false) {
        draft.warnings.push(format!(
            "bucket {name} keeps the parts of pushes that broke off for ever: give it a lifecycle rule with \
             AbortIncompleteMultipartUpload"
        ));
    }
    Ok(())
}

/// Without a name: the stack's own, else the one an earlier stack of this name left, else a new one.
fn unnamed(observed: &Observed, stack: Option<&Stack>, draft: &mut Draft) -> Result<BucketPlan, Failure> {
    if stack.is_some() {
        return Ok(BucketPlan::Kept);
    }
    match observed.left_buckets.as_slice() {
        [] => Ok(BucketPlan::New),
        [left] => {
            draft.set(parameter::S3_BUCKET, left.clone(), Source::Found);
            Ok(BucketPlan::Adopted(left.clone()))
        }
        several => Err(Failure::new(
            Kind::Input,
            format!("earlier stacks of this name left several buckets: {}", several.join(", ")),
        )
        .hint("name the one with your images, for example --bucket ".to_owned() + &several[0])),
    }
}
