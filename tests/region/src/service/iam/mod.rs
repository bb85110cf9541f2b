//! IAM: server certificates, roles, managed policies, instance profiles, credentials of nodes, policy evaluation.
//!
//! The words of errors are [U] where no source is cited.

pub mod access;
pub mod aws_managed;
pub mod certificates;
pub mod condition;
pub mod credentials;
pub mod handlers;
pub mod policy;
pub mod roles;
pub mod service_linked;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Call, paging};
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
    /// Roles that services have made for themselves, by name.
    pub service_linked_roles: BTreeMap<String, Role>,
    /// How many server certificates there may be; None for AWS's default of 20.
    pub certificate_quota: Option<usize>,
    /// Customer managed policies by ARN.
    pub policies: BTreeMap<String, ManagedPolicy>,
    /// Instance profiles by name.
    pub profiles: BTreeMap<String, InstanceProfile>,
    /// Keys that may sign requests, by access key id.
    pub keys: BTreeMap<String, credentials::Key>,
    /// All that the operator's own user may do; None lets it do everything.
    pub caller_policy: Option<Value>,
    /// Whether the first use of a service that makes its role comes too early to use it.
    pub service_linked_roles_race: bool,
}

/// `NoSuchEntity`, as IAM words it: `The role with name x cannot be found.`
// https://github.com/jarpy/lambkin/pull/3
pub(crate) fn no_such(kind: &str, field: &str, value: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("The {kind} with {field} {value} cannot be found.")).with_status(404)
}

/// `EntityAlreadyExists`, as IAM words it.
pub(crate) fn exists(kind: &str, name: &str) -> AwsError {
    // https://github.com/terraform-aws-modules/terraform-aws-ecs/issues/363
    AwsError::new("EntityAlreadyExists", format!("{kind} with name {name} already exists.")).with_status(409)
}

/// A page of `list`: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out. 100 items unless fewer are asked for.
///
/// # Errors
/// `ValidationError` for a marker that the list never gave; the words [U].
fn page(all: Vec<Value>, input: &Value, list: &str) -> Result<Value, AwsError> {
    let limit = input["MaxItems"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let (page, next) = paging::page(all, list, input["Marker"].as_str(), limit)
        .ok_or_else(|| AwsError::validation("Invalid Marker."))?;
    let mut answer = json!({ list: page, "IsTruncated": next.is_some() });
    if let Some(next) = next {
        answer["Marker"] = json!(next);
    }
    Ok(answer)
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
        "CreateServiceLinkedRole" => service_linked::create(region, input),
        "GetInstanceProfile" => roles::get_instance_profile(region, input),
        "GetRole" => roles::get_role(region, input),
        "SimulatePrincipalPolicy" => policy::simulate(region, input),
        "ListAccountAliases" => page(Vec::new(), input, "AccountAliases"),
        other => {
            // https://github.com/fog/fog-aws/issues/368
            Err(AwsError::new("InvalidAction", format!("Could not find operation {other} for version 2010-05-08")))
        }
    }
}
