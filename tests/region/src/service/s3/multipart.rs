//! Multipart uploads.

use serde_json::{Value, json};

use super::objects::{quoted, source};
use super::store::{Object, Upload};
use super::{Bucket, Outcome};
use crate::{AwsError, Region};

/// Every part but the last has at least 5 MiB.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const SMALLEST_PART: usize = 5 * 1024 * 1024;

pub(super) fn run(region: &Region, operation: &str, input: &Value, body: Vec<u8>) -> Result<Outcome, AwsError> {
    let now = region.clock.epoch();
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let (name, key, upload_id) = (text("Bucket"), text("Key"), text("UploadId"));
    let number = input["PartNumber"].as_u64().unwrap_or_default();
    region.world(|world| {
        let copied = if operation == "UploadPartCopy" { Some(source(&world.s3, input)?) } else { None };
        let bucket = world.s3.bucket_mut(name)?;
        let answer = match operation {
            "CreateMultipartUpload" => {
                let id = region.random.alphanumeric(64);
                let content_type = input["ContentType"].as_str().map(str::to_owned);
                let upload = Upload {
                    key: key.to_owned(),
                    content_type,
                    initiated: now,
                    parts: std::collections::BTreeMap::new(),
                };
                bucket.uploads.insert(id.clone(), upload);
                json!({ "Bucket": name, "Key": key, "UploadId": id })
            }
            "UploadPart" => {
                let part = Object::new(body, now);
                let etag = quoted(&part.etag);
                upload(bucket, key, upload_id)?.parts.insert(number, part);
                json!({ "ETag": etag })
            }
            "UploadPartCopy" => {
                let whole = copied.unwrap_or_else(|| Object::new(Vec::new(), now));
                let part = Object::new(cut(&whole, input["CopySourceRange"].as_str()), now);
                let etag = quoted(&part.etag);
                upload(bucket, key, upload_id)?.parts.insert(number, part);
                json!({ "CopyPartResult": { "ETag": etag, "LastModified": now } })
            }
            "CompleteMultipartUpload" => complete(bucket, key, upload_id, input, now)?,
            "AbortMultipartUpload" => {
                upload(bucket, key, upload_id)?;
                bucket.uploads.remove(upload_id);
                json!({})
            }
            "ListParts" => list_parts(upload(bucket, key, upload_id)?, input),
            _ => list_uploads(bucket, input),
        };
        Ok(answer.into())
    })
}

/// A page of at most `MaxParts` (1000 unless fewer are asked for) after `PartNumberMarker`.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
fn list_parts(upload: &Upload, input: &Value) -> Value {
    let after = input["PartNumberMarker"].as_u64().unwrap_or_default();
    let limit = limit(&input["MaxParts"]);
    let mut rest = upload.parts.iter().filter(|(number, _)| **number > after).peekable();
    let (mut parts, mut last) = (Vec::new(), after);
    while parts.len() < limit
        && let Some((number, part)) = rest.next()
    {
        last = *number;
        parts.push(json!({ "PartNumber": number, "ETag": quoted(&part.etag), "Size": part.bytes.len(), "LastModified": part.modified }));
    }
    let mut answer = json!({ "Bucket": input["Bucket"], "Key": input["Key"], "UploadId": input["UploadId"], "Parts": parts,
        "IsTruncated": rest.peek().is_some(), "MaxParts": limit, "PartNumberMarker": after });
    if rest.peek().is_some() {
        answer["NextPartNumberMarker"] = json!(last);
    }
    answer
}

