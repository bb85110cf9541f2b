//! S3: buckets with what CloudFormation sets on them, and their objects in a minimal store of this process, or in
//! another S3 server behind the region (then only buckets are kept here).
//!
//! The words of errors are [U] where no source is cited.

mod access_log;
pub mod bucket;
mod listing;
mod multipart;
mod objects;
mod rules;
mod settings;
pub mod store;

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::body::Bytes;
use serde_json::Value;

use super::Call;
use crate::{AwsError, Region};

pub use bucket::{Bucket, NewBucket, Ownership};
pub use rules::{check_acl, check_location, check_policy, is_about_objects};
pub use settings::{create_bucket, delete_bucket};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// Base URL of the S3 server that holds the objects, such as `http://127.0.0.1:5000`; None keeps them here.
    pub behind: Option<String>,
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

/// The outcome of an operation: model members, and what the model calls a streaming payload.
#[derive(Debug, Default)]
pub struct Outcome {
    /// HTTP status, when it is not the operation's usual one.
    pub status: Option<u16>,
    pub value: Value,
    pub body: Option<Bytes>,
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Self {
        Self { status: None, value, body: None }
    }
}

pub(crate) fn no_such_bucket(name: &str) -> AwsError {
    // https://github.com/awslabs/amazon-pollexy/issues/7
    let mut error = AwsError::new("NoSuchBucket", "The specified bucket does not exist").with_status(404);
    error.fields.insert("BucketName".to_owned(), name.into());
    error
}

/// Carries out one operation. `body` is the decoded body of the request.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call, body: Vec<u8>) -> Result<Outcome, AwsError> {
    let input = &call.input;
    access_log::record(region, &call.operation, input);
    match call.operation.as_str() {
        "CreateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload"
        | "AbortMultipartUpload"
        | "ListParts"
        | "ListMultipartUploads" => multipart::run(region, &call.operation, input, body),
        "ListObjectsV2" | "ListObjects" | "ListObjectVersions" => listing::run(region, &call.operation, input),
        operation if is_about_objects(operation) => objects::run(region, operation, input, body),
        operation => settings::run(region, operation, input).await.map(Outcome::from),
    }
}
