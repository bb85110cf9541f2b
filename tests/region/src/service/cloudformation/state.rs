//! What CloudFormation remembers: every stack, deleted ones included.

use std::sync::Arc;

use tokio::sync::Notify;

use super::signals::Signal;

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    pub(super) stacks: Vec<Stack>,
    /// Woken whenever a signal arrives anywhere.
    pub(super) signalled: Arc<Notify>,
}

/// One stack.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) id: String,
    /// Signals of the running operation that no resource has counted yet.
    pub(super) signals: Vec<Signal>,
}

impl State {
    pub(super) fn stack_mut(&mut self, id: &str) -> Option<&mut Stack> {
        self.stacks.iter_mut().find(|stack| stack.id == id)
    }
}
