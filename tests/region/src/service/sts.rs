//! STS: who calls, and assumed roles.
//!
//! The words of errors are [U] where no source is cited.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Call, Principal};
use crate::{AwsError, Region};

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(identity(region, &call.principal)),
        "AssumeRole" => assume(region, &call.input),
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

/// Any existing role may be assumed by the operator; the trust policy is not asked [U].
fn assume(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arn = input["RoleArn"].as_str().unwrap_or_default();
    let session = input["RoleSessionName"].as_str().unwrap_or_default();
    region.world(|world| {
        let role =
            world.iam.roles.values().find(|role| role.arn == arn).map(|role| (role.name.clone(), role.id.clone()));
        let Some((name, id)) = role else {
            let caller = region.global_arn("iam", "user/operator");
            let message = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}");
            return Err(AwsError::new("AccessDenied", message).with_status(403));
        };
        let made = world.iam.mint(region, &name, session);
        let seconds = input["DurationSeconds"].as_f64().unwrap_or(3600.0);
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
