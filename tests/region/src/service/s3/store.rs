//! Objects of the in-process store, and the few questions that the region itself asks a server behind it.

use std::collections::BTreeMap;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;

use crate::AwsError;

/// An object; its bytes are shared, so that a clone is cheap.
#[derive(Debug, Clone)]
pub struct Object {
    pub bytes: Bytes,
    /// Without quotes.
    pub etag: String,
    pub content_type: Option<String>,
    /// User metadata, names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// Seconds since 1970.
    pub modified: f64,
}

impl Object {
    /// An object of these bytes; the entity tag is a hash, though not MD5 (S3 promises that only for some objects).
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    pub fn new(bytes: impl Into<Bytes>, now: f64) -> Self {
        let bytes = bytes.into();
        let hash = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes));
        Self { bytes, etag: hash[..32].to_owned(), content_type: None, metadata: BTreeMap::new(), modified: now }
    }
}

/// A multipart upload under way.
#[derive(Debug, Clone)]
pub struct Upload {
    pub key: String,
    pub content_type: Option<String>,
    /// Seconds since 1970.
    pub initiated: f64,
    /// By part number.
    pub parts: BTreeMap<u64, Object>,
}

/// Sends a request without body to the server behind the region; gives the status.
///
/// # Errors
/// `InternalError` when it does not answer.
pub(super) async fn ask_behind(server: &str, method: &str, path: &str) -> Result<u16, AwsError> {
    let asked = async {
        let address = server.trim_start_matches("http://").trim_end_matches('/');
        let stream = tokio::net::TcpStream::connect(address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header("host", address).body(Empty::<Bytes>::new())?;
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        answer.into_body().collect().await?;
        anyhow::Ok(status)
    };
    let status = asked.await.map_err(|error| {
        AwsError::new("InternalError", format!("the S3 server behind the region: {error}")).with_status(500)
    })?;
    match status {
        200..=299 | 404 | 409 => Ok(status),
        other => Err(AwsError::new("InternalError", format!("the S3 server behind the region answered {other}"))
            .with_status(500)),
    }
}
