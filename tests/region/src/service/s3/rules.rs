//! What a request must meet before it is carried out.

use super::{Ownership, no_such_bucket};
use crate::service::iam::condition::Context;
use crate::service::iam::policy::denies;
use crate::{AwsError, Region};

/// Whether an operation is about objects: then a server behind the region answers it.
pub fn is_about_objects(operation: &str) -> bool {
    let bucket_only = ["CreateBucket", "DeleteBucket", "HeadBucket", "ListBuckets", "GetPublicAccessBlock"];
    !bucket_only.contains(&operation) && !operation.contains("Bucket")
}

/// Refuses a request that is signed for another region than the bucket's.
///
/// # Errors
/// `AuthorizationHeaderMalformed` with the right region; 301 `PermanentRedirect` for `HeadBucket`.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
pub fn check_location(region: &Region, operation: &str, bucket: &str, signed_for: &str) -> Result<(), AwsError> {
    if matches!(operation, "ListBuckets" | "CreateBucket" | "GetBucketLocation") {
        return Ok(());
    }
    let location = region.world(|world| world.s3.bucket(bucket).map(|bucket| bucket.location.clone()))?;
    if location == signed_for {
        return Ok(());
    }
    let mut error = if operation == "HeadBucket" {
        AwsError::new("PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.").with_status(301)
    } else {
        AwsError::new(
            "AuthorizationHeaderMalformed",
            format!(
                "The authorization header is malformed; the region '{signed_for}' is wrong; expecting '{location}'"
            ),
        )
    };
    error.fields.insert("Region".to_owned(), location.into());
    Err(error)
}

/// Refuses what the bucket's policy denies. The region's plain port stands for S3's HTTPS: `aws:SecureTransport` is true.
///
/// # Errors
/// `AccessDenied`.
pub fn check_policy(region: &Region, bucket: &str, action: &str, resource: &str) -> Result<(), AwsError> {
    let context = Context::from([("aws:securetransport".to_owned(), vec!["true".to_owned()])]);
    let policy = region.world(|world| world.s3.buckets.get(bucket).and_then(|bucket| bucket.policy.clone()));
    match policy.filter(|policy| denies(policy, action, resource, &context)) {
        Some(_) => Err(AwsError::new(
            "AccessDenied",
            format!("Access Denied: an explicit deny of {action} in the resource policy"),
        )
        .with_status(403)),
        None => Ok(()),
    }
}

/// Refuses ACLs on a bucket without ACLs; `bucket-owner-full-control` says what is so anyway.
///
/// # Errors
/// `AccessControlListNotSupported`, `NoSuchBucket`.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
pub fn check_acl(region: &Region, bucket: &str, acl: &str) -> Result<(), AwsError> {
    if acl == "bucket-owner-full-control" {
        return Ok(());
    }
    let ownership = region.world(|world| world.s3.buckets.get(bucket).map(|bucket| bucket.ownership));
    match ownership {
        None => Err(no_such_bucket(bucket)),
        Some(Ownership::BucketOwnerEnforced) => {
            tracing::debug!(bucket, acl, "an ACL on a bucket without ACLs");
            Err(AwsError::new("AccessControlListNotSupported", "The bucket does not allow ACLs"))
        }
        Some(_) => Ok(()),
    }
}
