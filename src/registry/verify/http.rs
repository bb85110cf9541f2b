//! Stages four to six: the registry over HTTP, first without a password and then with the operator's.

use std::time::Duration;

use base64::Engine;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::tls::Session;
use super::{Outcome, Probe, Step, address, tls};

/// How long an answer may take: a deep ping gives S3 four seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// What nginx, the registry and S3 are asked together.
const PING: &str = "/v1/_ping";

/// What every Docker client asks first.
const API: &str = "/v2/";

/// The registry must not answer without a password.
pub(super) async fn without_password(probe: &Probe, session: &mut Session) -> Step<()> {
    match get(probe, session, PING, false).await? {
        StatusCode::UNAUTHORIZED => Ok(((), Outcome::passed("401 without a password"))),
        StatusCode::OK => Err(Outcome::failed(
            "the registry answers without a password",
            "do not push to it; run `dockreg up` to set its nodes right",
        )),
        status => Err(unexpected(PING, status)),
    }
}

/// The deep ping with the operator's password.
pub(super) async fn ping(probe: &Probe, session: &mut Session) -> Step<()> {
    match get(probe, session, PING, true).await? {
        StatusCode::OK => Ok(((), Outcome::passed("200 with the operator's password"))),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Outcome::failed(
            "the operator's password is not accepted",
            "nodes fetch it every minute, so wait one; if this stays, replace the nodes with `dockreg up --upgrade`",
        )),
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::GATEWAY_TIMEOUT => Err(Outcome::failed(
            "the registry does not reach its bucket",
            "`dockreg up` makes a bucket that is gone again; if it is there, check that no policy of it denies the nodes; \
             `dockreg status` names it",
        )),
        status => Err(unexpected(PING, status)),
    }
}

/// The registry's API with the operator's password.
pub(super) async fn api(probe: &Probe, session: &mut Session) -> Step<()> {
    match get(probe, session, API, true).await? {
        StatusCode::OK => Ok(((), Outcome::passed("200 on /v2/"))),
        status => Err(unexpected(API, status)),
    }
}

/// What an answer means that the registry itself did not give.
fn unexpected(path: &str, status: StatusCode) -> Outcome {
    let (why, cure) = match status {
        StatusCode::SERVICE_UNAVAILABLE => (
            "the load balancer has no healthy node yet (503)".to_owned(),
            "a node takes two to three minutes to boot; if this stays, `dockreg status` shows what is wrong with it",
        ),
        StatusCode::BAD_GATEWAY => (
            "a node does not speak HTTP (502)".to_owned(),
            "it may be starting or stopping; if this stays, `dockreg status` shows which one",
        ),
        StatusCode::GATEWAY_TIMEOUT => (
            "a node does not answer in time (504)".to_owned(),
            "it may be starting or overloaded; if this stays, `dockreg status` shows which one",
        ),
        status => (
            format!("{path} answers {}", status.as_u16()),
            "something else than the registry answers; check where the host name leads",
        ),
    };
    Outcome::failed(why, cure)
}

async fn get(probe: &Probe, session: &mut Session, path: &str, with_password: bool) -> Result<StatusCode, Outcome> {
    if session.is_closed() || session.ready().await.is_err() {
        *session = again(probe).await?;
    }
    let request = request(probe, path, with_password).map_err(|error| {
        Outcome::failed(format!("the request cannot be written: {error}"), "give the registry another --domain")
    })?;
    match timeout(ANSWER_TIMEOUT, session.send_request(request)).await {
        Ok(Ok(answer)) => {
            let status = answer.status();
            // The body says nothing that the status does not; reading it frees the connection for the next request.
            let read = timeout(ANSWER_TIMEOUT, http_body_util::BodyExt::collect(answer.into_body())).await;
            tracing::debug!(path, %status, complete = read.is_ok_and(|read| read.is_ok()), "registry answered");
            Ok(status)
        }
        Ok(Err(error)) => Err(Outcome::failed(
            format!("the connection broke: {error}"),
            "nodes may be changing just now; if this stays, `dockreg status` shows them",
        )),
        Err(_) => Err(Outcome::failed(
            format!("no answer to {path} within 15 s"),
            "nodes may be overloaded or cut off from their bucket; `dockreg status` shows them",
        )),
    }
}

/// A new session, when the load balancer closed the first one between two requests.
async fn again(probe: &Probe) -> Result<Session, Outcome> {
    let (addresses, _) = address::find(probe).await?;
    let (stream, _) = address::connect(probe, &addresses).await?;
    let (session, _) = tls::handshake(probe, stream).await?;
    Ok(session)
}

fn request(probe: &Probe, path: &str, with_password: bool) -> Result<Request<Empty<Bytes>>, hyper::http::Error> {
    let mut request = Request::get(path)
        .header(HOST, &probe.host)
        .header(USER_AGENT, concat!("dockreg/", env!("CARGO_PKG_VERSION")))
        .body(Empty::new())?;
    if with_password {
        let pair = format!("{}:{}", probe.user, probe.password.expose_secret());
        let encoded = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        let mut value = HeaderValue::try_from(encoded)?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Ok(request)
}
