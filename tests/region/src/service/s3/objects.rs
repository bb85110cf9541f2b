//! Objects: put, get, head, copy, delete.

use hyper::body::Bytes;
use serde_json::{Map, Value, json};

use super::store::Object;
use super::{Bucket, Outcome};
use crate::{AwsError, Region};

pub(super) fn run(region: &Region, operation: &str, input: &Value, body: Vec<u8>) -> Result<Outcome, AwsError> {
    let now = region.clock.epoch();
    let key = input["Key"].as_str().unwrap_or_default();
    region.world(|world| {
        if operation == "CopyObject" {
            let source = source(&world.s3, input)?;
            let bucket = world.s3.bucket_mut(input["Bucket"].as_str().unwrap_or_default())?;
            let made = Object { modified: now, ..source };
            let answer = json!({ "CopyObjectResult": { "ETag": quoted(&made.etag), "LastModified": now } });
            bucket.objects.insert(key.to_owned(), made);
            return Ok(answer.into());
        }
        let bucket = world.s3.bucket_mut(input["Bucket"].as_str().unwrap_or_default())?;
        match operation {
            "PutObject" => {
                if input["IfNoneMatch"] == "*" && bucket.objects.contains_key(key) {
                    let message = "At least one of the pre-conditions you specified did not hold";
                    // https://github.com/versity/versitygw/issues/2044 (as S3 answers)
                    let mut error = AwsError::new("PreconditionFailed", message).with_status(412);
                    error.fields.insert("Condition".to_owned(), "If-None-Match".into());
                    return Err(error);
                }
                let mut made = Object::new(body, now);
                made.content_type = input["ContentType"].as_str().map(str::to_owned);
                let metadata = input["Metadata"].as_object().into_iter().flatten();
                made.metadata =
                    metadata.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
                let etag = quoted(&made.etag);
                bucket.objects.insert(key.to_owned(), made);
                Ok(json!({ "ETag": etag }).into())
            }
            "GetObject" => get(object(bucket, key)?, input, true),
            "HeadObject" => get(object(bucket, key)?, input, false),
            "DeleteObject" => {
                bucket.objects.remove(key);
                Ok(json!({}).into())
            }
            "DeleteObjects" => Ok(delete_many(bucket, input).into()),
            "PutObjectAcl" => object(bucket, key).map(|_| json!({}).into()),
            "GetObjectTagging" => object(bucket, key).map(|_| json!({ "TagSet": [] }).into()),
            other => Err(AwsError::new("NotImplemented", format!("{other} is not implemented")).with_status(501)),
        }
    })
}

/// The object that `CopySource` (`BUCKET/KEY`, percent-encoded) names.
pub(super) fn source(state: &super::State, input: &Value) -> Result<Object, AwsError> {
    let source = input["CopySource"].as_str().unwrap_or_default();
    let source = percent_encoding::percent_decode_str(source).decode_utf8_lossy().into_owned();
    let (bucket, key) = source.trim_start_matches('/').split_once('/').unwrap_or_default();
    object(state.bucket(bucket)?, key).cloned()
}

pub(super) fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

fn object<'b>(bucket: &'b Bucket, key: &str) -> Result<&'b Object, AwsError> {
    bucket.objects.get(key).ok_or_else(|| {
        // https://github.com/aws/aws-sdk-java/issues/1578
        let mut error = AwsError::new("NoSuchKey", "The specified key does not exist.").with_status(404);
        error.fields.insert("Key".to_owned(), key.into());
        error
    })
}

fn get(object: &Object, input: &Value, with_body: bool) -> Result<Outcome, AwsError> {
    let size = object.bytes.len();
    let range = input["Range"].as_str().map(|text| range(text, size));
    let mut answer = json!({ "ETag": quoted(&object.etag), "LastModified": object.modified, "AcceptRanges": "bytes" });
    answer["ContentType"] = json!(object.content_type.as_deref().unwrap_or("binary/octet-stream"));
    let metadata: Map<String, Value> =
        object.metadata.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    answer["Metadata"] = Value::Object(metadata);
    let (status, bytes) = match range {
        None => (None, object.bytes.clone()),
        Some(None) => {
            // https://github.com/versity/versitygw/issues/2069 (as S3 answers)
            let mut error = AwsError::new("InvalidRange", "The requested range is not satisfiable").with_status(416);
            error.fields.insert("RangeRequested".to_owned(), input["Range"].clone());
            error.fields.insert("ActualObjectSize".to_owned(), size.to_string().into());
            return Err(error);
        }
        Some(Some((first, last))) => {
            answer["ContentRange"] = json!(format!("bytes {first}-{last}/{size}"));
            (Some(206), object.bytes.slice(first..=last))
        }
    };
    answer["ContentLength"] = json!(bytes.len());
    // The answer to HEAD has the length, and no bytes.
    let body = if with_body { bytes } else { Bytes::new() };
    Ok(Outcome { status, value: answer, body: Some(body) })
}

/// First and last byte of `bytes=A-B`, `bytes=A-` or `bytes=-N`; None when nothing of it exists.
fn range(text: &str, size: usize) -> Option<(usize, usize)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let end = size.checked_sub(1)?;
    let (first, last) = match (first, last) {
        ("", count) => (size.saturating_sub(count.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(end)),
    };
    (first <= last).then_some((first, last))
}

fn delete_many(bucket: &mut Bucket, input: &Value) -> Value {
    let quiet = input["Delete"]["Quiet"].as_bool().unwrap_or(false);
    let mut deleted = Vec::new();
    for object in input["Delete"]["Objects"].as_array().into_iter().flatten() {
        let key = object["Key"].as_str().unwrap_or_default();
        bucket.objects.remove(key);
        if !quiet {
            deleted.push(json!({ "Key": key }));
        }
    }
    json!({ "Deleted": deleted })
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_cut_to_the_object() {
        for (text, expected) in [
            ("bytes=0-4", Some((0, 4))),
            ("bytes=5-99", Some((5, 9))),
            ("bytes=7-", Some((7, 9))),
            ("bytes=-3", Some((7, 9))),
            ("bytes=10-", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(range(text, 10), expected, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), None);
    }
}
