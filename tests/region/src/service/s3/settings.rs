//! Buckets and what is set on them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::listing::continuation;
use super::{Bucket, NewBucket, Ownership, bucket, no_such_bucket};
use crate::{AwsError, Region};

/// Makes a bucket, here and behind the region.
///
/// # Errors
/// `InvalidBucketName`, `BucketAlreadyOwnedByYou`, or what the server behind answers.
pub async fn create_bucket(region: &Arc<Region>, new: NewBucket) -> Result<(), AwsError> {
    bucket::check_name(&new.name)?;
    let made = Bucket::new(new, region.clock.epoch());
    let name = made.name.clone();
    let behind = region.world(|world| {
        if world.s3.buckets.contains_key(&name) {
            let message = "Your previous request to create the named bucket succeeded and you already own it.";
            // https://github.com/ceph/s3-tests/pull/30
            return Err(AwsError::new("BucketAlreadyOwnedByYou", message).with_status(409));
        }
        world.s3.buckets.insert(name.clone(), made);
        Ok(world.s3.behind.clone())
    })?;
    let Some(server) = behind else { return Ok(()) };
    let made = super::store::ask_behind(&server, "PUT", &format!("/{name}")).await;
    if made.is_err() {
        region.world(|world| world.s3.buckets.remove(&name));
    }
    made.map(drop)
}

/// Deletes a bucket, here and behind the region.
///
/// # Errors
/// `NoSuchBucket`; `BucketNotEmpty` while it holds objects or versions.
pub async fn delete_bucket(region: &Arc<Region>, name: &str) -> Result<(), AwsError> {
    // https://github.com/yaybu/touchdown/issues/135
    let not_empty = || AwsError::new("BucketNotEmpty", "The bucket you tried to delete is not empty").with_status(409);
    let behind = region.world(|world| {
        let bucket = world.s3.bucket(name)?;
        if bucket.objects.is_empty() { Ok(world.s3.behind.clone()) } else { Err(not_empty()) }
    })?;
    if let Some(server) = behind {
        let status = super::store::ask_behind(&server, "DELETE", &format!("/{name}")).await?;
        if status == 409 {
            return Err(not_empty());
        }
    }
    region.world(|world| world.s3.buckets.remove(name));
    Ok(())
}

pub(super) async fn run(region: &Arc<Region>, operation: &str, input: &Value) -> Result<Value, AwsError> {
    let name = input["Bucket"].as_str().unwrap_or_default();
    match operation {
        "CreateBucket" => create(region, name, input).await,
        "DeleteBucket" => delete_bucket(region, name).await.map(|()| json!({})),
        _ => region.world(|world| match operation {
            "ListBuckets" => list(&world.s3, input, &region.settings.account),
            _ => {
                let bucket = world.s3.buckets.get_mut(name).ok_or_else(|| no_such_bucket(name))?;
                setting(bucket, operation, input, &region.settings.account)
            }
        }),
    }
}

async fn create(region: &Arc<Region>, name: &str, input: &Value) -> Result<Value, AwsError> {
    let configuration = &input["CreateBucketConfiguration"];
    // us-east-1 is said by saying nothing.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    let location = configuration["LocationConstraint"].as_str().unwrap_or("us-east-1");
    let tags = configuration["Tags"].as_array().map(|tags| pairs(tags)).unwrap_or_default();
    let ownership = input["ObjectOwnership"].as_str().and_then(Ownership::named).unwrap_or_default();
    let new =
        NewBucket { name: name.to_owned(), location: location.to_owned(), tags, ownership, ..NewBucket::default() };
    create_bucket(region, new).await?;
    Ok(json!({ "Location": format!("/{name}"), "BucketArn": format!("arn:{}:s3:::{name}", region.settings.partition) }))
}

