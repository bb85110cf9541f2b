//! A minimal registry: push and pull of blobs and manifests by the OCI distribution protocol, tags, the catalog's ping.
//! Uploads lie in the bucket, so that the next request may reach another node.
//!
//! https://github.com/opencontainers/distribution-spec/blob/main/spec.md

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::proxy::{Body, full, json as json_answer};
use super::storage::Storage;

/// The registry of one node.
pub(super) struct Registry {
    storage: Storage,
}

/// An error of the protocol.
struct Refusal(StatusCode, &'static str);

type Answer = Result<Response<Body>, Problem>;

/// Why a request is not answered as asked.
enum Problem {
    Refused(Refusal),
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<hyper::Error> for Problem {
    fn from(error: hyper::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl Registry {
    pub(super) fn new(storage: Storage) -> Self {
        Self { storage }
    }

    /// Asks S3, as the catalog does.
    pub(super) async fn deep_ping(&self) -> anyhow::Result<()> {
        self.storage.list("repositories/", 1).await.map(drop)
    }

    /// Answers a request below `/v2/`.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        match self.route(request).await {
            Ok(response) => response,
            Err(Problem::Refused(Refusal(status, code))) => {
                json_answer(status, &json!({"errors": [{"code": code, "message": code}]}).to_string())
            }
            Err(Problem::Broken(error)) => {
                tracing::debug!(%error, "registry");
                json_answer(StatusCode::INTERNAL_SERVER_ERROR, "{\"errors\":[{\"code\":\"UNKNOWN\"}]}")
            }
        }
    }

    async fn route(&self, request: Request<Incoming>) -> Answer {
        let path = percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
        let rest = path.strip_prefix("/v2/").unwrap_or_default();
        let method = request.method().clone();
        if rest.is_empty() {
            return Ok(json_answer(StatusCode::OK, "{}"));
        }
        if rest == "_catalog" {
            return self.catalog().await;
        }
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return self.tags(name).await;
        }
        if let Some((name, reference)) = rest.rsplit_once("/manifests/") {
            return match method {
                Method::PUT => self.put_manifest(name, reference, request).await,
                Method::GET | Method::HEAD => self.manifest(name, reference, method == Method::HEAD).await,
                _ => Err(unsupported().into()),
            };
        }
        if let Some((name, upload)) = rest.rsplit_once("/blobs/uploads/") {
            return self.upload(name, upload, request).await;
        }
        if let Some((name, digest)) = rest.rsplit_once("/blobs/") {
            return match method {
                Method::GET | Method::HEAD => self.blob(name, digest, method == Method::HEAD).await,
                _ => Err(unsupported().into()),
            };
        }
        Err(Refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN").into())
    }

    async fn catalog(&self) -> Answer {
        let keys = self.storage.list("repositories/", 1000).await?;
        let name = |key: &String| {
            let rest = key.strip_prefix("repositories/")?;
            Some(rest.split_once("/_")?.0.to_owned())
        };
        let names: BTreeSet<String> = keys.iter().filter_map(name).collect();
        Ok(json_answer(StatusCode::OK, &json!({ "repositories": names }).to_string()))
    }

    async fn tags(&self, name: &str) -> Answer {
        let prefix = format!("repositories/{name}/_manifests/tags/");
        let keys = self.storage.list(&prefix, 1000).await?;
        let tags: BTreeSet<&str> = keys.iter().filter_map(|key| key.strip_prefix(&prefix)?.split('/').next()).collect();
        if tags.is_empty() {
            return Err(Refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN").into());
        }
        Ok(json_answer(StatusCode::OK, &json!({ "name": name, "tags": tags }).to_string()))
    }

    async fn manifest(&self, name: &str, reference: &str, head: bool) -> Answer {
        let unknown = || Refusal(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN");
        let digest = if reference.contains(':') {
            let link = format!("repositories/{name}/_manifests/revisions/{}/link", slashed(reference)?);
            self.storage.get(&link).await?.ok_or_else(unknown)?
        } else {
            let link = format!("repositories/{name}/_manifests/tags/{reference}/current/link");
            self.storage.get(&link).await?.ok_or_else(unknown)?
        };
        let digest = String::from_utf8_lossy(&digest).into_owned();
        let body = self.storage.get(&data(&digest)?).await?.ok_or_else(unknown)?;
        let length = body.len();
        let mut response = Response::new(full(if head { Bytes::new() } else { body.clone() }));
        set(&mut response, header::CONTENT_TYPE, &media_type(&body));
        set(&mut response, header::CONTENT_LENGTH, &length.to_string());
        set(&mut response, digest_header(), &digest);
        Ok(response)
    }

    async fn put_manifest(&self, name: &str, reference: &str, request: Request<Incoming>) -> Answer {
        let body = request.into_body().collect().await?.to_bytes();
        let manifest: Value = serde_json::from_slice(&body).map_err(|_| invalid_manifest())?;
        for part in parts(&manifest) {
            let kept = if part.manifest { "_manifests/revisions" } else { "_layers" };
            let link = format!("repositories/{name}/{kept}/{}/link", slashed(&part.digest)?);
            if self.storage.size(&link).await?.is_none() {
                return Err(Refusal(StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN").into());
            }
        }
        let digest = digest_of(&body);
        if reference.contains(':') && reference != digest {
            return Err(Refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID").into());
        }
        self.storage.put(&data(&digest)?, body).await?;
        let link = Bytes::from(digest.clone());
        let revisions = format!("repositories/{name}/_manifests/revisions/{}/link", slashed(&digest)?);
        self.storage.put(&revisions, link.clone()).await?;
        if !reference.contains(':') {
            let tag = format!("repositories/{name}/_manifests/tags/{reference}");
            self.storage.put(&format!("{tag}/index/{}/link", slashed(&digest)?), link.clone()).await?;
            self.storage.put(&format!("{tag}/current/link"), link).await?;
        }
        let mut response = created(&format!("/v2/{name}/manifests/{digest}"));
        set(&mut response, digest_header(), &digest);
        Ok(response)
    }

    async fn blob(&self, name: &str, digest: &str, head: bool) -> Answer {
        let unknown = || Refusal(StatusCode::NOT_FOUND, "BLOB_UNKNOWN");
        let link = format!("repositories/{name}/_layers/{}/link", slashed(digest)?);
        self.storage.size(&link).await?.ok_or_else(unknown)?;
        let key = data(digest)?;
        let mut response = if head {
            let size = self.storage.size(&key).await?.ok_or_else(unknown)?;
            let mut response = Response::new(full(Bytes::new()));
            set(&mut response, header::CONTENT_LENGTH, &size.to_string());
            response
        } else {
            let object = self.storage.open(&key).await?.ok_or_else(unknown)?;
            let length = object.headers().get(header::CONTENT_LENGTH).cloned();
            let mut response = Response::new(object.into_body().boxed());
            if let Some(length) = length {
                response.headers_mut().insert(header::CONTENT_LENGTH, length);
            }
            response
        };
        set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
        set(&mut response, digest_header(), digest);
        Ok(response)
    }

    /// `POST` begins (or mounts, or takes all at once), `PATCH` adds, `PUT` ends, `GET` tells how far it is.
    async fn upload(&self, name: &str, upload: &str, request: Request<Incoming>) -> Answer {
        let method = request.method().clone();
        let query: Vec<(String, String)> = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned()))
            .collect();
        let asked = |key: &str| query.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        let upload = upload.trim_end_matches('/');
        if method == Method::POST && upload.is_empty() {
            if let (Some(digest), Some(from)) = (asked("mount"), asked("from")) {
                let link = format!("repositories/{from}/_layers/{}/link", slashed(digest)?);
                if self.storage.size(&link).await?.is_some() {
                    return self.linked(name, digest).await;
                }
            }
            let id = uuid::Uuid::new_v4().to_string();
            if let Some(digest) = asked("digest") {
                let body = request.into_body().collect().await?.to_bytes();
                return self.finish(name, &id, body, digest).await;
            }
            return Ok(accepted(name, &id, 0));
        }
        let folder = format!("repositories/{name}/_uploads/{upload}/");
        let parts = self.storage.list(&folder, 1000).await?;
        let offset = parts.last().and_then(|key| end_of(key)).unwrap_or_default();
        match method {
            Method::GET => {
                let mut response = accepted(name, upload, offset);
                *response.status_mut() = StatusCode::NO_CONTENT;
                Ok(response)
            }
            Method::PATCH => {
                let body = request.into_body().collect().await?.to_bytes();
                let end = offset + body.len();
                if !body.is_empty() {
                    self.storage.put(&format!("{folder}{offset:020}-{end:020}"), body).await?;
                }
                Ok(accepted(name, upload, end))
            }
            Method::PUT => {
                let digest = asked("digest").ok_or(Refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID"))?.to_owned();
                let last = request.into_body().collect().await?.to_bytes();
                let mut whole = Vec::with_capacity(offset + last.len());
                for part in &parts {
                    whole.extend_from_slice(&self.storage.get(part).await?.unwrap_or_default());
                }
                whole.extend_from_slice(&last);
                let response = self.finish(name, upload, Bytes::from(whole), &digest).await?;
                for part in &parts {
                    self.storage.delete(part).await?;
                }
                Ok(response)
            }
            _ => Err(unsupported().into()),
        }
    }

    async fn finish(&self, name: &str, upload: &str, body: Bytes, digest: &str) -> Answer {
        if digest_of(&body) != digest {
            tracing::debug!(upload, digest, "digest differs");
            return Err(Refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID").into());
        }
        self.storage.put(&data(digest)?, body).await?;
        self.linked(name, digest).await
    }

    async fn linked(&self, name: &str, digest: &str) -> Answer {
        let link = format!("repositories/{name}/_layers/{}/link", slashed(digest)?);
        self.storage.put(&link, Bytes::from(digest.to_owned())).await?;
        let mut response = created(&format!("/v2/{name}/blobs/{digest}"));
        set(&mut response, digest_header(), digest);
        Ok(response)
    }
}

/// Something that a manifest refers to.
struct Part {
    digest: String,
    /// A manifest of an index, rather than a blob.
    manifest: bool,
}

fn parts(manifest: &Value) -> Vec<Part> {
    let digest = |one: &Value| one["digest"].as_str().map(str::to_owned);
    // Layers with addresses of their own are not kept in the registry.
    let own = |one: &&Value| one["urls"].is_null();
    let layers = manifest["layers"].as_array().into_iter().flatten().filter(own);
    let blobs = std::iter::once(&manifest["config"]).chain(layers).filter_map(digest);
    let manifests = manifest["manifests"].as_array().into_iter().flatten().filter_map(digest);
    blobs
        .map(|digest| Part { digest, manifest: false })
        .chain(manifests.map(|digest| Part { digest, manifest: true }))
        .collect()
}

fn media_type(body: &[u8]) -> String {
    let manifest: Value = serde_json::from_slice(body).unwrap_or_default();
    let plain = if manifest["manifests"].is_array() {
        "application/vnd.oci.image.index.v1+json"
    } else {
        "application/vnd.oci.image.manifest.v1+json"
    };
    manifest["mediaType"].as_str().unwrap_or(plain).to_owned()
}

fn digest_of(body: &[u8]) -> String {
    format!("sha256:{}", hex::encode(digest::digest(&digest::SHA256, body)))
}

/// `sha256/HEX`.
fn slashed(digest: &str) -> Result<String, Refusal> {
    let hex =
        digest.strip_prefix("sha256:").filter(|hex| hex.len() == 64 && hex.bytes().all(|one| one.is_ascii_hexdigit()));
    hex.map(|hex| format!("sha256/{hex}")).ok_or(Refusal(StatusCode::BAD_REQUEST, "DIGEST_INVALID"))
}

/// Key of a blob's bytes.
fn data(digest: &str) -> Result<String, Refusal> {
    let slashed = slashed(digest)?;
    Ok(format!("blobs/sha256/{}/{}/data", &slashed[7..9], &slashed[7..]))
}

/// Where an uploaded part ends, by its key.
fn end_of(key: &str) -> Option<usize> {
    key.rsplit_once('-')?.1.parse().ok()
}

fn accepted(name: &str, upload: &str, size: usize) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = StatusCode::ACCEPTED;
    set(&mut response, header::LOCATION, &format!("/v2/{name}/blobs/uploads/{upload}"));
    set(&mut response, header::RANGE, &format!("0-{}", size.saturating_sub(1)));
    set(&mut response, HeaderName::from_static("docker-upload-uuid"), upload);
    response
}

fn created(location: &str) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = StatusCode::CREATED;
    set(&mut response, header::LOCATION, location);
    response
}

fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn digest_header() -> HeaderName {
    HeaderName::from_static("docker-content-digest")
}

fn unsupported() -> Refusal {
    Refusal(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED")
}

fn invalid_manifest() -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, "MANIFEST_INVALID")
}
