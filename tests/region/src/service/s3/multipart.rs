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
                let upload = Upload { key: key.to_owned(), content_type, initiated: now, parts: std::collections::BTreeMap::new() };
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
            "ListParts" => {
                let parts = upload(bucket, key, upload_id)?.parts.iter().map(|(number, part)| {
                    json!({ "PartNumber": number, "ETag": quoted(&part.etag), "Size": part.bytes.len(), "LastModified": part.modified })
                });
                let parts: Vec<Value> = parts.collect();
                json!({ "Bucket": name, "Key": key, "UploadId": upload_id, "Parts": parts, "IsTruncated": false, "MaxParts": 1000 })
            }
            _ => {
                let prefix = text("Prefix");
                let uploads: Vec<Value> = bucket
                    .uploads
                    .iter()
                    .filter(|(_, upload)| upload.key.starts_with(prefix))
                    .map(|(id, upload)| json!({ "Key": upload.key, "UploadId": id, "Initiated": upload.initiated }))
                    .collect();
                json!({ "Bucket": name, "Uploads": uploads, "IsTruncated": false, "MaxUploads": 1000 })
            }
        };
        Ok(answer.into())
    })
}

fn upload<'b>(bucket: &'b mut Bucket, key: &str, id: &str) -> Result<&'b mut Upload, AwsError> {
    bucket.uploads.get_mut(id).filter(|upload| upload.key == key).ok_or_else(|| {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
        AwsError::new("NoSuchUpload", message).with_status(404)
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
        return Err(AwsError::new("InvalidPartOrder", message));
    }
    let mut bytes = Vec::new();
    for (index, part) in asked.iter().enumerate() {
        let number = number(part);
        let etag = part["ETag"].as_str().unwrap_or_default().trim_matches('"');
        let Some(present) = upload.parts.get(&number).filter(|present| present.etag == etag) else {
            let message = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
            return Err(AwsError::new("InvalidPart", message));
        };
        if index + 1 < asked.len() && present.bytes.len() < SMALLEST_PART {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(AwsError::new("EntityTooSmall", message));
        }
        bytes.extend_from_slice(&present.bytes);
    }
    if asked.is_empty() {
        return Err(AwsError::new("MalformedXML", "You must specify at least one part"));
    }
    let mut made = Object::new(bytes, now);
    made.etag = format!("{}-{}", made.etag, asked.len());
    made.content_type = upload.content_type;
    let etag = quoted(&made.etag);
    bucket.uploads.remove(id);
    bucket.objects.insert(key.to_owned(), made);
    Ok(json!({ "Bucket": bucket.name, "Key": key, "ETag": etag, "Location": format!("/{}/{key}", bucket.name) }))
}
