//! S3 on the wire: like every REST service, but bodies may be long, signed piece by piece, and buckets may be in the
//! Host. The rules that a request meets before it is carried out are here; what it does is in `service::s3`.

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;
use serde_json::Value;

use super::chunked::{Chain, Chunked, crc32_base64};
use super::endpoint::{Lost, Note, Reply, internal_failure, whole};
use super::model::{Model, Operation};
use super::signature::{Head, Signed, sha256};
use super::write::WriteError;
use super::{behind, caller, check, permission, planted, read, route, write};
use crate::service::cloudformation::report_to_handle;
use crate::service::iam::access::arn_of;
use crate::service::s3::{self as buckets, Outcome};
use crate::service::{Call, Principal};
use crate::{AwsError, Region};

const MISMATCH: &str = "The provided 'x-amz-content-sha256' header does not match what was computed.";

/// How the bucket begins to which wait condition handles are signed: no bucket of this account.
const HANDLES: &str = "cloudformation-waitcondition-";

/// A report to a wait condition handle, whose URL is its own key.
async fn to_handle(region: &Region, head: &Head, body: Incoming) -> Reply {
    let Ok(collected) = body.collect().await else { return Reply::Lost(Lost::Closed, "the client went away") };
    let target = format!("{}?{}", head.path, head.query);
    match report_to_handle(region, &target, &collected.to_bytes()) {
        Ok(()) => Reply::Answer(Response::new(whole(""))),
        Err(error) => Reply::Failed(error),
    }
}

pub(super) async fn exchange(
    region: &Arc<Region>,
    model: &'static Model,
    head: &Head,
    body: Incoming,
    signed: Result<Option<Signed>, String>,
    request_id: &str,
    note: &mut Note,
) -> Reply {
    let refuse = |refusal| Reply::Failed(caller::error(model, refusal));
    let signed = match signed {
        Err(text) => return refuse(caller::Refusal::Malformed(text)),
        Ok(None) => return refuse(caller::Refusal::Unsigned),
        Ok(Some(signed)) => signed,
    };
    let host = head.header("host").unwrap_or_default();
    if head.method == "PUT" && host.starts_with(HANDLES) {
        return to_handle(region, head, body).await;
    }
    let path = match route::bucket_of_host(host) {
        Some(bucket) => format!("/{bucket}{}", head.path),
        None => head.path.clone(),
    };
    let query: Vec<(String, String)> = head.parameters();
    let parts =
        read::rest::Parts { method: &head.method, path: &path, query: &query, headers: &head.headers, body: b"" };
    let Some((operation, members)) = read::rest::operation(model, &parts) else {
        let resource = match path.trim_start_matches('/').split_once('/') {
            Some((_, key)) if !key.is_empty() => "OBJECT",
            None if path == "/" => "SERVICE",
            _ => "BUCKET",
        };
        // https://github.com/versity/versitygw/issues/1810 (as S3 answers),
        // https://github.com/Developer-Amit/react-aws-s3/issues/28 (an object)
        let refusal = AwsError::new("MethodNotAllowed", "The specified method is not allowed against this resource.");
        let mut refusal = refusal.with_status(405);
        refusal.fields.insert("Method".to_owned(), head.method.clone().into());
        refusal.fields.insert("ResourceType".to_owned(), resource.into());
        return Reply::Failed(refusal);
    };
    note.operation.clone_from(&operation.name);
    let declared = match (head.header("x-amz-content-sha256"), signed.lives) {
        (Some(declared), _) => declared.to_owned(),
        (None, Some(_)) => "UNSIGNED-PAYLOAD".to_owned(),
        (None, None) => {
            // https://github.com/aws/aws-cli/issues/2134
            return Reply::Failed(AwsError::new(
                "InvalidRequest",
                "Missing required header for this request: x-amz-content-sha256",
            ));
        }
    };
    let principal = match caller::principal(region, model, &signed, head, &declared) {
        Ok(principal) => principal,
        Err(refusal) => return refuse(refusal),
    };
    note.caller = arn_of(region, &principal);
    let hit = region.faults.on_call("s3", &operation.name, &note.caller, &path);
    // Members of the body are read below; the rules need only path, query and headers.
    let framed = read::rest::read(model, operation, &members, &parts).map_err(|error| check::unreadable(model, error));
    let input = framed.as_ref().cloned().unwrap_or_default();
    let call = Call { service: "s3", operation: operation.name.clone(), input, principal };
    if let Some(reply) = planted::before(region, model, &call, hit.as_ref()).await {
        return reply;
    }
    let allowed = framed.and_then(|input| allow(region, operation, input, &call.principal, &signed));
    if let Err(error) = allowed {
        return Reply::Failed(error);
    }
    let chunked = declared.starts_with("STREAMING-").then(|| chunked(region, &signed, &declared));
    if let Some(server) =
        region.world(|world| world.s3.behind.clone()).filter(|_| buckets::is_about_objects(&operation.name))
    {
        return match behind::forward(&server, head, &path, body, chunked).await {
            Ok(answer) => planted::after(region, model, &call, hit.as_ref())
                .unwrap_or_else(|| Reply::Answer(planted::through(answer, hit.as_ref()))),
            Err(error) => Reply::Failed(AwsError::new("InternalError", error.to_string()).with_status(500)),
        };
    }
    let bytes = match collect(body, chunked, &declared, head).await {
        Ok(bytes) => bytes,
        Err(error) => return Reply::Failed(error),
    };
    let parts = read::rest::Parts { body: &bytes, ..parts };
    let input = read::rest::read(model, operation, &members, &parts)
        .map_err(|error| check::unreadable(model, error))
        .and_then(|input| check::check(model, operation.input.as_ref(), &input).map(|()| input));
    let input = match input {
        Ok(input) => input,
        Err(error) => return Reply::Failed(error),
    };
    let call = Call { input, ..call };
    // Which versions of objects are to go is said in the body.
    if call.operation == "DeleteObjects"
        && let Err(error) = permission::check(region, &call, "rest-xml")
    {
        return Reply::Failed(error);
    }
    let outcome = buckets::call(region, call.clone(), bytes).await;
    if let Some(reply) = planted::after(region, model, &call, hit.as_ref()) {
        return reply;
    }
    match outcome.map(|outcome| respond(model, operation, outcome, request_id)) {
        Ok(Ok(answer)) => Reply::Answer(planted::through(answer, hit.as_ref())),
        Ok(Err(WriteError(what))) => {
            note.bug = Some(what);
            Reply::Failed(internal_failure())
        }
        Err(error) => Reply::Failed(error),
    }
}

