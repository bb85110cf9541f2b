//! Why a template or its parameters are refused.

use crate::AwsError;

/// A template or parameter mistake, in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormationError(pub String);

impl FormationError {
    /// `Template format error: …`, for a template that is wrong in itself.
    pub fn format(message: impl std::fmt::Display) -> Self {
        Self(format!("Template format error: {message}"))
    }

    /// `Template error: …`, for a function that is used wrongly.
    pub fn function(message: impl std::fmt::Display) -> Self {
        Self(format!("Template error: {message}"))
    }
}

impl From<FormationError> for AwsError {
    fn from(error: FormationError) -> Self {
        AwsError::validation(error.0)
    }
}
