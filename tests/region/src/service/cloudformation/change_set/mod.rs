//! Change sets: what a deployment would do, kept until somebody executes or deletes it.

mod create;
mod describe;
mod detail;
mod execute;
mod plan;

use std::sync::Arc;

use super::deployment::Deployment;
use super::state::StackSettings;

pub(super) use create::create;
pub(super) use describe::{delete, describe, list};
pub(super) use execute::execute;
pub(super) use plan::{Plan, plan, view};

/// One change set.
#[derive(Debug, Clone)]
pub(super) struct ChangeSet {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created: f64,
    /// `CREATE` or `UPDATE`.
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) status_reason: Option<String>,
    pub(super) execution_status: &'static str,
    pub(super) deployment: Arc<Deployment>,
    pub(super) settings: StackSettings,
    /// Whether it was created with OnStackFailure.
    pub(super) has_on_failure: bool,
    pub(super) changes: Vec<plan::ResourceChange>,
    /// Validation errors, as `DescribeEvents` gives them.
    pub(super) validation: Vec<serde_json::Value>,
    pub(super) operation_id: String,
}

impl ChangeSet {
    /// The stack has become something else than what this change set was computed for, or is being computed for.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html (ExecutionStatus)
    pub(super) fn overtake(&mut self) {
        if self.execution_status == "AVAILABLE" || self.status.starts_with("CREATE_") {
            self.execution_status = "OBSOLETE";
        }
    }
}
