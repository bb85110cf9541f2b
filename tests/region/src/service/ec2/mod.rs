//! EC2: the dispatch to network and image look-ups, instances and launch templates, and the state they share.

pub mod instances;
pub mod launch_templates;

use std::sync::Arc;

use serde_json::Value;

use super::Call;
use crate::{AwsError, Region};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    pub instances: instances::State,
    pub launch_templates: launch_templates::State,
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    match call.operation.as_str() {
        "DescribeInstances" | "DescribeInstanceStatus" | "GetConsoleOutput" | "TerminateInstances" => {
            instances::call(region, call).await
        }
        "DescribeLaunchTemplateVersions" => launch_templates::call(region, call).await,
        other => Err(AwsError::new("InvalidAction", format!("The action {other} is not valid for this web service."))),
    }
}