/// Pages of at most `MaxBuckets` (all unless told), by name.
fn list(state: &super::State, input: &Value, account: &str) -> Result<Value, AwsError> {
    let limit = input["MaxBuckets"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let prefix = input["Prefix"].as_str().unwrap_or_default();
    let from = match input["ContinuationToken"].as_str().filter(|token| !token.is_empty()) {
        Some(token) => continuation(token)?,
        None => String::new(),
    };
    let mut all = state.buckets.values().filter(|bucket| {
        bucket.name >= from
            && bucket.name.starts_with(prefix)
            && input["BucketRegion"].as_str().is_none_or(|region| region == bucket.location)
    });
    let page: Vec<Value> = all
        .by_ref()
        .take(limit)
        .map(|bucket| json!({ "Name": bucket.name, "CreationDate": bucket.created, "BucketRegion": bucket.location }))
        .collect();
    let mut answer = json!({ "Buckets": page, "Owner": { "ID": owner(account) } });
    if let Some(next) = all.next() {
        answer["ContinuationToken"] = json!(STANDARD.encode(format!("key {}", next.name)));
    }
    Ok(answer)
}

fn setting(bucket: &mut Bucket, operation: &str, input: &Value, account: &str) -> Result<Value, AwsError> {
    let none = |code: &str, message: &str| AwsError::new(code, message).with_status(404);
    let kept = |name: &str| bucket.settings.get(name).cloned();
    match operation {
        "HeadBucket" => Ok(json!({ "BucketRegion": bucket.location })),
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html: null for us-east-1
        "GetBucketLocation" if bucket.location == "us-east-1" => Ok(json!({})),
        "GetBucketLocation" => Ok(json!({ "LocationConstraint": bucket.location })),
        "GetBucketVersioning" => {
            Ok(bucket.versioning.as_ref().map_or_else(|| json!({}), |status| json!({ "Status": status })))
        }
        "PutBucketVersioning" => {
            bucket.versioning = input["VersioningConfiguration"]["Status"].as_str().map(str::to_owned);
            Ok(json!({}))
        }
        "GetBucketOwnershipControls" => {
            Ok(json!({ "OwnershipControls": { "Rules": [{ "ObjectOwnership": bucket.ownership.name() }] } }))
        }
        "PutBucketOwnershipControls" => {
            let name = input["OwnershipControls"]["Rules"][0]["ObjectOwnership"].as_str().unwrap_or_default();
            bucket.ownership =
                Ownership::named(name).ok_or_else(|| AwsError::new("MalformedXML", "no such ownership"))?;
            Ok(json!({}))
        }
        "GetBucketTagging" if bucket.tags.is_empty() => Err(none("NoSuchTagSet", "The TagSet does not exist")),
        "GetBucketTagging" => Ok(
            json!({ "TagSet": bucket.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>() }),
        ),
        "PutBucketTagging" => {
            bucket.tags = input["Tagging"]["TagSet"].as_array().map(|tags| pairs(tags)).unwrap_or_default();
            Ok(json!({}))
        }
        "DeleteBucketTagging" => {
            bucket.tags.clear();
            Ok(json!({}))
        }
        "GetBucketPolicy" => match &bucket.policy {
            Some(policy) => Ok(json!({ "Policy": policy.to_string() })),
            None => Err(none("NoSuchBucketPolicy", "The bucket policy does not exist")),
        },
        "PutBucketPolicy" => {
            let document = serde_json::from_str(input["Policy"].as_str().unwrap_or_default()).map_err(|_| {
                // https://github.com/aws/aws-cli/issues/2779
                AwsError::new("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
            })?;
            bucket.policy = Some(document);
            Ok(json!({}))
        }
        "DeleteBucketPolicy" => {
            bucket.policy = None;
            Ok(json!({}))
        }
        // All four are on for new buckets since April 2023.
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
        "GetPublicAccessBlock" => Ok(
            json!({ "PublicAccessBlockConfiguration": kept("PublicAccessBlockConfiguration").unwrap_or_else(|| json!({
            "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true,
        })) }),
        ),
        "GetBucketEncryption" => Ok(json!({ "ServerSideEncryptionConfiguration": { "Rules": encryption(bucket) } })),
        "GetBucketAcl" => Ok(json!({ "Owner": { "ID": owner(account) }, "Grants": [{ "Permission": "FULL_CONTROL",
            "Grantee": { "ID": owner(account), "Type": "CanonicalUser" } }] })),
        "GetBucketLifecycleConfiguration" => match kept("LifecycleConfiguration") {
            Some(kept) => Ok(json!({ "Rules": as_the_api_names(&kept["Rules"]) })),
            None => Err(none("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")),
        },
        "PutBucketLifecycleConfiguration" => {
            bucket.settings.insert("LifecycleConfiguration".to_owned(), lifecycle(&input["LifecycleConfiguration"])?);
            Ok(json!({}))
        }
        other => Err(AwsError::new(
            "NotImplemented",
            format!("A header or query you provided implies functionality that is not implemented: {other}"),
        )
        .with_status(501)),
    }
}

/// Encryption rules as the API names them; without any, S3 encrypts by keys of its own.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html
fn encryption(bucket: &Bucket) -> Vec<Value> {
    let kept = bucket.settings.get("BucketEncryption");
    let rules = kept.and_then(|kept| kept["ServerSideEncryptionConfiguration"].as_array());
    let Some(rules) = rules.filter(|rules| !rules.is_empty()) else {
        let by_default = json!({ "SSEAlgorithm": "AES256" });
        return vec![json!({ "ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": false })];
    };
    let named = rules.iter().map(|rule| {
        let by_default = &rule["ServerSideEncryptionByDefault"];
        let with_bucket_key = rule["BucketKeyEnabled"].as_bool().unwrap_or(false);
        json!({ "ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": with_bucket_key })
    });
    named.collect()
}

fn as_the_api_names(rules: &Value) -> Value {
    let mut rules = rules.clone();
    for rule in rules.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(id) = rule.remove("Id") {
            rule.insert("ID".to_owned(), id);
        }
    }
    rules
}

/// Lifecycle rules as CloudFormation names them, whose `Id` is the API's `ID`.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html: a rule has a Filter or the older Prefix
fn lifecycle(configuration: &Value) -> Result<Value, AwsError> {
    let mut rules = configuration["Rules"].as_array().cloned().unwrap_or_default();
    for rule in &mut rules {
        if rule.get("Filter").is_none() && rule.get("Prefix").is_none() {
            return Err(AwsError::new(
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema",
            ));
        }
        if let Some(members) = rule.as_object_mut()
            && let Some(id) = members.remove("ID")
        {
            members.insert("Id".to_owned(), id);
        }
    }
    Ok(json!({ "Rules": rules }))
}

/// A canonical user id: 64 hexadecimal digits that stand for the account.
fn owner(account: &str) -> String {
    format!("{account:0>64}")
}

fn pairs(tags: &[Value]) -> Vec<(String, String)> {
    tags.iter().filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()))).collect()
}
