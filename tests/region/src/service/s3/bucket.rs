//! A bucket: its settings as CloudFormation gives them, its policy, tags and objects.

use std::collections::BTreeMap;

use serde_json::Value;

use super::store::{Object, Upload};
use crate::AwsError;

/// Who owns objects, and so which ACLs are accepted.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ownership {
    /// ACLs are off: only `bucket-owner-full-control` is accepted. The default.
    #[default]
    BucketOwnerEnforced,
    BucketOwnerPreferred,
    ObjectWriter,
}

impl Ownership {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::BucketOwnerEnforced => "BucketOwnerEnforced",
            Self::BucketOwnerPreferred => "BucketOwnerPreferred",
            Self::ObjectWriter => "ObjectWriter",
        }
    }

    /// The setting of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::BucketOwnerEnforced, Self::BucketOwnerPreferred, Self::ObjectWriter]
            .into_iter()
            .find(|one| one.name() == name)
    }
}

/// What a bucket is made from; `..NewBucket::default()` for the rest.
#[derive(Debug, Clone, Default)]
pub struct NewBucket {
    pub name: String,
    /// Region it lives in.
    pub location: String,
    pub ownership: Ownership,
    pub tags: Vec<(String, String)>,
    /// `Enabled` or `Suspended`; None when never set.
    pub versioning: Option<String>,
    /// Other settings as CloudFormation names them: `PublicAccessBlockConfiguration`, `BucketEncryption`,
    /// `LifecycleConfiguration`, `LoggingConfiguration`.
    pub settings: BTreeMap<String, Value>,
}

/// A bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub name: String,
    pub location: String,
    pub ownership: Ownership,
    pub tags: Vec<(String, String)>,
    pub versioning: Option<String>,
    pub settings: BTreeMap<String, Value>,
    /// Bucket policy document.
    pub policy: Option<Value>,
    /// Seconds since 1970.
    pub created: f64,
    /// By key.
    pub objects: BTreeMap<String, Object>,
    /// Multipart uploads under way, by upload id.
    pub uploads: BTreeMap<String, Upload>,
}

impl Bucket {
    pub(super) fn new(new: NewBucket, created: f64) -> Self {
        let NewBucket { name, location, ownership, tags, versioning, settings } = new;
        let (objects, uploads) = (BTreeMap::new(), BTreeMap::new());
        Self { name, location, ownership, tags, versioning, settings, policy: None, created, objects, uploads }
    }

    /// The customer's key that encrypts what is put into it; None where S3 does, or a key that AWS manages.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
    pub fn customer_key(&self) -> Option<&str> {
        let rule = self.settings.get("BucketEncryption")?.pointer("/ServerSideEncryptionConfiguration/0")?;
        let key = rule.pointer("/ServerSideEncryptionByDefault/KMSMasterKeyID")?.as_str()?;
        Some(key).filter(|key| !key.ends_with("alias/aws/s3"))
    }
}

/// Names of general purpose buckets: 3–63 of lower-case letters, digits, dots and hyphens, ends alphanumeric.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
pub(super) fn check_name(name: &str) -> Result<(), AwsError> {
    let letter = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
    let good = (3..=63).contains(&name.len())
        && name.chars().all(|one| letter(one) || one == '.' || one == '-')
        && name.starts_with(letter)
        && name.ends_with(letter)
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !name.starts_with("xn--")
        && !name.ends_with("-s3alias");
    if good { Ok(()) } else { Err(AwsError::new("InvalidBucketName", "The specified bucket is not valid.")) }
}
