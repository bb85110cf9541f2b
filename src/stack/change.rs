//! What a change set would do, resource by resource. Pure.

use serde::Serialize;

/// What happens to a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is made.
    Add,
    /// It is changed, perhaps by replacing it.
    Modify,
    /// It is deleted.
    Remove,
    /// Something else, in CloudFormation's word.
    Other(String),
}

/// Whether a changed resource is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Replacement {
    /// Changed in place.
    No,
    /// CloudFormation does not know yet.
    Conditional,
    /// Made anew, and the old one deleted afterwards.
    Yes,
}

/// One property that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PropertyChange {
    /// Where in the resource, for example `Properties.DesiredCapacity`.
    pub path: String,
    /// Value until now, when CloudFormation shows it.
    pub before: Option<String>,
    /// Value afterwards, when CloudFormation shows it.
    pub after: Option<String>,
    /// Whether this change makes the resource anew.
    pub replacement: Replacement,
    /// The parameter or resource behind it.
    pub because: Option<String>,
}

/// What happens to one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceChange {
    /// What happens.
    pub action: Action,
    /// Its name in the template.
    pub logical_id: String,
    /// Its id in AWS.
    pub physical_id: Option<String>,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Whether it is made anew.
    pub replacement: Replacement,
    /// What exactly changes.
    pub properties: Vec<PropertyChange>,
}

/// What stands in for a value that must not be shown.
pub const HIDDEN: &str = "(hidden)";

/// Resources whose values are never shown, whatever AWS redacts by itself.
const SECRET_TYPE: &str = "AWS::SecretsManager::Secret";

impl ResourceChange {
    /// Hides values that may hold a secret. AWS's own redaction in change sets is not documented to be complete.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        let secret_resource = self.resource_type == SECRET_TYPE;
        for property in &mut self.properties {
            if secret_resource || property.because.as_deref() == Some("RegistryAuth") {
                property.before = property.before.take().map(|_| HIDDEN.to_owned());
                property.after = property.after.take().map(|_| HIDDEN.to_owned());
            }
        }
        self
    }
}
