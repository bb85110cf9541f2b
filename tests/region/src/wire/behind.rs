//! Objects in another S3 server behind the region: the request is passed on, bodies streamed both ways.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::chunked::Chunked;
use super::endpoint::Body;
use super::signature::Head;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Headers that belong to the client's connection or to its way of sending the body.
const NOT_PASSED: [&str; 8] = [
    "host",
    "connection",
    "expect",
    "content-length",
    "transfer-encoding",
    "x-amz-content-sha256",
    "x-amz-trailer",
    "x-amz-decoded-content-length",
];

/// Passes a request on to `server` (`http://HOST:PORT`), path-style.
pub(super) async fn forward(
    server: &str,
    head: &Head,
    path: &str,
    body: Incoming,
    chunked: Option<Chunked>,
) -> Result<Response<Body>, BoxError> {
    let address = server.trim_start_matches("http://").trim_end_matches('/');
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let uri = if head.query.is_empty() { path.to_owned() } else { format!("{path}?{}", head.query) };
    let mut request = Request::builder().method(head.method.as_str()).uri(uri).header("host", address);
    for (name, value) in head.headers.iter().filter(|(name, _)| !NOT_PASSED.contains(&name.as_str())) {
        if name == "content-encoding" && chunked.is_some() {
            // The coding is undone here; what was coded before it stays.
            let rest: Vec<&str> = value.split(',').map(str::trim).filter(|coding| *coding != "aws-chunked").collect();
            if !rest.is_empty() {
                request = request.header(name, rest.join(","));
            }
            continue;
        }
        request = request.header(name, value);
    }
    let length = head.header(if chunked.is_some() { "x-amz-decoded-content-length" } else { "content-length" });
    let body = Decoding { inner: body, chunked, length: length.and_then(|length| length.parse().ok()) };
    let answer = sender.send_request(request.body(body)?).await?;
    let (mut parts, body) = answer.into_parts();
    for name in ["connection", "transfer-encoding", "keep-alive"] {
        parts.headers.remove(name);
    }
    Ok(Response::from_parts(parts, body.map_err(BoxError::from).boxed_unsync()))
}

/// A request body with its `aws-chunked` coding undone on the way.
struct Decoding {
    inner: Incoming,
    chunked: Option<Chunked>,
    length: Option<u64>,
}

impl HttpBody for Decoding {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
            let data = match frame {
                None => {
                    let end = self.chunked.take().map_or(Ok(()), Chunked::finish);
                    return Poll::Ready(end.err().map(|error| Err(error.into())));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            let decoded = match &mut self.chunked {
                None => data,
                Some(chunked) => match chunked.push(&data) {
                    Ok(decoded) => decoded.into(),
                    Err(error) => return Poll::Ready(Some(Err(error.into()))),
                },
            };
            if !decoded.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(decoded))));
            }
        }
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.length.map(hyper::body::SizeHint::with_exact).unwrap_or_default()
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && self.chunked.is_none()
    }
}
