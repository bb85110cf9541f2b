//! The error answer of a service operation, independent of the protocol that carries it.

use serde_json::{Map, Value};

/// An error as AWS answers it: a code, a message and the HTTP status, rendered by `wire` in the caller's protocol.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// The error code on the wire, such as `ValidationError`.
    pub code: String,
    /// The message, in AWS's own words wherever those are known.
    pub message: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Further members of a modelled error shape.
    pub fields: Box<Map<String, Value>>,
}

impl AwsError {
    /// A 400 answer with this code and message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, fields: Box::default() }
    }

    /// CloudFormation's, Auto Scaling's and ELBv2's common `ValidationError` (HTTP 400).
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }

    /// The same error with another HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}
