//! IAM server certificates: uploaded PEM is really parsed, and the key must belong to the certificate.

use std::time::Duration;

use serde_json::{Value, json};

use super::{exists, no_such};
use crate::certificate::Problem;
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
    /// When load balancers find it, seconds since 1970: sometimes a while after its upload.
    pub found_from: f64,
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
    /// Keeps a server certificate, whether it is valid now or was when it was uploaded.
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
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        let quota = self.certificate_quota.unwrap_or(CERTIFICATES);
        if self.certificates.len() >= quota {
            let message = format!("Cannot exceed quota for ServerCertificatesPerAccount: {quota}");
            // https://github.com/remind101/empire/issues/471
            return Err(AwsError::new("LimitExceeded", message).with_status(409));
        }
        let pair = crate::certificate::parse(body, chain, private_key).map_err(refusal)?;
        let now = region.clock.epoch();
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
            uploaded: now,
            found_from: now + lag(region, name),
            tags: Vec::new(),
        };
        Ok(self.certificates.entry(name.to_owned()).or_insert(made))
    }

    /// Lets load balancers find every certificate at once, as those that were uploaded long ago.
    pub(crate) fn found_at_once(&mut self) {
        self.certificates.values_mut().for_each(|one| one.found_from = one.uploaded);
    }

    /// The server certificate with this ARN.
    pub fn certificate(&self, arn: &str) -> Option<&ServerCertificate> {
        self.certificates.values().find(|one| one.arn == arn)
    }
}

/// Certificates of an account.
const CERTIFICATES: usize = 20;

/// How long a new certificate typically stays unknown to load balancers, when it does: measured by nobody [U].
const LAG: Duration = Duration::from_secs(10);

/// The seconds until load balancers find a certificate of this name: none for half of all names, by the seed.
// https://github.com/hashicorp/terraform-provider-aws/issues/2053,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html (changes are eventually consistent)
fn lag(region: &Region, name: &str) -> f64 {
    let what = format!("certificate {name}");
    if region.random.fixed(&what) < 0.5 {
        return 0.0;
    }
    region.clock.scaled(region.random.duration(&what, LAG)).as_secs_f64()
}

fn refusal(problem: Problem) -> AwsError {
    // https://github.com/openshift/openshift-ansible/issues/11214 (a body), https://github.com/go-acme/lego/issues/304
    // (a chain, whose index is -1 when its first does not sign the body); the other words are [U]
    let malformed = |message: String| AwsError::new("MalformedCertificate", message);
    match problem {
        Problem::Body | Problem::SeveralBodies => {
            malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.".to_owned())
        }
        Problem::Chain => {
            malformed("Unable to parse certificate chain. Please ensure the certificate is in PEM format.".to_owned())
        }
        Problem::ChainOrder(index) => malformed(format!(
            "Unable to validate certificate chain. The certificate chain must start with the immediate signing \
             certificate, followed by any intermediaries in order. The index within the chain of the invalid \
             certificate is: {}",
            if index == 0 { -1 } else { i64::try_from(index).unwrap_or(i64::MAX) }
        )),
        Problem::Key => malformed("Unable to parse private key. Please ensure the key is in PEM format.".to_owned()),
        Problem::EncryptedKey => malformed("The private key must not be encrypted.".to_owned()),
        Problem::Mismatch => AwsError::new("KeyPairMismatch", "Private key doesn't match the certificate."),
    }
}

pub(super) fn upload(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let text = |name: &str| input[name].as_str();
    let name = text("ServerCertificateName").unwrap_or_default();
    let tags = tag_pairs(&input["Tags"]);
    region.world(|world| {
        let path = text("Path").unwrap_or("/");
        let (body, key) = (text("CertificateBody").unwrap_or_default(), text("PrivateKey").unwrap_or_default());
        must_be_valid(body, region.clock.epoch())?;
        let made = world.iam.upload_certificate(region, name, path, body, text("CertificateChain"), key)?;
        let answer = json!({ "ServerCertificateMetadata": made.metadata(), "Tags": input["Tags"] });
        if let Some(kept) = world.iam.certificates.get_mut(name) {
            kept.tags = tags;
        }
        Ok(answer)
    })
}

/// An upload must be valid at this moment; one that cannot be read is refused for that.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs_manage.html (the rule),
// https://github.com/aws/aws-sdk-go/issues/2586 (the code); the words for one that begins later [U]
fn must_be_valid(body: &str, now: f64) -> Result<(), AwsError> {
    use rustls_pki_types::pem::PemObject as _;
    let leaf = rustls_pki_types::CertificateDer::from_pem_slice(body.as_bytes());
    let Some(details) = leaf.ok().and_then(|der| crate::certificate::details(&der)) else { return Ok(()) };
    let message = if details.not_after < now {
        "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed."
    } else if details.not_before > now {
        "Certificate is not valid yet. The 'Not Before' date restriction on the certificate has not passed."
    } else {
        return Ok(());
    };
    Err(AwsError::new("MalformedCertificate", message))
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

/// In the order of names.
pub(super) fn list(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let prefix = input["PathPrefix"].as_str().unwrap_or("/");
    region.world(|world| {
        let all = world.iam.certificates.values().filter(|one| one.path.starts_with(prefix));
        super::page(all.map(ServerCertificate::metadata).collect(), input, "ServerCertificateMetadataList")
    })
}

pub(super) fn update(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["ServerCertificateName"].as_str().unwrap_or_default();
    let new_name = input["NewServerCertificateName"].as_str();
    region.world(|world| {
        if !world.iam.certificates.contains_key(name) {
            return Err(missing(name));
        }
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
    let now = region.clock.epoch();
    let name = input["ServerCertificateName"].as_str().unwrap_or_default();
    region.world(|world| {
        let arn = world.iam.certificates.get(name).ok_or_else(|| missing(name))?.arn.clone();
        let Some(user) = world.certificate_holders(&arn, now).into_iter().next() else {
            world.iam.certificates.remove(name);
            return Ok(json!({}));
        };
        let message = format!(
            "Certificate: {} is currently in use by {user}. Please remove it first before deleting it from IAM.",
            world.iam.certificates.get(name).map(|one| one.id.clone()).unwrap_or_default()
        );
        // https://github.com/awslabs/aws-orbit-workbench/issues/634
        Err(AwsError::new("DeleteConflict", message).with_status(409))
    })
}

pub(super) fn tags(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["ServerCertificateName"].as_str().unwrap_or_default();
    region.world(|world| {
        let found = world.iam.certificates.get(name).ok_or_else(|| missing(name))?;
        let tags = found.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
        super::page(tags.collect(), input, "Tags")
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
