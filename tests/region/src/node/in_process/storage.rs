//! The registry's objects in S3, under the keys that the distribution registry gives them.

use anyhow::{Context as _, bail};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Response, StatusCode};
use regex::Regex;

use super::aws::{Ask, Client};

/// Where everything lies in the bucket.
const ROOT: &str = "docker/registry/v2";

/// One bucket.
pub(super) struct Storage {
    aws: Client,
    bucket: String,
}

impl Storage {
    pub(super) fn new(aws: Client, bucket: String) -> Self {
        Self { aws, bucket }
    }

    async fn send(&self, method: Method, key: &str, body: Bytes) -> anyhow::Result<Response<Incoming>> {
        let mut path = vec![self.bucket.clone()];
        path.extend(format!("{ROOT}/{key}").split('/').map(str::to_owned));
        // The distribution registry sends its `objectacl` with every object.
        let acl = ("x-amz-acl", "bucket-owner-full-control".to_owned());
        let headers = if method == Method::PUT { vec![acl] } else { Vec::new() };
        self.aws.send(Ask { method, service: "s3", path, headers, body, ..Ask::default() }).await
    }

    /// Writes an object.
    pub(super) async fn put(&self, key: &str, body: Bytes) -> anyhow::Result<()> {
        let response = self.send(Method::PUT, key, body).await?;
        if !response.status().is_success() {
            bail!("S3 says {} to a PUT", response.status());
        }
        Ok(())
    }

    /// An object as a response to be passed on, or None if there is no such object.
    pub(super) async fn open(&self, key: &str) -> anyhow::Result<Option<Response<Incoming>>> {
        let response = self.send(Method::GET, key, Bytes::new()).await?;
        match response.status() {
            status if status.is_success() => Ok(Some(response)),
            StatusCode::NOT_FOUND => Ok(None),
            status => bail!("S3 says {status} to a GET"),
        }
    }

    /// An object's bytes, or None.
    pub(super) async fn get(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        match self.open(key).await? {
            Some(response) => Ok(Some(response.into_body().collect().await?.to_bytes())),
            None => Ok(None),
        }
    }

    /// Size of an object, or None.
    pub(super) async fn size(&self, key: &str) -> anyhow::Result<Option<u64>> {
        let response = self.send(Method::HEAD, key, Bytes::new()).await?;
        let length = response.headers().get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
        match response.status() {
            status if status.is_success() => Ok(Some(length.context("S3 gives no length")?)),
            StatusCode::NOT_FOUND => Ok(None),
            status => bail!("S3 says {status} to a HEAD"),
        }
    }

    /// Removes an object.
    pub(super) async fn delete(&self, key: &str) -> anyhow::Result<()> {
        let response = self.send(Method::DELETE, key, Bytes::new()).await?;
        if !response.status().is_success() {
            bail!("S3 says {} to a DELETE", response.status());
        }
        Ok(())
    }

    /// At most `limit` keys that start with `prefix`, in order.
    pub(super) async fn list(&self, prefix: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        let query = vec![
            ("list-type", "2".to_owned()),
            ("max-keys", limit.to_string()),
            ("prefix", format!("{ROOT}/{prefix}")),
        ];
        let path = vec![self.bucket.clone()];
        let body = self.aws.ask(Ask { service: "s3", path, query, ..Ask::default() }).await?;
        let keys = Regex::new("<Key>([^<]*)</Key>")?;
        let text = String::from_utf8_lossy(&body);
        let found =
            keys.captures_iter(&text).filter_map(|key| key[1].strip_prefix(&format!("{ROOT}/")).map(str::to_owned));
        Ok(found.collect())
    }
}
