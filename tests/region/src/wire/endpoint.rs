//! One request from its head to its answer: routed, authenticated, read, checked, carried out, written, noted.

use std::sync::Arc;
use std::time::Instant;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use serde_json::Value;

use super::model::{Model, Operation};
use super::signature::{Head, pairs, sha256};
use super::write::{WriteError, error::render};
use super::{caller, check, control, permission, planted, read, route, s3, signature, write};
use crate::journal::Entry;
use crate::service::iam::access::arn_of;
use crate::service::{self, Call, Principal};
use crate::{AwsError, Region};

/// Bodies of answers.
pub(super) type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The connection is to be cut without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the region cuts the connection")]
pub(super) struct Cut {
    /// With a reset rather than a close.
    pub reset: bool,
}

/// A body that is there whole.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// What of a request goes into the journal.
pub(super) struct Note {
    started: Instant,
    at: f64,
    pub service: String,
    pub operation: String,
    pub caller: String,
    pub bug: Option<String>,
}

impl Note {
    fn new(region: &Region) -> Self {
        let (service, operation, caller) = (String::new(), String::new(), "-".to_owned());
        Self { started: Instant::now(), at: region.clock.epoch(), service, operation, caller, bug: None }
    }

    fn end(self, region: &Region, outcome: &str) {
        let Self { started, at, service, operation, caller, bug } = self;
        let took = started.elapsed().as_secs_f64();
        region.journal.write(Entry { at, service, operation, took, caller, outcome: outcome.to_owned(), bug });
    }
}

/// An answer on its way, or the effect of a fault on the connection.
pub(super) enum Reply {
    Answer(Response<Body>),
    Failed(AwsError),
    /// No answer; the journal says why.
    Lost(Lost, &'static str),
}

/// How a client is left without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    Closed,
    Reset,
    /// It waits for ever.
    Never,
}

/// Answers one request.
///
/// # Errors
/// [`Cut`] when a fault ends the connection.
pub(super) async fn answer(region: Arc<Region>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    let head = Head {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
    };
    if head.path.starts_with("/_region/") {
        return Ok(control::answer(&region, &head, body).await);
    }
    let mut note = Note::new(&region);
    let request_id = region.random.uuid();
    let (model, reply) = exchange(&region, &head, body, &request_id, &mut note).await;
    match reply {
        Reply::Answer(answer) => {
            note.end(&region, if note_failed(&answer) { "failed" } else { "ok" });
            Ok(answer)
        }
        Reply::Failed(error) => {
            let rendered = render(model, &error, &request_id);
            note.end(&region, &rendered.code);
            let mut answer = Response::builder()
                .status(rendered.status)
                .header("content-type", rendered.content_type)
                .header("x-amzn-requestid", &request_id)
                .header("x-amz-request-id", &request_id);
            for (name, value) in rendered.headers.into_iter().chain(s3::error_headers(&error)) {
                answer = answer.header(name, value);
            }
            // An answer to HEAD has no body: S3's clients see the status alone.
            let body = if head.method == "HEAD" { String::new() } else { rendered.body };
            answer.body(whole(body)).map_err(|_| Cut { reset: false })
        }
        Reply::Lost(how, why) => {
            note.end(&region, why);
            if how == Lost::Never {
                std::future::pending::<()>().await;
            }
            Err(Cut { reset: how == Lost::Reset })
        }
    }
}

fn note_failed(answer: &Response<Body>) -> bool {
    answer.status().is_client_error() || answer.status().is_server_error()
}

async fn exchange(
    region: &Arc<Region>,
    head: &Head,
    body: Incoming,
    request_id: &str,
    note: &mut Note,
) -> (&'static Model, Reply) {
    let signed = signature::read(head);
    let known = signed.as_ref().ok().and_then(Option::as_ref);
    let early = route::by_head(head, known);
    if let Some((name, model)) = early.filter(|(name, _)| *name == "s3") {
        name.clone_into(&mut note.service);
        return (model, s3::exchange(region, model, head, body, signed, request_id, note).await);
    }
    let bytes = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return (fallback(), Reply::Lost(Lost::Closed, "the client went away")),
    };
    let mut form = head.parameters();
    if head.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        form.extend(pairs(&String::from_utf8_lossy(&bytes), true));
    }
    let Some((name, model)) = early.or_else(|| route::by_content(head, &form)) else {
        let error = AwsError::new("UnknownService", "the region has no such service").with_status(404);
        return (fallback(), Reply::Failed(error));
    };
    name.clone_into(&mut note.service);
    let input = read_input(model, head, &form, &bytes);
    if let Some(operation) = input.operation() {
        note.operation.clone_from(&operation.name);
    }
    let principal = match authenticate(region, model, head, signed, &bytes) {
        Ok(principal) => principal,
        Err(refusal) => return (model, Reply::Failed(caller::error(model, refusal))),
    };
    note.caller = arn_of(region, &principal);
    let (operation, input) = match input {
        Input::Unknown(error) => return (model, Reply::Failed(error)),
        Input::Read(operation, input) => (operation, input),
    };
    (model, carry_out(region, (name, model, operation), input, principal, request_id, note).await)
}

