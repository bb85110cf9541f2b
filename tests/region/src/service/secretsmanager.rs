//! TODO

use std::sync::Arc;

use serde_json::Value;

use super::Call;
use crate::{AwsError, Region};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(_region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    Err(AwsError::new("InvalidAction", format!("{} is not implemented", call.operation)))
}
