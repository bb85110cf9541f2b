//! CloudFormation's vocabulary: status, event, change, failure, and watching a stack.

pub mod answer;
pub mod change;
pub mod event;
pub mod failure;
mod model;
pub mod rhythm;
pub mod status;
pub mod watch;

pub use model::Stack;
