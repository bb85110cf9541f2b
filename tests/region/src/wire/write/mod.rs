//! Answers: from JSON in the model's member names to the wire. What the model does not know is a bug of the region,
//! given as the text of a `WriteError`.

pub(super) mod error;
pub(super) mod json;
pub(super) mod xml;

/// What is wrong with an answer: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WriteError(pub String);

fn wrong(path: &str, what: &str) -> WriteError {
    WriteError(format!("{path}: {what}"))
}