/// Faults, checks, permission, the operation itself, the answer.
async fn carry_out(
    region: &Arc<Region>,
    (name, model, operation): (&'static str, &'static Model, &'static Operation),
    input: Result<Value, AwsError>,
    principal: Principal,
    request_id: &str,
    note: &mut Note,
) -> Reply {
    let text = input.as_ref().map(ToString::to_string).unwrap_or_default();
    let hit = region.faults.on_call(name, &operation.name, &note.caller, &text);
    let unread = input.as_ref().err().cloned();
    let call = Call { service: name, operation: operation.name.clone(), input: input.unwrap_or_default(), principal };
    if let Some(reply) = planted::before(region, model, &call, hit.as_ref()).await {
        return reply;
    }
    let checked = unread.map_or_else(|| check::check(model, operation.input.as_ref(), &call.input), Err);
    if let Err(error) = checked.and_then(|()| permission::check(region, &call, &model.metadata.protocol)) {
        return Reply::Failed(error);
    }
    let mut outcome = service::dispatch(region, call.clone()).await;
    if let Some(reply) = planted::after(region, model, &call, hit.as_ref()) {
        return reply;
    }
    if let Ok(value) = &mut outcome {
        planted::hold_back(region, &call, value, hit.as_ref()).await;
    }
    match outcome.map(|value| write_answer(model, operation, &value, request_id)) {
        Ok(Ok(answer)) => Reply::Answer(planted::through(answer, hit.as_ref())),
        Ok(Err(WriteError(what))) => {
            note.bug = Some(what);
            Reply::Failed(internal_failure())
        }
        Err(error) => Reply::Failed(error),
    }
}

/// What the region answers for a bug of its own.
pub(super) fn internal_failure() -> AwsError {
    AwsError::new(
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
    )
    .with_status(500)
}

fn fallback() -> &'static Model {
    // STS speaks the plainest protocol; its model is always there.
    super::model::model("sts").map(|(_, model)| model).unwrap_or_else(|| unreachable!("sts is among the models"))
}

fn authenticate(
    region: &Region,
    model: &Model,
    head: &Head,
    signed: Result<Option<signature::Signed>, String>,
    body: &[u8],
) -> Result<Principal, caller::Refusal> {
    let signed = signed.map_err(caller::Refusal::Malformed)?.ok_or(caller::Refusal::Unsigned)?;
    let actual = sha256(body);
    let declared = head.header("x-amz-content-sha256").unwrap_or(&actual);
    if declared != actual && declared != "UNSIGNED-PAYLOAD" {
        return Err(caller::Refusal::WrongSignature);
    }
    caller::principal(region, model, &signed, head, declared)
}

enum Input {
    Unknown(AwsError),
    Read(&'static Operation, Result<Value, AwsError>),
}

impl Input {
    fn operation(&self) -> Option<&'static Operation> {
        match self {
            Self::Unknown(_) => None,
            Self::Read(operation, _) => Some(operation),
        }
    }
}

fn read_input(model: &'static Model, head: &Head, form: &[(String, String)], body: &[u8]) -> Input {
    let parameter =
        |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let read = |operation: &'static Operation, input: Result<Value, read::ReadError>| {
        Input::Read(operation, input.map_err(|error| check::unreadable(model, error)))
    };
    match model.metadata.protocol.as_str() {
        "json" => {
            let target = head.header("x-amz-target").unwrap_or_default();
            let name = target.split_once('.').map(|(_, name)| name).unwrap_or_default();
            match model.operations.get(name) {
                Some(operation) => read(operation, read::json::read(model, operation.input.as_ref(), body)),
                None => Input::Unknown(AwsError::new("UnknownOperationException", "")),
            }
        }
        "rest-xml" => {
            let query = head.parameters();
            let parts = read::rest::Parts {
                method: &head.method,
                path: &head.path,
                query: &query,
                headers: &head.headers,
                body,
            };
            match read::rest::operation(model, &parts) {
                Some((operation, members)) => read(operation, read::rest::read(model, operation, &members, &parts)),
                None => Input::Unknown(AwsError::new("UnknownOperationException", "").with_status(404)),
            }
        }
        protocol => {
            let (action, version) = (parameter("Action"), parameter("Version"));
            let known = model.operations.get(action).filter(|_| version == model.metadata.api_version);
            match known {
                Some(operation) => read(operation, read::query::read(model, operation.input.as_ref(), form)),
                // https://github.com/cognitect-labs/aws-api/issues/6
                None if protocol == "ec2" => Input::Unknown(AwsError::new(
                    "InvalidAction",
                    format!("The action {action} is not valid for this web service."),
                )),
                // https://github.com/fog/fog-aws/issues/368, https://github.com/aws/aws-cli/issues/37
                None => Input::Unknown(AwsError::new(
                    "InvalidAction",
                    format!("Could not find operation {action} for version {version}"),
                )),
            }
        }
    }
}

fn write_answer(
    model: &Model,
    operation: &Operation,
    value: &Value,
    request_id: &str,
) -> Result<Response<Body>, WriteError> {
    let mut answer =
        Response::builder().status(operation.http.response_code.unwrap_or(200)).header("x-amzn-requestid", request_id);
    let body = match model.metadata.protocol.as_str() {
        "json" => {
            let version = model.metadata.json_version.as_deref().unwrap_or("1.1");
            answer = answer.header("content-type", format!("application/x-amz-json-{version}"));
            write::json::write(model, operation.output.as_ref(), value)?
        }
        "rest-xml" => {
            let rest = write::xml::write_rest(model, operation, value)?;
            answer = answer.header("content-type", "text/xml");
            for (name, value) in &rest.headers {
                answer = answer.header(name, value);
            }
            rest.body
        }
        _ => {
            answer = answer.header("content-type", "text/xml");
            write::xml::write(model, operation, value, request_id)?
        }
    };
    answer.body(whole(body)).map_err(|error| WriteError(error.to_string()))
}
