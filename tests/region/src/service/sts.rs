//! STS: who calls, and assumed roles.
//!
//! The words of errors are [U] where no source is cited.

use std::sync::Arc;

use serde_json::{Value, json};

use super::iam::access;
use super::iam::policy::{Assuming, trusts};
use super::{Call, Principal};
use crate::{AwsError, Region};

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(identity(region, &call.principal)),
        "AssumeRole" => assume(region, &call.principal, &call.input),
        // https://github.com/fog/fog-aws/issues/368 (of another service of this protocol)
        other => {
            Err(AwsError::new("InvalidAction", format!("Could not find operation {other} for version 2011-06-15")))
        }
    }
}

fn identity(region: &Region, principal: &Principal) -> Value {
    let (id, arn) = match principal {
        Principal::Operator { arn } => ("AIDADOCKREGOPERATOR00".to_owned(), arn.clone()),
        Principal::Node { role_name, instance_id } => {
            let role = region.world(|world| world.iam.roles.get(role_name).map(|role| role.id.clone()));
            let arn = region.global_arn("sts", &format!("assumed-role/{role_name}/{instance_id}"));
            (format!("{}:{instance_id}", role.unwrap_or_default()), arn)
        }
    };
    json!({ "UserId": id, "Account": region.settings.account, "Arn": arn })
}

/// The role's trust policy must name the caller, or the account; a role that is not there refuses alike. That the
/// caller's own policies allow it too has been asked before.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
fn assume(region: &Region, principal: &Principal, input: &Value) -> Result<Value, AwsError> {
    let arn = input["RoleArn"].as_str().unwrap_or_default();
    let session = input["RoleSessionName"].as_str().unwrap_or_default();
    let caller = access::arn_of(region, principal);
    let external = input["ExternalId"].as_str().map(|id| ("sts:externalid".to_owned(), vec![id.to_owned()]));
    let context = external.into_iter().collect();
    region.world(|world| {
        let account = region.settings.account.as_str();
        // A session is trusted by its role.
        let named = match principal {
            Principal::Node { role_name, .. } => world.iam.roles.get(role_name).map(|role| role.arn.clone()),
            Principal::Operator { .. } => None,
        };
        let who = Assuming::Account { arn: named.as_ref().unwrap_or(&caller), account };
        let role = world.iam.roles.values().find(|role| role.arn == arn);
        let Some(role) = role.filter(|role| trusts(&role.assume_role_policy, who, &context)) else {
            let message = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}");
            return Err(AwsError::new("AccessDenied", message).with_status(403));
        };
        let (name, id, most) = (role.name.clone(), role.id.clone(), f64::from(role.max_session_duration));
        let seconds = input["DurationSeconds"].as_f64().unwrap_or(3600.0);
        // One role by another: an hour at most.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html (role chaining)
        let chained = matches!(principal, Principal::Node { .. }) && seconds > 3600.0;
        if seconds > most || chained {
            // https://repost.aws/knowledge-center/iam-role-chaining-limit
            let message = match chained {
                true => {
                    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
                }
                false => "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            };
            return Err(AwsError::new("ValidationError", message));
        }
        let made = world.iam.mint(region, &name, session);
        let expires = made.updated + seconds;
        if let Some(key) = world.iam.keys.get_mut(&made.access_key_id) {
            key.expires = Some(expires);
        }
        Ok(json!({
            "Credentials": { "AccessKeyId": made.access_key_id, "SecretAccessKey": made.secret_access_key,
                "SessionToken": made.session_token, "Expiration": expires },
            "AssumedRoleUser": { "AssumedRoleId": format!("{id}:{session}"),
                "Arn": region.global_arn("sts", &format!("assumed-role/{name}/{session}")) },
        }))
    })
}
