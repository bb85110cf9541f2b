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
    draft.set(parameter::S3_BUCKET, wanted.value.clone(), wanted.source.clone());
    let elsewhere = if region == found.home { "" } else { region };
    draft.set(parameter::S3_REGION, elsewhere, Source::Found);
    if !elsewhere.is_empty() {
        draft.warnings.push(format!("bucket {} is in {region}: every push and pull crosses regions", wanted.value));
    }
    Ok(BucketPlan::Given(wanted.value.clone()))
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
