//! A client of the registry that pushes and pulls small images.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::harness::{Fixture, HOST};

/// The output that names the secret with the operator's login.
const OPERATOR_SECRET: &str = "OperatorSecretArn";

/// An image of one layer.
#[derive(Clone, Debug)]
pub struct Image {
    tag: String,
    layer: Vec<u8>,
}

impl Image {
    /// An image that no other step of any sequence pushes.
    pub fn new(seed: u64, place: usize) -> Self {
        let tag = format!("s{seed}-{place}");
        Self { layer: format!("the layer of {tag}").repeat(50).into_bytes(), tag }
    }

    fn manifest(&self) -> String {
        json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(b"{}"), "size": 2 },
            "layers": [{
                "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(&self.layer), "size": self.layer.len()
            }],
        })
        .to_string()
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "app:{}", self.tag)
    }
}

/// The registry as the account's owner finds it.
#[derive(Debug)]
pub struct Registry {
    edge: SocketAddr,
    authority: String,
    login: String,
}

impl Registry {
    /// The registry of the stack, if the stack names its login and the login is there: a deletion that failed leaves the
    /// name alone.
    pub async fn of(fixture: &Fixture) -> Option<Self> {
        let stacks = fixture.call("cloudformation", "DescribeStacks", json!({})).await;
        let outputs = stacks["Stacks"][0]["Outputs"].as_array()?;
        let arn = outputs.iter().find(|output| output["OutputKey"] == OPERATOR_SECRET)?["OutputValue"].clone();
        let secret = fixture.answer("secretsmanager", "GetSecretValue", json!({ "SecretId": arn })).await.ok()?;
        let login: Value = serde_json::from_str(secret["SecretString"].as_str()?).ok()?;
        let login = format!("{}:{}", login["username"].as_str()?, login["password"].as_str()?);
        let running = fixture.region();
        Some(Self { edge: running.edge(), authority: running.ca_pem(), login })
    }

    /// Pushes an image; whether the registry has taken all of it.
    pub async fn push(&self, image: &Image) -> bool {
        for blob in [b"{}".as_slice(), &image.layer] {
            let Some(begun) = self.ask(Method::POST, "/v2/app/blobs/uploads/", b"").await else { return false };
            let Some(location) = begun.headers().get("location").and_then(|value| value.to_str().ok()) else {
                return false;
            };
            let end = format!("{location}?digest={}", digest(blob));
            if self.ask(Method::PUT, &end, blob).await.is_none_or(|ended| ended.status() != 201) {
                return false;
            }
        }
        let path = format!("/v2/app/manifests/{}", image.tag);
        self.ask(Method::PUT, &path, image.manifest().as_bytes()).await.is_some_and(|put| put.status() == 201)
    }

    /// Pulls an image and compares it.
    pub async fn pull(&self, image: &Image) -> Result<(), String> {
        let layer = format!("/v2/app/blobs/{}", digest(&image.layer));
        let config = format!("/v2/app/blobs/{}", digest(b"{}"));
        let manifest = image.manifest();
        for (path, wanted) in
            [(format!("/v2/app/manifests/{}", image.tag), manifest.as_bytes()), (layer, &image.layer), (config, b"{}")]
        {
            let answer = self.ask(Method::GET, &path, b"").await.ok_or_else(|| format!("{path}: no answer"))?;
            if answer.status() != 200 || answer.body() != wanted {
                return Err(format!("{path}: {}", answer.status()));
            }
        }
        Ok(())
    }

    /// Asks over a connection of its own; nothing if there is no whole answer.
    async fn ask(&self, method: Method, path: &str, body: &[u8]) -> Option<Response<Bytes>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.authority.as_bytes()) {
            roots.add(certificate.ok()?).ok()?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(self.edge).await.ok()?;
        let name = ServerName::try_from(HOST).ok()?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header("host", HOST);
        let request = request.header("authorization", format!("Basic {}", STANDARD.encode(&self.login)));
        let request = request.header("content-type", "application/vnd.oci.image.manifest.v1+json");
        let answer = sender.send_request(request.body(Full::new(Bytes::copy_from_slice(body))).ok()?).await.ok()?;
        let (parts, body) = answer.into_parts();
        Some(Response::from_parts(parts, body.collect().await.ok()?.to_bytes()))
    }
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}
