//! HTTP/1.1 from client to target and back, bodies streamed both ways, errors as an Application Load Balancer gives them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::headers;
use super::route::{CONNECT_TIMEOUT, Decision, decide};
use crate::Region;

type Body = BoxBody<Bytes, hyper::Error>;

/// `client_keep_alive.seconds`' default.
const CLIENT_KEEP_ALIVE: Duration = Duration::from_secs(3600);

/// Serves one client connection of a listener until it ends.
///
/// # Errors
/// The connection broke.
pub(super) async fn serve<S>(region: Weak<Region>, listener: String, peer: SocketAddr, stream: S) -> anyhow::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let (region, listener) = (region.clone(), listener.clone());
        async move {
            let mut response = answer(&region, &listener, peer, request).await;
            if let Some(region) = region.upgrade() {
                headers::shape(&region, &listener, response.headers_mut());
            }
            Ok::<_, hyper::Error>(response)
        }
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(CLIENT_KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), service)
        .await?;
    Ok(())
}

async fn answer(region: &Weak<Region>, listener: &str, peer: SocketAddr, request: Request<Incoming>) -> Response<Body> {
    let Some(decision) = region.upgrade().map(|region| decide(&region, listener)) else {
        return failed(StatusCode::SERVICE_UNAVAILABLE);
    };
    match decision {
        Decision::Gone | Decision::NoTarget => failed(StatusCode::SERVICE_UNAVAILABLE),
        Decision::Answer { action } => act(&action, &request),
        Decision::Blocked { flight, patience } => {
            tokio::time::sleep(patience).await;
            drop(flight);
            failed(StatusCode::GATEWAY_TIMEOUT)
        }
        Decision::Forward { address: None, .. } => failed(StatusCode::BAD_GATEWAY),
        Decision::Forward { address: Some(target), flight, idle_seconds, port, secure } => {
            let request = prepared(request, peer, port, secure);
            match forward(target, Duration::from_secs(idle_seconds), request).await {
                // The request is in flight until its answer has been passed on.
                Ok(response) => response.map(|body| {
                    body.map_frame(move |frame| {
                        let _held = &flight;
                        frame
                    })
                    .boxed()
                }),
                Err(status) => failed(status),
            }
        }
    }
}

/// Adds what the load balancer tells the target, takes out what concerned only the client's connection.
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
fn prepared(mut request: Request<Incoming>, peer: SocketAddr, port: u16, secure: bool) -> Request<Incoming> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    if let (Some(host), None) = (request.uri().host().map(str::to_owned), request.headers().get(header::HOST)) {
        insert(request.headers_mut(), header::HOST, &host);
    }
    *request.uri_mut() = path.parse().unwrap_or_else(|_| Uri::from_static("/"));
    *request.version_mut() = hyper::Version::HTTP_11;
    let headers = request.headers_mut();
    without_hop_headers(headers);
    let client = peer.ip().to_string();
    let chain = match headers.get("x-forwarded-for").and_then(|value| value.to_str().ok()) {
        Some(before) => format!("{before}, {client}"),
        None => client,
    };
    insert(headers, HeaderName::from_static("x-forwarded-for"), &chain);
    insert(headers, HeaderName::from_static("x-forwarded-proto"), if secure { "https" } else { "http" });
    insert(headers, HeaderName::from_static("x-forwarded-port"), &port.to_string());
    request
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
fn without_hop_headers(headers: &mut HeaderMap) {
    for name in ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"] {
        headers.remove(name);
    }
}

async fn forward(
    target: SocketAddr,
    idle: Duration,
    request: Request<Incoming>,
) -> Result<Response<Incoming>, StatusCode> {
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(target)).await;
    let stream = connected.map_err(|_| StatusCode::GATEWAY_TIMEOUT)?.map_err(|_| StatusCode::BAD_GATEWAY)?;
    stream.set_nodelay(true).map_err(|_| StatusCode::BAD_GATEWAY)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection to a target ended");
        }
    });
    let moved = Arc::new(Mutex::new(Instant::now()));
    let touch = moved.clone();
    let request = request.map(|body| {
        body.map_frame(move |frame| {
            *touch.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            frame
        })
        .boxed()
    });
    let mut response = std::pin::pin!(sender.send_request(request));
    loop {
        let deadline = *moved.lock().unwrap_or_else(PoisonError::into_inner) + idle;
        match tokio::time::timeout_at(deadline, response.as_mut()).await {
            Ok(Ok(response)) => {
                let (mut parts, body) = response.into_parts();
                without_hop_headers(&mut parts.headers);
                return Ok(Response::from_parts(parts, body));
            }
            Ok(Err(_)) => return Err(StatusCode::BAD_GATEWAY),
            Err(_) if *moved.lock().unwrap_or_else(PoisonError::into_inner) + idle <= Instant::now() => {
                return Err(StatusCode::GATEWAY_TIMEOUT);
            }
            Err(_) => {}
        }
    }
}

/// The load balancer's own page for a failure of its own.
fn failed(status: StatusCode) -> Response<Body> {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    own(status, "text/html", page)
}

fn own(status: StatusCode, content_type: &str, body: String) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("awselb/2.0"));
    insert(response.headers_mut(), header::CONTENT_TYPE, content_type);
    response
}

/// A `fixed-response` or `redirect` action.
fn act(action: &Value, request: &Request<Incoming>) -> Response<Body> {
    let text = |value: &Value, otherwise: &str| value.as_str().unwrap_or(otherwise).to_owned();
    if action["Type"] == "redirect" {
        let config = &action["RedirectConfig"];
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        let location = format!(
            "{}://{}:{}{}?{}",
            text(&config["Protocol"], "#{protocol}").to_lowercase(),
            text(&config["Host"], "#{host}").replace("#{host}", host),
            text(&config["Port"], "443"),
            text(&config["Path"], "/#{path}").replace("/#{path}", request.uri().path()),
            text(&config["Query"], "#{query}").replace("#{query}", request.uri().query().unwrap_or_default()),
        );
        let permanent = config["StatusCode"] == "HTTP_301";
        let status = if permanent { StatusCode::MOVED_PERMANENTLY } else { StatusCode::FOUND };
        let mut response = own(status, "text/html", String::new());
        insert(response.headers_mut(), header::LOCATION, location.trim_end_matches('?'));
        return response;
    }
    let config = &action["FixedResponseConfig"];
    let status = config["StatusCode"].as_str().and_then(|code| code.parse().ok()).unwrap_or(StatusCode::OK);
    own(status, &text(&config["ContentType"], "text/plain"), text(&config["MessageBody"], ""))
}
