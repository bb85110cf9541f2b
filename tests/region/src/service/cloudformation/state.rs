//! What CloudFormation remembers: every stack, deleted ones included.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{Notify, watch};

use super::change_set::ChangeSet;
use super::deployment::Deployment;
use super::event::Event;
use super::fault::ResourceFault;
use super::signals::Signal;
use super::stack_resource::StackResource;
use super::wait_handle::Handles;

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    pub(super) stacks: Vec<Stack>,
    /// Woken whenever a signal arrives anywhere.
    pub(super) signalled: Arc<Notify>,
    /// What was reported to wait condition handles.
    pub(super) handles: Handles,
    pub(super) faults: Vec<ResourceFault>,
    /// Answers already given, by client token.
    pub(super) tokens: BTreeMap<String, Answered>,
}

/// An answer already given for a client token.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) operation: String,
    pub(super) input: Value,
    pub(super) answer: Value,
}

/// One stack.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: &'static str,
    pub(super) status_reason: Option<String>,
    pub(super) detailed_status: Option<&'static str>,
    pub(super) created: f64,
    pub(super) updated: Option<f64>,
    pub(super) deleted: Option<f64>,
    /// What the stack is, or is becoming.
    pub(super) deployment: Option<Arc<Deployment>>,
    /// What an unfinished update would go back to; None if the stack has never been whole.
    pub(super) rollback: Option<Rollback>,
    /// Resources that the last rollback could not bring back.
    pub(super) not_rolled_back: Vec<String>,
    pub(super) settings: StackSettings,
    pub(super) termination_protection: bool,
    pub(super) deletion_mode: Option<String>,
    pub(super) resources: Vec<StackResource>,
    pub(super) outputs: Vec<Value>,
    /// Oldest first.
    pub(super) events: Vec<Event>,
    /// Oldest first: id, type, and the client token that began it.
    pub(super) operations: Vec<Operation>,
    pub(super) change_sets: Vec<ChangeSet>,
    /// The change set that was executed last.
    pub(super) change_set_id: Option<String>,
    /// Signals of the running operation.
    pub(super) signals: Vec<Signal>,
    /// Tells the running operation to stop.
    pub(super) cancel: Option<watch::Sender<bool>>,
    /// Why the running operation was told to stop by a caller.
    pub(super) wish: Option<Wish>,
}

/// What a caller wants of an operation under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// CancelUpdateStack.
    Cancel,
    /// DeleteStack while the stack is being created.
    Delete,
}

/// One operation on a stack.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) token: Option<String>,
    pub(super) started: f64,
    pub(super) ended: Option<f64>,
    /// `IN_PROGRESS`, `SUCCEEDED` or `FAILED`.
    pub(super) status: &'static str,
}

/// What the caller sets for a stack beside template and parameters.
#[derive(Debug, Clone, Default)]
pub(super) struct StackSettings {
    pub(super) role_arn: Option<String>,
    pub(super) notification_arns: Vec<String>,
    pub(super) disable_rollback: bool,
    pub(super) retain_except_on_create: bool,
    /// `ROLLBACK`, `DELETE` or `DO_NOTHING`.
    pub(super) on_failure: String,
    pub(super) timeout_minutes: Option<u64>,
    pub(super) rollback_configuration: Option<Value>,
}

/// The last good state, while an update is under way or stuck.
#[derive(Debug, Clone)]
pub(super) struct Rollback {
    pub(super) deployment: Arc<Deployment>,
    pub(super) resources: Vec<StackResource>,
}

impl State {
    /// The stack of this id, or the live one of this name.
    pub(super) fn stack(&self, name_or_id: &str) -> Option<&Stack> {
        self.stacks.iter().find(|stack| stack.answers_to(name_or_id))
    }

    /// As [`State::stack`], to be changed.
    pub(super) fn stack_mut(&mut self, name_or_id: &str) -> Option<&mut Stack> {
        self.stacks.iter_mut().find(|stack| stack.answers_to(name_or_id))
    }
}

impl Stack {
    /// A deleted stack answers to its id alone.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    fn answers_to(&self, name_or_id: &str) -> bool {
        self.id == name_or_id || (self.name == name_or_id && self.status != "DELETE_COMPLETE")
    }

    /// Whether an operation is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS") && self.status != "REVIEW_IN_PROGRESS"
    }

    pub(super) fn resource(&self, logical_id: &str) -> Option<&StackResource> {
        self.resources.iter().find(|resource| resource.logical_id == logical_id)
    }

    pub(super) fn resource_mut(&mut self, logical_id: &str) -> Option<&mut StackResource> {
        self.resources.iter_mut().find(|resource| resource.logical_id == logical_id)
    }

    /// The running or last operation.
    pub(super) fn operation(&self) -> Option<&Operation> {
        self.operations.last()
    }
}
