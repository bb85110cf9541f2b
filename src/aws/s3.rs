//! S3: finding the images' bucket, and emptying it when the user insists.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, CreateBucketConfiguration, Delete, ExpirationStatus,
    LifecycleRule, LifecycleRuleFilter, ObjectIdentifier, Tag, Tagging,
};

use super::{Aws, AwsCallError, CallKind};

/// Where the registry keeps images in its bucket.
const IMAGES: &str = "docker/registry/";

/// What is in a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Contents {
    /// Objects, older versions among them.
    pub objects: u64,
    /// Bytes in them.
    pub bytes: u64,
}

fn client(aws: &Aws, region: Option<&str>) -> aws_sdk_s3::Client {
    match region {
        None => aws_sdk_s3::Client::new(aws.config()),
        Some(region) => {
            let region = aws_config::Region::new(region.to_owned());
            let config = aws_sdk_s3::config::Builder::from(aws.config()).region(region).build();
            aws_sdk_s3::Client::from_conf(config)
        }
    }
}

/// Names of this account's buckets in the region that begin with `prefix`.
pub async fn buckets(aws: &Aws, prefix: &str) -> Result<Vec<String>, AwsCallError> {
    let client = client(aws, None);
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let call = client.list_buckets().prefix(prefix).bucket_region(aws.region()).max_buckets(1000);
        let answer = call.set_continuation_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListBuckets", error))?;
        let names = page.buckets().iter().filter_map(|bucket| bucket.name().map(str::to_owned));
        found.extend(names.filter(|name| name.starts_with(prefix)));
        token = page.continuation_token().map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// A bucket's tags; `None` when there is no such bucket.
pub async fn bucket_tags(
    aws: &Aws,
    bucket: &str,
    region: Option<&str>,
) -> Result<Option<BTreeMap<String, String>>, AwsCallError> {
    let answer = client(aws, region).get_bucket_tagging().bucket(bucket).send().await;
    match answer.map_err(|error| AwsCallError::of("GetBucketTagging", error)) {
        Ok(output) => {
            let pairs = output.tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
            Ok(Some(pairs.collect()))
        }
        Err(error) if error.is("NoSuchTagSet") => Ok(Some(BTreeMap::new())),
        Err(error) if error.is("NoSuchBucket") => Ok(None),
        Err(error) => Err(error),
    }
}

/// The region of a bucket of this account; `None` when there is no such bucket.
pub async fn bucket_region(aws: &Aws, bucket: &str) -> Result<Option<String>, AwsCallError> {
    location(&client(aws, None), bucket).await
}

/// Whether a bucket is there and ours to use. Not by `HeadBucket`, which answers errors without a reason:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
pub async fn exists(aws: &Aws, bucket: &str, region: Option<&str>) -> Result<bool, AwsCallError> {
    Ok(location(&client(aws, region), bucket).await?.is_some())
}

async fn location(client: &aws_sdk_s3::Client, bucket: &str) -> Result<Option<String>, AwsCallError> {
    const OPERATION: &str = "GetBucketLocation";
    let answer = client.get_bucket_location().bucket(bucket).send().await;
    match answer.map_err(|error| AwsCallError::of(OPERATION, error)) {
        // us-east-1 has no location constraint, and the oldest buckets of eu-west-1 say EU:
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
        Ok(output) => Ok(Some(match output.location_constraint().map(|own| own.as_str()) {
            None | Some("") => "us-east-1".to_owned(),
            Some("EU") => "eu-west-1".to_owned(),
            Some(region) => region.to_owned(),
        })),
        Err(error) if error.is("NoSuchBucket") => Ok(None),
        Err(error) => Err(error),
    }
}

/// The customer's key that encrypts what is put into a bucket; `None` where S3 does, or a key that AWS manages.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html>
pub async fn customer_key(aws: &Aws, bucket: &str, region: &str) -> Result<Option<String>, AwsCallError> {
    let answer = client(aws, Some(region)).get_bucket_encryption().bucket(bucket).send().await;
    let output = match answer.map_err(|error| AwsCallError::of("GetBucketEncryption", error)) {
        Ok(output) => output,
        // As buckets answered before 2023, when S3 began to encrypt unasked.
        Err(error) if error.is("ServerSideEncryptionConfigurationNotFoundError") => return Ok(None),
        Err(error) => return Err(error),
    };
    let rules = output.server_side_encryption_configuration().map(|own| own.rules()).unwrap_or_default();
    let by_default = rules.iter().find_map(|rule| rule.apply_server_side_encryption_by_default());
    let key = by_default.and_then(|own| own.kms_master_key_id()).filter(|key| !key.is_empty());
    Ok(key.filter(|key| !key.ends_with("alias/aws/s3")).map(str::to_owned))
}

/// Whether parts of uploads that broke off are deleted by a rule of the bucket.
pub async fn unfinished_uploads_go(aws: &Aws, bucket: &str, region: &str) -> Result<bool, AwsCallError> {
    const OPERATION: &str = "GetBucketLifecycleConfiguration";
    let answer = client(aws, Some(region)).get_bucket_lifecycle_configuration().bucket(bucket).send().await;
    match answer.map_err(|error| AwsCallError::of(OPERATION, error)) {
        Ok(output) => Ok(output.rules().iter().any(|rule| {
            let prefix = rule.filter().and_then(|filter| filter.prefix()).unwrap_or_default();
            *rule.status() == ExpirationStatus::Enabled
                && rule.abort_incomplete_multipart_upload().is_some()
                && IMAGES.starts_with(prefix)
        })),
        Err(error) if error.is("NoSuchLifecycleConfiguration") => Ok(false),
        Err(error) => Err(error),
    }
}

/// A bucket to be made by itself, outside any stack.
#[derive(Clone, Copy, Debug)]
pub struct NewBucket<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where; the stack's region when `None`.
    pub region: Option<&'a str>,
    /// Its tags.
    pub tags: &'a [(&'a str, &'a str)],
    /// Its policy, a JSON document.
    pub policy: &'a str,
    /// Days after which parts of uploads that were never finished go.
    pub unfinished_uploads_days: i32,
}

