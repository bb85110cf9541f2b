//! Secrets Manager: secrets and their versions, kept as the service keeps them. Generation is in `generate`.
//!
//! The words of errors are [U] where no source is cited.

mod generate;
mod operations;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Call;
use crate::{AwsError, Region};

pub use generate::generate;

/// One version of a secret's value.
#[derive(Debug, Clone)]
pub struct Version {
    pub value: String,
    /// Staging labels, `AWSCURRENT` and `AWSPREVIOUS` among them.
    pub stages: Vec<String>,
    pub created: f64,
}

/// A secret.
#[derive(Debug, Clone)]
pub struct Secret {
    pub name: String,
    /// Ends in `-` and six random characters.
    pub arn: String,
    pub description: Option<String>,
    pub kms_key_id: Option<String>,
    /// By version id.
    pub versions: BTreeMap<String, Version>,
    pub tags: Vec<(String, String)>,
    pub created: f64,
    pub changed: f64,
    /// Set while the secret is scheduled for deletion.
    pub deleted: Option<f64>,
}

impl Secret {
    /// The version with `AWSCURRENT`, with its id.
    pub fn current(&self) -> Option<(&String, &Version)> {
        self.versions.iter().find(|(_, version)| version.stages.iter().any(|stage| stage == "AWSCURRENT"))
    }
}

/// What a secret is made from.
#[derive(Debug, Clone, Default)]
pub struct NewSecret {
    pub name: String,
    pub description: Option<String>,
    pub kms_key_id: Option<String>,
    /// None makes a secret without a value.
    pub value: Option<String>,
    pub tags: Vec<(String, String)>,
    /// Version id to use; empty for a generated one.
    pub token: String,
}

/// State of the service: secrets by ARN.
#[derive(Debug, Default)]
pub struct State {
    pub secrets: BTreeMap<String, Secret>,
}

impl State {
    /// Makes a secret; gives its ARN.
    ///
    /// # Errors
    /// `ResourceExistsException`; `InvalidRequestException` when one of that name waits for its deletion.
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    pub fn create(&mut self, region: &Region, new: NewSecret) -> Result<String, AwsError> {
        if let Some(present) = self.secrets.values().find(|secret| secret.name == new.name) {
            return Err(if present.deleted.is_some() {
                let message =
                    "You can't create this secret because a secret with this name is already scheduled for deletion.";
                // https://github.com/redpanda-data/console/issues/1835
                AwsError::new("InvalidRequestException", message)
            } else {
                let message = format!("The operation failed because the secret {} already exists.", new.name);
                // https://github.com/getmoto/moto/issues/9700
                AwsError::new("ResourceExistsException", message)
            });
        }
        let arn = region.arn("secretsmanager", &format!("secret:{}-{}", new.name, region.random.alphanumeric(6)));
        let now = region.clock.epoch();
        let secret = Secret {
            name: new.name,
            arn: arn.clone(),
            description: new.description,
            kms_key_id: new.kms_key_id,
            versions: BTreeMap::new(),
            tags: new.tags,
            created: now,
            changed: now,
            deleted: None,
        };
        self.secrets.insert(arn.clone(), secret);
        if let Some(value) = new.value {
            self.put(region, &arn, value, &new.token)?;
        }
        Ok(arn)
    }

    /// Makes `value` the current version and the old one the previous; gives the version id.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `InvalidRequestException`.
    pub fn put(&mut self, region: &Region, id: &str, value: String, token: &str) -> Result<String, AwsError> {
        let now = region.clock.epoch();
        let version_id = if token.is_empty() { region.random.uuid() } else { token.to_owned() };
        let secret = self.live_mut(id)?;
        if let Some(same) = secret.versions.get(&version_id) {
            if same.value == value {
                return Ok(version_id);
            }
            let message = "You can't modify an existing version, you can only create new versions.";
            return Err(AwsError::new("ResourceExistsException", message));
        }
        for version in secret.versions.values_mut() {
            let was_current = version.stages.iter().any(|stage| stage == "AWSCURRENT");
            version.stages.retain(|stage| stage != "AWSPREVIOUS" && stage != "AWSCURRENT");
            if was_current {
                version.stages.push("AWSPREVIOUS".to_owned());
            }
        }
        // Of versions without a label about a hundred are kept.
        // https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
        let mut deprecated: Vec<(f64, String)> = secret
            .versions
            .iter()
            .filter(|(_, version)| version.stages.is_empty())
            .map(|(id, version)| (version.created, id.clone()))
            .collect();
        deprecated.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        for (_, id) in deprecated.into_iter().skip(100) {
            secret.versions.remove(&id);
        }
        let made = Version { value, stages: vec!["AWSCURRENT".to_owned()], created: now };
        secret.versions.insert(version_id.clone(), made);
        secret.changed = now;
        Ok(version_id)
    }

    /// The secret of this name, ARN, or ARN without its random suffix.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn secret(&self, id: &str) -> Result<&Secret, AwsError> {
        self.secrets.values().find(|secret| answers_to(secret, id)).ok_or_else(not_found)
    }

    /// [`State::secret`], refused when it is scheduled for deletion.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `InvalidRequestException`.
    pub fn live_mut(&mut self, id: &str) -> Result<&mut Secret, AwsError> {
        let secret = self.secrets.values_mut().find(|secret| answers_to(secret, id)).ok_or_else(not_found)?;
        if secret.deleted.is_some() {
            let message = "You can't perform this operation on the secret because it was marked for deletion.";
            // https://github.com/external-secrets/kubernetes-external-secrets/issues/415
            return Err(AwsError::new("InvalidRequestException", message));
        }
        Ok(secret)
    }

    /// Deletes for good, as CloudFormation does.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn delete_now(&mut self, id: &str) -> Result<(), AwsError> {
        let arn = self.secret(id)?.arn.clone();
        self.secrets.remove(&arn);
        Ok(())
    }
}

fn answers_to(secret: &Secret, id: &str) -> bool {
    secret.arn == id
        || secret.name == id
        || (id.starts_with("arn:") && secret.arn.len() == id.len() + 7 && secret.arn.starts_with(&format!("{id}-")))
}

fn not_found() -> AwsError {
    // https://github.com/ibm-mas/cli/pull/937
    AwsError::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    operations::run(region, &call.operation, &call.input)
}
