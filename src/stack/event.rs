//! One event of a stack: what happened to which resource. Pure.

use jiff::Timestamp;
use serde::Serialize;

use super::status::StackStatus;

/// The resource type under which a stack reports about itself.
pub const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// One event, as CloudFormation reported it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StackEvent {
    /// Unique id; what a watch remembers to know where it was.
    pub id: String,
    /// When it happened, by AWS's clock.
    pub at: Timestamp,
    /// Name of the resource in the template; the stack's own name for the stack itself.
    pub logical_id: String,
    /// The resource's id in AWS, once it has one.
    pub physical_id: Option<String>,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// CloudFormation's word, for example `CREATE_COMPLETE`.
    pub status: String,
    /// CloudFormation's explanation, mostly of failures.
    pub reason: Option<String>,
    /// The stack that it belongs to.
    pub stack_id: String,
    /// The client request token of the call that led to it.
    #[serde(skip)]
    pub token: Option<String>,
}

/// How far a resource has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Work is under way.
    InProgress,
    /// Done.
    Complete,
    /// Failed.
    Failed,
    /// Left as it is: `DELETE_SKIPPED` for what the template retains.
    Skipped,
}

impl StackEvent {
    /// Whether this is about the stack itself and not one of its resources.
    #[must_use]
    pub fn is_stack(&self) -> bool {
        self.resource_type == STACK_TYPE && self.physical_id.as_deref() == Some(self.stack_id.as_str())
    }

    /// The stack's status by this event, when it is about the stack.
    #[must_use]
    pub fn stack_status(&self) -> Option<StackStatus> {
        self.is_stack().then(|| StackStatus::from_word(&self.status))
    }

    /// How far the resource has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        if self.status.ends_with("_IN_PROGRESS") {
            Phase::InProgress
        } else if self.status.ends_with("_FAILED") {
            Phase::Failed
        } else if self.status.ends_with("_SKIPPED") {
            Phase::Skipped
        } else {
            Phase::Complete
        }
    }

    /// Whether this is where an operation began that somebody asked for; rollbacks and clean-ups continue one.
    #[must_use]
    pub fn starts_operation(&self) -> bool {
        self.is_stack()
            && matches!(
                self.status.as_str(),
                "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" | "IMPORT_IN_PROGRESS"
            )
    }
}
