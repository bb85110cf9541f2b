//! Listings of objects, with prefix, delimiter and pages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::objects::quoted;
use super::{Bucket, Outcome};
use crate::{AwsError, Region};

pub(super) fn run(region: &Region, operation: &str, input: &Value) -> Result<Outcome, AwsError> {
    region.world(|world| {
        let bucket = world.s3.bucket(input["Bucket"].as_str().unwrap_or_default())?;
        Ok(list(bucket, operation, input)?.into())
    })
}

/// One page: keys after the marker, those with a delimiter after the prefix rolled up.
fn list(bucket: &Bucket, operation: &str, input: &Value) -> Result<Value, AwsError> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let (prefix, delimiter) = (text("Prefix"), text("Delimiter"));
    let continued = match text("ContinuationToken") {
        "" => None,
        token => Some(continuation(token)?),
    };
    let marker = match operation {
        "ListObjectsV2" if continued.is_some() => continued.as_deref().unwrap_or_default(),
        "ListObjectsV2" => text("StartAfter"),
        "ListObjectVersions" => text("KeyMarker"),
        _ => text("Marker"),
    };
    let limit = input["MaxKeys"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1000).min(1000);
    let (mut contents, mut common): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut last, mut truncated) = (String::new(), false);
    for (key, object) in bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
        let rolled = (!delimiter.is_empty())
            .then(|| {
                key[prefix.len()..].find(delimiter).map(|at| key[..prefix.len() + at + delimiter.len()].to_owned())
            })
            .flatten();
        let place = rolled.as_ref().unwrap_or(key);
        if place.as_str() <= marker || common.last() == Some(place) {
            continue;
        }
        if contents.len() + common.len() >= limit {
            truncated = limit > 0;
            break;
        }
        last.clone_from(place);
        match rolled {
            Some(place) => common.push(place),
            None => {
                let mut shown = json!({ "Key": key, "ETag": quoted(&object.etag), "Size": object.bytes.len(),
                    "LastModified": object.modified, "StorageClass": "STANDARD" });
                if operation == "ListObjectVersions" {
                    shown["VersionId"] = json!("null");
                    shown["IsLatest"] = json!(true);
                }
                contents.push(shown);
            }
        }
    }
    let count = contents.len() + common.len();
    let common: Vec<Value> = common.into_iter().map(|prefix| json!({ "Prefix": prefix })).collect();
    let mut answer = json!({ "Name": bucket.name, "Prefix": prefix, "MaxKeys": limit, "IsTruncated": truncated, "CommonPrefixes": common });
    if !delimiter.is_empty() {
        answer["Delimiter"] = json!(delimiter);
    }
    let (list, next) = match operation {
        "ListObjectsV2" => {
            answer["KeyCount"] = json!(count);
            ("Contents", "NextContinuationToken")
        }
        "ListObjectVersions" => ("Versions", "NextKeyMarker"),
        _ => {
            answer["Marker"] = json!(marker);
            ("Contents", "NextMarker")
        }
    };
    if operation == "ListObjectsV2" && truncated {
        answer[next] = json!(STANDARD.encode(format!("key {last}")));
    } else if truncated && (operation != "ListObjects" || !delimiter.is_empty()) {
        // Without a delimiter the last key is the marker: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
        answer[next] = json!(last);
    }
    if !text("EncodingType").is_empty() {
        answer["EncodingType"] = json!("url");
        contents.iter_mut().for_each(|object| encode(object, "Key"));
        answer["CommonPrefixes"].as_array_mut().into_iter().flatten().for_each(|one| encode(one, "Prefix"));
        for member in ["Prefix", "Delimiter", "Marker", "NextMarker", "KeyMarker", "NextKeyMarker", "StartAfter"] {
            encode(&mut answer, member);
        }
    }
    answer[list] = Value::Array(contents);
    Ok(answer)
}

/// Percent-encodes a member, if it is there, as `EncodingType` asks for.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
fn encode(value: &mut Value, member: &str) {
    if let Some(text) = value[member].as_str() {
        let encoded = percent_encoding::utf8_percent_encode(text, crate::wire::UNRESERVED).to_string();
        value[member] = json!(encoded.replace("%2F", "/"));
    }
}

/// The key that a continuation token stands for.
///
/// # Errors
/// `InvalidArgument` for a token that S3 never gave.
pub(super) fn continuation(token: &str) -> Result<String, AwsError> {
    let text = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.strip_prefix("key ").map(str::to_owned)).ok_or_else(|| {
        // https://github.com/versity/versitygw/issues/993 (as S3 answers)
        let mut error = AwsError::new("InvalidArgument", "The continuation token provided is incorrect");
        error.fields.insert("ArgumentName".to_owned(), "continuation-token".into());
        error
    })
}
