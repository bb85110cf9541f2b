//! Client tokens: a request repeated with its token is answered again and not carried out again.

use std::sync::Arc;

use serde_json::Value;

use super::input::text;
use super::state::Answered;
use crate::{AwsError, Region};

fn token<'a>(operation: &str, input: &'a Value) -> Option<&'a str> {
    let member = if operation == "CreateChangeSet" { "ClientToken" } else { "ClientRequestToken" };
    text(input, member)
}

/// The answer given before to the same request with the same token.
///
/// # Errors
/// The token was given with another request.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
pub(super) fn answered(region: &Arc<Region>, operation: &str, input: &Value) -> Result<Option<Value>, AwsError> {
    let Some(token) = token(operation, input) else { return Ok(None) };
    region.world(|world| match world.cloudformation.tokens.get(token) {
        None => Ok(None),
        Some(known) if known.operation == operation && known.input == *input => Ok(Some(known.answer.clone())),
        Some(_) => {
            let message = format!("Client request token [{token}] already exists with a different request"); // [U]
            Err(AwsError::new("TokenAlreadyExistsException", message))
        }
    })
}

/// Keeps an answer for a repeated request.
pub(super) fn remember(region: &Arc<Region>, operation: &str, input: &Value, answer: &Value) {
    let Some(token) = token(operation, input) else { return };
    let answered = Answered { operation: operation.to_owned(), input: input.clone(), answer: answer.clone() };
    region.world(|world| world.cloudformation.tokens.insert(token.to_owned(), answered));
}