/// Makes a bucket, or goes on with one that is ours. New ones are encrypted, without ACLs and closed to the public unasked:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html>
pub async fn make_bucket(aws: &Aws, new: NewBucket<'_>) -> Result<(), AwsCallError> {
    let (client, name) = (client(aws, new.region), new.name);
    // us-east-1 is said by saying nothing: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    let place = Some(new.region.unwrap_or(aws.region())).filter(|region| *region != "us-east-1");
    let place = place.map(|region| CreateBucketConfiguration::builder().location_constraint(region.into()).build());
    let made = client.create_bucket().bucket(name).set_create_bucket_configuration(place).send().await;
    match made.map_err(|error| AwsCallError::of("CreateBucket", error)) {
        Err(error) if !error.is("BucketAlreadyOwnedByYou") => return Err(error),
        _ => {}
    }
    let tags = new.tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build());
    let tags = tags.collect::<Result<Vec<_>, _>>().and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build());
    let tags = tags.map_err(|error| AwsCallError::unsendable("PutBucketTagging", &error))?;
    let set = client.put_bucket_tagging().bucket(name).tagging(tags).send().await;
    set.map_err(|error| AwsCallError::of("PutBucketTagging", error))?;
    let rule = LifecycleRule::builder()
        .id("unfinished-uploads")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder().days_after_initiation(new.unfinished_uploads_days).build(),
        );
    let rules = rule.build().and_then(|rule| BucketLifecycleConfiguration::builder().rules(rule).build());
    let rules = rules.map_err(|error| AwsCallError::unsendable("PutBucketLifecycleConfiguration", &error))?;
    let set = client.put_bucket_lifecycle_configuration().bucket(name).lifecycle_configuration(rules).send().await;
    set.map_err(|error| AwsCallError::of("PutBucketLifecycleConfiguration", error))?;
    let set = client.put_bucket_policy().bucket(name).policy(new.policy).send().await;
    set.map_err(|error| AwsCallError::of("PutBucketPolicy", error))?;
    Ok(())
}

