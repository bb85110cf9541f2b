//! IAM server certificates: uploaded PEM is really parsed, and the key must belong to the certificate.

use serde_json::{Value, json};

use super::{exists, no_such};
use crate::{AwsError, Region};

/// An uploaded server certificate.
#[derive(Debug, Clone)]
pub struct ServerCertificate {
    pub name: String,
    /// `ASCA…`.
    pub id: String,
    pub arn: String,
    pub path: String,
    pub body: String,
    pub chain: Option<String>,
    pub private_key: String,
    /// Seconds since 1970, read from the certificate.
    pub expires: f64,
    /// Seconds since 1970.
    pub uploaded: f64,
    pub tags: Vec<(String, String)>,
}

impl ServerCertificate {
    fn metadata(&self) -> Value {
        json!({
            "Path": self.path, "ServerCertificateName": self.name, "ServerCertificateId": self.id, "Arn": self.arn,
            "UploadDate": self.uploaded, "Expiration": self.expires,
        })
    }
}

impl super::State {
    /// Keeps a server certificate.
    ///
    /// # Errors
    /// `EntityAlreadyExists`, `MalformedCertificate`, `KeyPairMismatch`, as `UploadServerCertificate`.
    // https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html
    pub fn upload_certificate(
        &mut self,
        region: &Region,
        name: &str,
        path: &str,
        body: &str,
        chain: Option<&str>,
        private_key: &str,
    ) -> Result<&ServerCertificate, AwsError> {
        if self.certificates.contains_key(name) {
            let message = format!("The Server Certificate with name {name} already exists.");
            return Err(AwsError { message, ..exists("Server Certificate", name) });
        }
        let pair = crate::certificate::parse(body, chain, private_key).map_err(|problem| {
            AwsError::new(if problem.mismatch { "KeyPairMismatch" } else { "MalformedCertificate" }, problem.message)
        })?;
        let path = if path.is_empty() { "/" } else { path };
        let made = ServerCertificate {
            name: name.to_owned(),
            id: format!("ASCA{}", region.random.upper(17)),
            arn: region.global_arn("iam", &format!("server-certificate{path}{name}")),
            path: path.to_owned(),
            body: body.to_owned(),
            chain: chain.map(str::to_owned),
            private_key: private_key.to_owned(),
            expires: pair.not_after,
            uploaded: region.clock.epoch(),
            tags: Vec::new(),
        };
        Ok(self.certificates.entry(name.to_owned()).or_insert(made))
    }

    /// The server certificate with this ARN.
    pub fn certificate(&self, arn: &str) -> Option<&ServerCertificate> {
        self.certificates.values().find(|one| one.arn == arn)
    }
}

pub(super) fn upload(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let text = |name: &str| input[name].as_str();
    let name = text("ServerCertificateName").unwrap_or_default();
    let tags = tag_pairs(&input["Tags"]);
    region.world(|world| {
        let path = text("Path").unwrap_or("/");
        let (body, key) = (text("CertificateBody").unwrap_or_default(), text("PrivateKey").unwrap_or_default());
        let made = world.iam.upload_certificate(region, name, path, body, text("CertificateChain"), key)?;
        let answer = json!({ "ServerCertificateMetadata": made.metadata(), "Tags": input["Tags"] });
        if let Some(kept) = world.iam.certificates.get_mut(name) {
            kept.tags = tags;
        }
        Ok(answer)
    })
}

pub(super) fn get(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["ServerCertificateName"].as_str().unwrap_or_default();
    region.world(|world| {
        let found = world.iam.certificates.get(name).ok_or_else(|| missing(name))?;
        let mut answer = json!({
            "ServerCertificateMetadata": found.metadata(), "CertificateBody": found.body,
            "Tags": found.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>(),
        });
        if let Some(chain) = &found.chain {
            answer["CertificateChain"] = json!(chain);
        }
        Ok(json!({ "ServerCertificate": answer }))
    })
}

/// Pages of at most `MaxItems` (100 unless told); the marker is the name to go on from.
pub(super) fn list(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let prefix = input["PathPrefix"].as_str().unwrap_or("/");
    let limit = input["MaxItems"].as_u64().map_or(100, |limit| usize::try_from(limit).unwrap_or(100));
    let from = input["Marker"].as_str().unwrap_or_default();
    region.world(|world| {
        let mut all =
            world.iam.certificates.values().filter(|one| one.path.starts_with(prefix) && one.name.as_str() >= from);
        let page: Vec<Value> = all.by_ref().take(limit).map(ServerCertificate::metadata).collect();
        let next = all.next();
        let mut answer = json!({ "ServerCertificateMetadataList": page, "IsTruncated": next.is_some() });
        if let Some(next) = next {
            answer["Marker"] = json!(next.name);
        }
        Ok(answer)
    })
}

pub(super) fn update(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["ServerCertificateName"].as_str().unwrap_or_default();
    let new_name = input["NewServerCertificateName"].as_str();
    region.world(|world| {
        if let Some(new_name) = new_name.filter(|new_name| world.iam.certificates.contains_key(*new_name)) {
            let message = format!("The Server Certificate with name {new_name} already exists.");
            return Err(AwsError { message, ..exists("Server Certificate", new_name) });
        }
        let mut moved = world.iam.certificates.remove(name).ok_or_else(|| missing(name))?;
        if let Some(path) = input["NewPath"].as_str() {
            path.clone_into(&mut moved.path);
        }
        if let Some(new_name) = new_name {
            new_name.clone_into(&mut moved.name);
        }
        moved.arn = region.global_arn("iam", &format!("server-certificate{}{}", moved.path, moved.name));
        world.iam.certificates.insert(moved.name.clone(), moved);
        Ok(json!({}))
    })
}

/// A certificate that a listener uses cannot be deleted.
pub(super) fn delete(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["ServerCertificateName"].as_str().unwrap_or_default();
    region.world(|world| {
        let arn = world.iam.certificates.get(name).ok_or_else(|| missing(name))?.arn.clone();
        let Some(user) = world.certificate_users(&arn).into_iter().next() else {
            world.iam.certificates.remove(name);
            return Ok(json!({}));
        };
        let message = format!(
            "Certificate: {} is currently in use by {user}. Please remove it first before deleting it from IAM.",
            world.iam.certificates.get(name).map(|one| one.id.clone()).unwrap_or_default()
        );
        Err(AwsError::new("DeleteConflict", message).with_status(409))
    })
}

pub(super) fn tags(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["ServerCertificateName"].as_str().unwrap_or_default();
    region.world(|world| {
        let found = world.iam.certificates.get(name).ok_or_else(|| missing(name))?;
        let tags = found.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
        Ok(json!({ "Tags": tags.collect::<Vec<_>>(), "IsTruncated": false }))
    })
}

fn missing(name: &str) -> AwsError {
    let message = format!("The Server Certificate with name {name} cannot be found.");
    AwsError { message, ..no_such("Server Certificate", "name", name) }
}

fn tag_pairs(tags: &Value) -> Vec<(String, String)> {
    let pair = |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()));
    tags.as_array().into_iter().flatten().filter_map(pair).collect()
}
