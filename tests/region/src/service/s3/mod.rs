//! S3: buckets with what CloudFormation sets on them, and their objects in a minimal store of this process, or in
//! another S3 server behind the region (then only buckets are kept here).

pub mod bucket;
pub mod store;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{AwsError, Region};

pub use bucket::{Bucket, NewBucket, Ownership};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
}

impl State {
    /// The bucket of this name, to be changed in place (tags, policy, settings).
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, AwsError> {
        self.buckets.get_mut(name).ok_or_else(|| no_such_bucket(name))
    }

    /// The bucket of this name.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub fn bucket(&self, name: &str) -> Result<&Bucket, AwsError> {
        self.buckets.get(name).ok_or_else(|| no_such_bucket(name))
    }
}

/// Makes a bucket, here and behind the region.
///
/// # Errors
/// `InvalidBucketName`, `BucketAlreadyOwnedByYou`, or what the server behind answers.
pub async fn create_bucket(region: &Arc<Region>, new: NewBucket) -> Result<(), AwsError> {
    bucket::check_name(&new.name)?;
    let made = Bucket::new(new, region.clock.epoch());
    region.world(|world| {
        if world.s3.buckets.contains_key(&made.name) {
            let message = "Your previous request to create the named bucket succeeded and you already own it.";
            return Err(AwsError::new("BucketAlreadyOwnedByYou", message).with_status(409));
        }
        world.s3.buckets.insert(made.name.clone(), made);
        Ok(())
    })
}

/// Deletes a bucket, here and behind the region.
///
/// # Errors
/// `NoSuchBucket`; `BucketNotEmpty` while it holds objects or versions.
pub async fn delete_bucket(region: &Arc<Region>, name: &str) -> Result<(), AwsError> {
    region.world(|world| {
        if !world.s3.bucket(name)?.objects.is_empty() {
            let message = "The bucket you tried to delete is not empty";
            return Err(AwsError::new("BucketNotEmpty", message).with_status(409));
        }
        world.s3.buckets.remove(name);
        Ok(())
    })
}

pub(crate) fn no_such_bucket(name: &str) -> AwsError {
    let mut error = AwsError::new("NoSuchBucket", "The specified bucket does not exist").with_status(404);
    error.fields.insert("BucketName".to_owned(), name.into());
    error
}