/// A page of at most `MaxUploads` after `KeyMarker` and `UploadIdMarker`, by key and then by age.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
fn list_uploads(bucket: &Bucket, input: &Value) -> Value {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let (prefix, key_marker, id_marker) = (text("Prefix"), text("KeyMarker"), text("UploadIdMarker"));
    let limit = limit(&input["MaxUploads"]);
    let mut all: Vec<(&String, &Upload)> =
        bucket.uploads.iter().filter(|(_, upload)| upload.key.starts_with(prefix)).collect();
    all.sort_by(|(id, one), (other_id, other)| {
        (&one.key, id).partial_cmp(&(&other.key, other_id)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let after = |(id, upload): &(&String, &Upload)| match id_marker {
        "" => upload.key.as_str() > key_marker,
        marker => (upload.key.as_str(), id.as_str()) > (key_marker, marker),
    };
    let mut rest = all.into_iter().filter(after).peekable();
    let (mut uploads, mut last) = (Vec::new(), None);
    while uploads.len() < limit
        && let Some((id, upload)) = rest.next()
    {
        uploads.push(json!({ "Key": upload.key, "UploadId": id, "Initiated": upload.initiated }));
        last = Some((upload.key.clone(), id.clone()));
    }
    let truncated = rest.peek().is_some();
    let mut answer = json!({ "Bucket": bucket.name, "Uploads": uploads, "IsTruncated": truncated, "MaxUploads": limit,
        "KeyMarker": key_marker, "UploadIdMarker": id_marker });
    if let Some((key, id)) = last.filter(|_| truncated) {
        answer["NextKeyMarker"] = json!(key);
        answer["NextUploadIdMarker"] = json!(id);
    }
    answer
}

fn limit(asked: &Value) -> usize {
    asked.as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1000).min(1000)
}

fn upload<'b>(bucket: &'b mut Bucket, key: &str, id: &str) -> Result<&'b mut Upload, AwsError> {
    bucket.uploads.get_mut(id).filter(|upload| upload.key == key).ok_or_else(|| {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
        // https://github.com/peak/s5cmd/issues/450, https://github.com/versity/versitygw/issues/2035 (the field)
        let mut error = AwsError::new("NoSuchUpload", message).with_status(404);
        error.fields.insert("UploadId".to_owned(), id.into());
        error
    })
}

fn cut(whole: &Object, range: Option<&str>) -> hyper::body::Bytes {
    let bounds = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let bounds = bounds.and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?)));
    match bounds.filter(|(first, last)| first <= last && *last < whole.bytes.len()) {
        Some((first, last)) => whole.bytes.slice(first..=last),
        None => whole.bytes.clone(),
    }
}

fn complete(bucket: &mut Bucket, key: &str, id: &str, input: &Value, now: f64) -> Result<Value, AwsError> {
    let upload = upload(bucket, key, id)?.clone();
    let asked = input["MultipartUpload"]["Parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |part: &Value| part["PartNumber"].as_u64().unwrap_or_default();
    if !asked.is_sorted_by(|one, next| number(one) < number(next)) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
        // https://github.com/alexmojaki/s3-stream-upload/issues/33
        return Err(AwsError::new("InvalidPartOrder", message));
    }
    let mut bytes = Vec::new();
    for (index, part) in asked.iter().enumerate() {
        let number = number(part);
        let etag = part["ETag"].as_str().unwrap_or_default().trim_matches('"');
        let Some(present) = upload.parts.get(&number).filter(|present| present.etag == etag) else {
            let message = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
            // https://github.com/apiaryio/s3-streaming-upload/pull/6
            return Err(AwsError::new("InvalidPart", message));
        };
        if index + 1 < asked.len() && present.bytes.len() < SMALLEST_PART {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            // https://github.com/apache/arrow-rs-object-store/issues/211
            let mut error = AwsError::new("EntityTooSmall", message);
            error.fields.insert("ProposedSize".to_owned(), present.bytes.len().to_string().into());
            error.fields.insert("MinSizeAllowed".to_owned(), SMALLEST_PART.to_string().into());
            error.fields.insert("PartNumber".to_owned(), number.to_string().into());
            error.fields.insert("ETag".to_owned(), etag.into());
            return Err(error);
        }
        bytes.extend_from_slice(&present.bytes);
    }
    if asked.is_empty() {
        // https://github.com/versity/versitygw/issues/1328 (as S3 answers)
        return Err(AwsError::new(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    let mut made = Object::new(bytes, now);
    made.etag = format!("{}-{}", made.etag, asked.len());
    made.content_type = upload.content_type;
    let etag = quoted(&made.etag);
    bucket.uploads.remove(id);
    bucket.objects.insert(key.to_owned(), made);
    Ok(json!({ "Bucket": bucket.name, "Key": key, "ETag": etag, "Location": format!("/{}/{key}", bucket.name) }))
}
