//! One file per command, named as the user types it; and the way from an argument list to an exit code.

pub mod cert;
pub mod down;
pub mod login;
pub mod status;
pub mod template;
pub mod up;

use crate::error::Failure;

/// What a command hands back to be shown: the same facts for people and as data.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The facts, for `data` of the JSON document.
    pub data: serde_json::Value,
    /// The facts, for people, on standard output.
    pub text: String,
    /// What needs attention and is no failure.
    pub warnings: Vec<String>,
    /// Why the command did not fully succeed, when there are facts to show as well.
    pub failure: Option<Failure>,
}