/// Region of the bucket, its policy, the caller's policies, the ACL rule.
fn allow(
    region: &Region,
    operation: &Operation,
    input: Value,
    principal: &Principal,
    signed: &Signed,
) -> Result<(), AwsError> {
    let call = Call { service: "s3", operation: operation.name.clone(), input, principal: principal.clone() };
    let bucket = call.input["Bucket"].as_str().unwrap_or_default();
    buckets::check_location(region, &operation.name, bucket, &signed.region)?;
    buckets::check_policy(
        region,
        bucket,
        &permission::action("s3", &operation.name),
        &permission::resource(region, &call),
    )?;
    permission::check(region, &call, "rest-xml")?;
    let Some(acl) = call.input["ACL"].as_str().filter(|_| operation.name != "CreateBucket") else { return Ok(()) };
    buckets::check_acl(region, bucket, acl)?;
    // An ACL in a request needs the permission to set one.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    let set = if call.input["Key"].is_string() { "PutObjectAcl" } else { "PutBucketAcl" };
    permission::check(region, &Call { operation: set.to_owned(), ..call }, "rest-xml")
}

fn chunked(region: &Region, signed: &Signed, declared: &str) -> Chunked {
    let secret =
        region.world(|world| world.iam.keys.get(&signed.access_key).map(|key| key.secret.clone())).unwrap_or_default();
    let chain = declared.starts_with("STREAMING-AWS4").then(|| Chain {
        key: signed.key(&secret),
        stamp: signed.stamp.clone(),
        scope: signed.scope(),
        previous: signed.signature.clone(),
    });
    Chunked::new(chain)
}

async fn collect(body: Incoming, chunked: Option<Chunked>, declared: &str, head: &Head) -> Result<Vec<u8>, AwsError> {
    let incomplete = |_| {
        // https://github.com/AFNetworking/AFNetworking/issues/3622
        AwsError::new(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        )
    };
    let bytes = body.collect().await.map_err(incomplete)?.to_bytes();
    let bytes = match chunked {
        Some(mut chunked) => {
            let decoded = chunked.push(&bytes)?;
            chunked.finish()?;
            decoded
        }
        None => bytes.to_vec(),
    };
    let hexadecimal = declared.len() == 64 && declared.bytes().all(|digit| digit.is_ascii_hexdigit());
    if hexadecimal && sha256(&bytes) != declared {
        // https://github.com/grosskur/lua-resty-aws/issues/2
        return Err(AwsError::new("XAmzContentSHA256Mismatch", MISMATCH));
    }
    if head.header("x-amz-checksum-crc32").is_some_and(|declared| declared != crc32_base64(&bytes)) {
        // https://github.com/aws/aws-sdk-ruby/issues/3322
        return Err(AwsError::new("BadDigest", "The CRC32 you specified did not match the calculated checksum."));
    }
    Ok(bytes)
}

fn respond(
    model: &Model,
    operation: &Operation,
    outcome: Outcome,
    request_id: &str,
) -> Result<Response<super::endpoint::Body>, WriteError> {
    let rest = write::xml::write_rest(model, operation, &outcome.value)?;
    let status = outcome.status.unwrap_or_else(|| operation.http.response_code.unwrap_or(200));
    let mut answer =
        Response::builder().status(status).header("x-amz-request-id", request_id).header("x-amz-id-2", request_id);
    for (name, value) in rest.headers {
        answer = answer.header(name.to_ascii_lowercase(), value);
    }
    let body = match outcome.body {
        Some(bytes) => whole(bytes),
        None => {
            if !rest.body.is_empty() {
                answer = answer.header("content-type", "application/xml");
            }
            whole(rest.body)
        }
    };
    answer.body(body).map_err(|error| WriteError(error.to_string()))
}

/// Headers of an error answer: the right region of a bucket, as clients look for it.
pub(super) fn error_headers(error: &AwsError) -> Vec<(&'static str, String)> {
    let region = error.fields.get("Region").and_then(Value::as_str);
    region.map(|region| ("x-amz-bucket-region", region.to_owned())).into_iter().collect()
}
