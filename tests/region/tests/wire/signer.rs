//! A client that signs by hand, so that it can also sign wrongly.

use std::fmt::Write as _;

use dockreg_region::{Options, Running, start, starting};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// A request to be signed.
#[derive(Debug, Clone)]
pub struct Ask {
    pub service: &'static str,
    pub region: &'static str,
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub key: String,
    pub secret: String,
    pub token: Option<String>,
    pub at: Timestamp,
    /// `x-amz-content-sha256` when it is not the body's hash.
    pub payload: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Ask {
    /// A request of the operator.
    pub fn new(service: &'static str) -> Self {
        Self {
            service,
            region: "us-east-1",
            method: "POST",
            path: "/".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            key: starting::ACCESS_KEY.to_owned(),
            secret: starting::SECRET_KEY.to_owned(),
            token: None,
            at: Timestamp::now(),
            payload: None,
        }
    }

    /// A call of a query service.
    pub fn query(service: &'static str, form: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        Self { headers, body: form.as_bytes().to_vec(), ..Self::new(service) }
    }

    /// A call of a JSON service.
    pub fn json(service: &'static str, target: &str, body: &serde_json::Value) -> Self {
        let headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), target.to_owned()),
        ];
        Self { headers, body: body.to_string().into_bytes(), ..Self::new(service) }
    }

    /// A call of S3.
    pub fn s3(method: &'static str, path: &str, body: &[u8]) -> Self {
        Self { method, path: path.to_owned(), body: body.to_vec(), ..Self::new("s3") }
    }

    /// `YYYYMMDD/REGION/SERVICE/aws4_request`.
    pub fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.at.strftime("%Y%m%d"), self.region, self.service)
    }

    /// `YYYYMMDD'T'HHMMSS'Z'`.
    pub fn stamp(&self) -> String {
        self.at.strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// The key that signs in the scope.
    pub fn signing_key(&self) -> Vec<u8> {
        let scope = self.scope();
        scope.split('/').fold(format!("AWS4{}", self.secret).into_bytes(), |key, step| sign(&key, step.as_bytes()))
    }

    /// All headers, the signature's among them, and the signature alone.
    pub fn signed(&self, host: &str) -> (Vec<(String, String)>, String) {
        let payload = self.payload.clone().unwrap_or_else(|| sha256(&self.body));
        let mut headers = self.headers.clone();
        headers.push(("host".to_owned(), host.to_owned()));
        headers.push(("x-amz-date".to_owned(), self.stamp()));
        headers.push(("x-amz-content-sha256".to_owned(), payload.clone()));
        headers.extend(self.token.iter().map(|token| ("x-amz-security-token".to_owned(), token.clone())));
        headers.sort();
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let mut lines = String::new();
        for (name, value) in &headers {
            let _written = writeln!(lines, "{name}:{value}");
        }
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let canonical = format!("{}\n{path}\n{query}\n{lines}\n{names}\n{payload}", self.method);
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{}", self.stamp(), self.scope(), sha256(canonical.as_bytes()));
        let signature = hex::encode(sign(&self.signing_key(), text.as_bytes()));
        let credential = format!("{}/{}", self.key, self.scope());
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
        headers.push(("authorization".to_owned(), authorization));
        (headers, signature)
    }

    /// Sends it as it is.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send(&self, running: &Running) -> anyhow::Result<Answer> {
        let host = running.endpoint().replace("http://", "");
        let (headers, _) = self.signed(&host);
        send(&host, self.method, &self.path, headers, self.body.clone()).await
    }

    /// Sends it and gives the answer, whatever its status.
    pub async fn answer(&self, running: &Running) -> Answer {
        self.send(running).await.expect("an answer")
    }
}

/// Sends a request with these headers.
///
/// # Errors
/// When the connection breaks.
pub async fn send(
    host: &str,
    method: &str,
    path: &str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
) -> anyhow::Result<Answer> {
    let stream = tokio::net::TcpStream::connect(host).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
    let status = answer.status().as_u16();
    let body = String::from_utf8_lossy(&answer.into_body().collect().await?.to_bytes()).into_owned();
    Ok(Answer { status, body })
}

/// HMAC-SHA256.
pub fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A region with a zone.
pub async fn region() -> Running {
    let domain = Some("docker.example.test".to_owned());
    start(Options { domain, ..Options::default() }).await.expect("a region")
}
