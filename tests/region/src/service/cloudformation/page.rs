//! Pages of lists.

use serde_json::{Value, json};

use crate::AwsError;

/// The page that `NextToken` asks for, and the token of the next one. Tokens say how many items came before.
///
/// # Errors
/// A token that this region never gave.
pub(super) fn cut(items: Vec<Value>, input: &Value, size: usize) -> Result<(Vec<Value>, Option<String>), AwsError> {
    let start = match input.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")
            .and_then(|start| start.parse::<usize>().ok())
            .filter(|start| *start <= items.len())
            // https://github.com/boto/boto3/issues/1203 [U]
            .ok_or_else(|| AwsError::validation("Invalid NextToken: token is malformed or expired"))?,
    };
    let end = items.len().min(start + size);
    let next = (end < items.len()).then(|| format!("page-{end}"));
    Ok((items[start..end].to_vec(), next))
}

/// An answer of one page.
///
/// # Errors
/// As [`cut`].
pub(super) fn answer(name: &str, items: Vec<Value>, input: &Value, size: usize) -> Result<Value, AwsError> {
    let (items, next) = cut(items, input, size)?;
    let mut answer = json!({name: items});
    if let (Some(next), Some(map)) = (next, answer.as_object_mut()) {
        map.insert("NextToken".to_owned(), next.into());
    }
    Ok(answer)
}
