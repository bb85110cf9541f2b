//! What the IAM types share: policy documents, and attachments that follow the properties.

use serde_json::Value;

use super::{ResourceContext, ResourceFailure};
use crate::AwsError;

pub(super) const SERVICE: &str = "Iam";

/// A policy document, which may be given as text.
pub(super) fn document(value: Option<&Value>) -> Value {
    match value {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(document) => document.clone(),
        None => Value::Null,
    }
}

/// Takes off what only the old properties name, and attaches what the new ones name.
///
/// # Errors
/// The first refusal to attach. What somebody else has taken off is as wanted.
pub(super) fn follow(
    before: &[String],
    after: &[String],
    mut attach: impl FnMut(&str, bool) -> Result<(), AwsError>,
) -> Result<(), AwsError> {
    for gone in before.iter().filter(|one| !after.contains(one)) {
        let _ = attach(gone, false);
    }
    after.iter().try_for_each(|one| attach(one, true))
}

/// The end of a delete: what is gone already is deleted.
///
/// # Errors
/// Any other refusal, as the event gives it.
pub(super) fn deleted(context: &ResourceContext, outcome: Result<(), AwsError>) -> Result<(), ResourceFailure> {
    match outcome {
        Err(error) if error.code != "NoSuchEntity" => Err(context.refused(SERVICE, &error)),
        _ => Ok(()),
    }
}