/// One page of everything in a bucket: identifiers, bytes, and where the next page begins.
async fn versions(
    client: &aws_sdk_s3::Client,
    bucket: &str,
    after: Option<(String, Option<String>)>,
) -> Result<Page, AwsCallError> {
    const OPERATION: &str = "ListObjectVersions";
    let (key, version) = after.map_or((None, None), |(key, version)| (Some(key), version));
    let call = client.list_object_versions().bucket(bucket).set_key_marker(key).set_version_id_marker(version);
    let page = call.send().await.map_err(|error| AwsCallError::of(OPERATION, error))?;
    let objects = page.versions().iter().map(|own| (own.key(), own.version_id()));
    let markers = page.delete_markers().iter().map(|own| (own.key(), own.version_id()));
    let ids = objects.chain(markers).filter_map(|(key, version)| {
        ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
    });
    Ok(Page {
        ids: ids.collect(),
        bytes: page.versions().iter().filter_map(|own| u64::try_from(own.size()?).ok()).sum(),
        next: page
            .next_key_marker()
            .filter(|_| page.is_truncated().unwrap_or(false))
            .map(|key| (key.to_owned(), page.next_version_id_marker().map(str::to_owned))),
    })
}

/// One page of a bucket.
struct Page {
    ids: Vec<ObjectIdentifier>,
    bytes: u64,
    next: Option<(String, Option<String>)>,
}

/// Counts what is in a bucket, every page and every version of it.
pub async fn contents(aws: &Aws, bucket: &str, region: Option<&str>) -> Result<Contents, AwsCallError> {
    let client = client(aws, region);
    let mut sum = Contents::default();
    let mut after = None;
    loop {
        let page = versions(&client, bucket, after).await?;
        sum.objects += u64::try_from(page.ids.len()).unwrap_or_default();
        sum.bytes += page.bytes;
        after = page.next;
        if after.is_none() {
            return Ok(sum);
        }
    }
}

/// Deletes everything in a bucket, then the bucket; says how many objects went.
pub async fn delete_bucket(aws: &Aws, bucket: &str, region: Option<&str>) -> Result<u64, AwsCallError> {
    let client = client(aws, region);
    let mut deleted = 0;
    loop {
        let page = versions(&client, bucket, None).await?;
        if page.ids.is_empty() {
            break;
        }
        deleted += u64::try_from(page.ids.len()).unwrap_or_default();
        delete_objects(&client, bucket, page.ids).await?;
    }
    let answer = client.delete_bucket().bucket(bucket).send().await;
    match answer.map_err(|error| AwsCallError::of("DeleteBucket", error)) {
        Err(error) if !error.is("NoSuchBucket") => Err(error),
        _ => Ok(deleted),
    }
}

async fn delete_objects(
    client: &aws_sdk_s3::Client,
    bucket: &str,
    ids: Vec<ObjectIdentifier>,
) -> Result<(), AwsCallError> {
    const OPERATION: &str = "DeleteObjects";
    let delete = Delete::builder().set_objects(Some(ids)).quiet(true).build();
    let delete = delete.map_err(|_| AwsCallError::incomplete(OPERATION, "objects to delete"))?;
    let answer = client.delete_objects().bucket(bucket).delete(delete).send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    match output.errors().first() {
        None => Ok(()),
        Some(error) => Err(AwsCallError {
            operation: OPERATION,
            kind: CallKind::Refused,
            code: error.code().map(str::to_owned),
            message: error.message().unwrap_or_default().to_owned(),
            request_id: None,
        }),
    }
}
