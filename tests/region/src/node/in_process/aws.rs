//! The node's calls of AWS: credentials from its metadata service, signed with Signature Version 4, over HTTP.
//!
//! https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

use std::sync::Arc;

use anyhow::{Context as _, bail};
use aws_lc_rs::{digest, hmac};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderMap;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::net::TcpStream;

use super::Node;

/// What URIs leave unencoded.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Calls AWS for one node.
#[derive(Clone)]
pub(super) struct Client {
    node: Arc<Node>,
    /// `127.0.0.1:PORT` of the region.
    authority: String,
    region: String,
}

/// One call.
#[derive(Debug, Default)]
pub(super) struct Ask<'a> {
    pub method: Method,
    pub service: &'a str,
    /// Decoded segments of the path.
    pub path: Vec<String>,
    pub query: Vec<(&'a str, String)>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

struct Keys {
    id: String,
    secret: String,
    token: String,
}

impl Client {
    pub(super) fn new(node: Arc<Node>, authority: String, region: String) -> Self {
        Self { node, authority, region }
    }

    /// Makes the call and answers the response, whatever its status.
    pub(super) async fn send(&self, call: Ask<'_>) -> anyhow::Result<Response<Incoming>> {
        let request = self.signed(call).await?;
        let stream = TcpStream::connect(&self.authority).await.context("AWS is out of reach")?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender.send_request(request).await?)
    }

    /// Makes the call and answers the body of a 2xx response.
    pub(super) async fn ask(&self, call: Ask<'_>) -> anyhow::Result<Bytes> {
        let response = self.send(call).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            let text: String = String::from_utf8_lossy(&body).chars().take(300).collect();
            bail!("HTTP {} {text}", status.as_u16());
        }
        Ok(body)
    }

    /// A call of the query protocol.
    pub(super) async fn query(&self, service: &str, parameters: &[(&str, &str)]) -> anyhow::Result<String> {
        let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value)));
        let body = Bytes::from(pairs.collect::<Vec<_>>().join("&"));
        let headers = vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
        let call = Ask { method: Method::POST, service, headers, body, ..Ask::default() };
        Ok(String::from_utf8_lossy(&self.ask(call).await?).into_owned())
    }

    /// A secret's text.
    pub(super) async fn secret(&self, arn: &str) -> anyhow::Result<String> {
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", "secretsmanager.GetSecretValue".to_owned()),
        ];
        let body = Bytes::from(serde_json::json!({ "SecretId": arn }).to_string());
        let service = "secretsmanager";
        let call = Ask { method: Method::POST, service, headers, body, ..Ask::default() };
        let answer: Value = serde_json::from_slice(&self.ask(call).await?)?;
        Ok(answer["SecretString"].as_str().context("the secret has no text")?.to_owned())
    }

    async fn signed(&self, call: Ask<'_>) -> anyhow::Result<Request<Full<Bytes>>> {
        let keys = self.keys().await?;
        let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let payload = hex(digest::digest(&digest::SHA256, &call.body).as_ref());
        let path = format!("/{}", call.path.iter().map(|part| encode(part)).collect::<Vec<_>>().join("/"));
        let mut query: Vec<String> =
            call.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        query.sort();
        let query = query.join("&");
        let mut headers: Vec<(&str, String)> = call.headers;
        headers.push(("host", self.authority.clone()));
        headers.push(("x-amz-content-sha256", payload.clone()));
        headers.push(("x-amz-date", stamp.clone()));
        headers.push(("x-amz-security-token", keys.token));
        headers.sort();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let canonical = format!("{}\n{path}\n{query}\n{lines}\n{names}\n{payload}", call.method);
        let scope = format!("{}/{}/{}/aws4_request", &stamp[..8], self.region, call.service);
        let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}");
        let mut key = format!("AWS4{}", keys.secret).into_bytes();
        for part in scope.split('/') {
            key = sign(&key, part);
        }
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            keys.id,
            hex(&sign(&key, &text))
        );
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut request = Request::builder().method(call.method).uri(target).header("authorization", authorization);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(call.body))?)
    }

    /// Asks the metadata service, as every program on the node does: a token first.
    async fn keys(&self) -> anyhow::Result<Keys> {
        let mut headers = HeaderMap::new();
        headers.insert("x-aws-ec2-metadata-token-ttl-seconds", "300".parse()?);
        let token = self.metadata(&Method::PUT, "/latest/api/token", &headers).await?;
        headers.clear();
        headers.insert("x-aws-ec2-metadata-token", token.parse()?);
        let folder = "/latest/meta-data/iam/security-credentials/";
        let role = self.metadata(&Method::GET, folder, &headers).await.context("the instance has no role")?;
        let document = self.metadata(&Method::GET, &format!("{folder}{role}"), &headers).await?;
        let document: Value = serde_json::from_str(&document)?;
        let text = |name: &str| document[name].as_str().map(str::to_owned).context("the credentials are incomplete");
        Ok(Keys { id: text("AccessKeyId")?, secret: text("SecretAccessKey")?, token: text("Token")? })
    }

    async fn metadata(&self, method: &Method, path: &str, headers: &HeaderMap) -> anyhow::Result<String> {
        let answer = self.node.metadata.answer(&self.node.launch.instance_id, method, path, headers);
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("the metadata service says {status}");
        }
        Ok(String::from_utf8(body.to_vec())?)
    }
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}
