//! Requests: from the wire to JSON in the model's member names. Unknown members are refused.

pub(super) mod json;
pub(super) mod query;
pub(super) mod rest;

/// Why a request could not be read, before the service words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReadError {
    /// A parameter that the model does not know.
    Unknown(String),
    /// A value that is not of its type: parameter and value.
    Malformed { parameter: String, value: String },
    /// The body is not of the protocol.
    Unreadable(String),
}
