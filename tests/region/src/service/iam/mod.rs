//! IAM: server certificates, roles, managed policies, instance profiles, credentials of nodes, policy evaluation.
//!
//! The words of errors are [U] where no source is cited.

pub mod certificates;
pub mod credentials;
pub mod policy;
pub mod roles;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Call;
use crate::{AwsError, Region};

pub use certificates::ServerCertificate;
pub use credentials::Credentials;
pub use policy::allows;
pub use roles::{InstanceProfile, ManagedPolicy, Role};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    /// Server certificates by name.
    pub certificates: BTreeMap<String, ServerCertificate>,
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// Customer managed policies by ARN.
    pub policies: BTreeMap<String, ManagedPolicy>,
    /// Instance profiles by name.
    pub profiles: BTreeMap<String, InstanceProfile>,
    /// Keys that may sign requests, by access key id.
    pub keys: BTreeMap<String, credentials::Key>,
}

/// `NoSuchEntity`, as IAM words it: `The role with name x cannot be found.`
pub(crate) fn no_such(kind: &str, field: &str, value: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("The {kind} with {field} {value} cannot be found.")).with_status(404)
}

/// `EntityAlreadyExists`, as IAM words it.
pub(crate) fn exists(kind: &str, name: &str) -> AwsError {
    AwsError::new("EntityAlreadyExists", format!("{kind} with name {name} already exists.")).with_status(409)
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    let input = &call.input;
    match call.operation.as_str() {
        "UploadServerCertificate" => certificates::upload(region, input),
        "GetServerCertificate" => certificates::get(region, input),
        "ListServerCertificates" => certificates::list(region, input),
        "UpdateServerCertificate" => certificates::update(region, input),
        "DeleteServerCertificate" => certificates::delete(region, input),
        "ListServerCertificateTags" => certificates::tags(region, input),
        "GetInstanceProfile" => roles::get_instance_profile(region, input),
        "GetRole" => roles::get_role(region, input),
        "SimulatePrincipalPolicy" => policy::simulate(region, input),
        "ListAccountAliases" => Ok(json!({ "AccountAliases": [], "IsTruncated": false })),
        other => {
            Err(AwsError::new("InvalidAction", format!("Could not find operation {other} for version 2010-05-08")))
        }
    }
}
