//! EC2 launch templates: their state and the operations on them.

use std::sync::Arc;

use serde_json::Value;

use crate::service::Call;
use crate::{AwsError, Region};

/// State of this part of EC2.
#[derive(Debug, Default)]
pub struct State {}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(_region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    Err(AwsError::new("InvalidAction", format!("The action {} is not valid for this web service.", call.operation)))
}
