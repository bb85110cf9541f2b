//! Resource attributes beside properties: what they may contain, and what a deletion policy means.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-product-attribute-reference.html

use serde_json::{Map, Value};

use super::FormationError;

/// What happens to a resource that leaves the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// It is deleted.
    Delete,
    /// It stays, and only the stack forgets it.
    Retain,
    /// It stays, unless the operation that made it is being rolled back.
    RetainExceptOnCreate,
}

/// The resource's `DeletionPolicy`.
pub fn deletion_policy(attributes: &Map<String, Value>) -> Policy {
    policy(attributes.get("DeletionPolicy"))
}

/// The resource's `UpdateReplacePolicy`: what happens to the old one when it is replaced.
pub fn replace_policy(attributes: &Map<String, Value>) -> Policy {
    policy(attributes.get("UpdateReplacePolicy"))
}

fn policy(value: Option<&Value>) -> Policy {
    match value.and_then(Value::as_str) {
        Some("Retain") => Policy::Retain,
        Some("RetainExceptOnCreate") => Policy::RetainExceptOnCreate,
        _ => Policy::Delete,
    }
}

const CREATION_POLICY_TYPES: [&str; 3] =
    ["AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::Instance", "AWS::CloudFormation::WaitCondition"];

/// Checks the attributes of one resource.
pub(super) fn check(id: &str, fields: &Map<String, Value>) -> Result<(), FormationError> {
    let resource_type = fields.get("Type").and_then(Value::as_str).unwrap_or_default();
    if let Some(value) = fields.get("DeletionPolicy") {
        // Snapshot is for volumes and databases, of which the region has none.
        allowed(id, "DeletionPolicy", value, &["Delete", "Retain", "RetainExceptOnCreate"])?;
    }
    if let Some(value) = fields.get("UpdateReplacePolicy") {
        allowed(id, "UpdateReplacePolicy", value, &["Delete", "Retain"])?;
    }
    for (name, types, keys) in [
        ("CreationPolicy", &CREATION_POLICY_TYPES[..], &["AutoScalingCreationPolicy", "ResourceSignal"][..]),
        (
            "UpdatePolicy",
            &["AWS::AutoScaling::AutoScalingGroup"][..],
            &[
                "AutoScalingReplacingUpdate",
                "AutoScalingRollingUpdate",
                "AutoScalingScheduledAction",
                "AutoScalingInstanceRefresh",
            ][..],
        ),
    ] {
        let Some(value) = fields.get(name) else { continue };
        if !types.contains(&resource_type) {
            // [U] the words; that other types have no such policy is documented
            return Err(FormationError::format(format_args!(
                "[/Resources/{id}] {name} is not supported for resource type {resource_type}"
            )));
        }
        policy_keys(id, name, value, keys)?;
    }
    Ok(())
}

fn allowed(id: &str, name: &str, value: &Value, values: &[&str]) -> Result<(), FormationError> {
    if value.as_str().is_some_and(|value| values.contains(&value)) {
        return Ok(());
    }
    // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/162
    Err(FormationError::format(format_args!("Unrecognized {name} {value} for resource {id}")))
}

fn policy_keys(id: &str, name: &str, value: &Value, keys: &[&str]) -> Result<(), FormationError> {
    let Value::Object(policy) = value else {
        return Err(FormationError::format(format_args!("[/Resources/{id}/{name}] {name} must be an object"))); // [U]
    };
    for (key, settings) in policy {
        if super::reference::function(value).is_some() {
            return Ok(());
        }
        if !keys.contains(&key.as_str()) {
            // [U] the words
            return Err(FormationError::format(format_args!("[/Resources/{id}/{name}] unknown key {key}")));
        }
        let members: &[&str] = match key.as_str() {
            "AutoScalingCreationPolicy" => &["MinSuccessfulInstancesPercent"],
            "ResourceSignal" => &["Count", "Timeout"],
            "AutoScalingReplacingUpdate" => &["WillReplace"],
            "AutoScalingRollingUpdate" => &[
                "MaxBatchSize",
                "MinActiveInstancesPercent",
                "MinInstancesInService",
                "MinSuccessfulInstancesPercent",
                "PauseTime",
                "SuspendProcesses",
                "WaitOnResourceSignals",
            ],
            "AutoScalingScheduledAction" => &["IgnoreUnmodifiedGroupSizeProperties"],
            _ => continue,
        };
        if let Some(unknown) =
            settings.as_object().and_then(|settings| settings.keys().find(|key| !members.contains(&key.as_str())))
        {
            return Err(FormationError::format(format_args!("[/Resources/{id}/{name}/{key}] unknown key {unknown}"))); // [U]
        }
    }
    Ok(())
}
