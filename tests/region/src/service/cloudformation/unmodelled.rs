//! Members that AWS takes and the region gives no meaning: refused by name, so that no test believes they did something.

use serde_json::Value;

use crate::AwsError;

/// Members that are refused whenever they are given.
const MEMBERS: [&str; 14] = [
    "CallAs",
    "DeploymentMode",
    "DisableValidation",
    "ImportExistingResources",
    "NotificationARNs",
    "ResourcesToImport",
    "ResourceTypes",
    "StackPolicyBody",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
    "StackPolicyURL",
    "StackSetName",
    "TemplateSummaryConfig",
    "TemplateURL",
];

/// Members that are refused for one of their values, and that value.
const VALUES: [(&str, &str); 2] = [
    ("/ChangeSetType", "IMPORT"),
    // An operation that ends before its resources are ready.
    // https://docs.amazonaws.cn/en_us/AWSCloudFormation/latest/UserGuide/cloudformation-express-mode.html
    ("/DeploymentConfig/Mode", "EXPRESS"),
];

/// Refuses what the region does not model. Stricter than AWS.
///
/// # Errors
/// `ValidationError` that names the member.
pub(super) fn refuse(input: &Value) -> Result<(), AwsError> {
    let refused = |what: &str| AwsError::validation(format!("the region does not model {what}"));
    let is_set = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    if let Some(member) = MEMBERS.iter().find(|member| input.get(**member).is_some_and(is_set)) {
        return Err(refused(member));
    }
    for (pointer, value) in VALUES {
        if input.pointer(pointer).and_then(Value::as_str) == Some(value) {
            return Err(refused(&format!("{} {value}", pointer[1..].replace('/', "."))));
        }
    }
    let triggers = input.pointer("/RollbackConfiguration/RollbackTriggers").is_some_and(is_set);
    let minutes = input.pointer("/RollbackConfiguration/MonitoringTimeInMinutes").and_then(Value::as_u64);
    if triggers || minutes.is_some_and(|minutes| minutes > 0) {
        return Err(refused("alarms of a RollbackConfiguration"));
    }
    Ok(())
}
