//! CloudFormation: stacks, change sets, events and signals.

mod progress;
mod signals;
mod state;

use std::sync::Arc;

use serde_json::Value;

pub use progress::{initiated, report};
pub use signals::await_signals;
pub use state::State;

use super::Call;
use crate::{AwsError, Region};

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(_region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    Err(AwsError::new("InvalidAction", format!("{} is not implemented", call.operation)))
}
