//! CloudFormation's vocabulary: status, event, change, failure, and watching a stack.

pub mod answer;
pub mod boot;
pub mod change;
pub mod event;
pub mod failure;
pub mod hint;
mod model;
pub mod rhythm;
pub mod status;
pub mod watch;

pub use model::Stack;
