//! Pseudo parameters: names that every template may reference without declaring them; and what else of its surroundings
//! a template may ask for.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html

use std::collections::BTreeMap;

use serde_json::Value;

/// The values of the pseudo parameters in one stack.
#[derive(Debug, Clone, Default)]
pub struct Pseudo {
    pub account_id: String,
    pub notification_arns: Vec<String>,
    pub partition: String,
    pub region: String,
    pub stack_id: String,
    pub stack_name: String,
    pub url_suffix: String,
    /// Zones of the region that have a default subnet, for `Fn::GetAZs`.
    pub zones: Vec<String>,
    /// What other stacks export, for `Fn::ImportValue`.
    pub exports: BTreeMap<String, String>,
}

/// Whether a name is a pseudo parameter.
pub fn is(name: &str) -> bool {
    matches!(
        name,
        "AWS::AccountId"
            | "AWS::NotificationARNs"
            | "AWS::NoValue"
            | "AWS::Partition"
            | "AWS::Region"
            | "AWS::StackId"
            | "AWS::StackName"
            | "AWS::URLSuffix"
    )
}

impl Pseudo {
    /// The value of a pseudo parameter other than `AWS::NoValue`.
    pub fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "AWS::AccountId" => self.account_id.as_str().into(),
            "AWS::NotificationARNs" => self.notification_arns.clone().into(),
            "AWS::Partition" => self.partition.as_str().into(),
            "AWS::Region" => self.region.as_str().into(),
            "AWS::StackId" => self.stack_id.as_str().into(),
            "AWS::StackName" => self.stack_name.as_str().into(),
            "AWS::URLSuffix" => self.url_suffix.as_str().into(),
            _ => return None,
        })
    }
}
