//! What nginx does on the real node: port 80 with a password, port 8081 for the load balancer's checks.

use std::sync::{Arc, Weak};

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Node;
use super::registry::Registry;
use super::users::Users;

/// A body that comes from memory or from storage.
pub(super) type Body = BoxBody<Bytes, hyper::Error>;

/// What the proxy serves.
pub(super) struct Site {
    pub(super) node: Weak<Node>,
    pub(super) users: Arc<Users>,
    pub(super) registry: Arc<Registry>,
}

/// Listens for both ports on loopback ports of their own.
pub(super) async fn listen(node: &Arc<Node>, site: &Arc<Site>) -> std::io::Result<()> {
    for port in [80, 8081] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        node.keep(tokio::spawn(accept(site.clone(), listener, port)).abort_handle());
        node.listens(port, address);
    }
    Ok(())
}

async fn accept(site: Arc<Site>, listener: TcpListener, port: u16) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(site.clone(), stream, port));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(site: Arc<Site>, stream: TcpStream, port: u16) {
    let service = service_fn(move |request| {
        let site = site.clone();
        async move {
            let answer = if port == 80 { site.public(request).await } else { site.check(&request) };
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection to a node ended");
    }
}

impl Site {
    async fn public(&self, request: Request<Incoming>) -> Response<Body> {
        let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let mut response = if !self.users.admits(authorization).await {
            let mut response = page(StatusCode::UNAUTHORIZED);
            let challenge = HeaderValue::from_static("Basic realm=\"dockreg\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response
        } else if self.registry_stopped() {
            page(StatusCode::BAD_GATEWAY)
        } else if request.uri().path() == "/v1/_ping" {
            match self.registry.deep_ping().await {
                Ok(()) => json(StatusCode::OK, "{\"repositories\":[]}"),
                Err(_) => json(StatusCode::INTERNAL_SERVER_ERROR, "{\"errors\":[{\"code\":\"UNKNOWN\"}]}"),
            }
        } else if request.uri().path().starts_with("/v2/") {
            self.registry.answer(request).await
        } else {
            page(StatusCode::NOT_FOUND)
        };
        let version = HeaderValue::from_static("registry/2.0");
        response.headers_mut().entry("docker-distribution-api-version").or_insert(version);
        response
    }

    /// The shallow check: the registry process answers, whatever S3 does.
    fn check(&self, request: &Request<Incoming>) -> Response<Body> {
        if request.uri().path() != "/v1/_ping" {
            page(StatusCode::NOT_FOUND)
        } else if self.registry_stopped() {
            page(StatusCode::BAD_GATEWAY)
        } else {
            json(StatusCode::OK, "{}")
        }
    }

    fn registry_stopped(&self) -> bool {
        self.node.upgrade().is_none_or(|node| node.state().registry_stopped)
    }
}

/// A body from memory.
pub(super) fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| match never {}).boxed()
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(full(body.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// nginx's own page.
fn page(status: StatusCode) -> Response<Body> {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let body = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("nginx"));
    response
}
