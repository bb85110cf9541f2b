//! Pages of a list: `MaxRecords` and `NextToken`.

use serde_json::{Value, json};

use crate::AwsError;

/// How many entries a page of an operation has: unless asked, and at most.
pub(super) struct Size {
    pub usual: usize,
    pub most: usize,
}

/// One page of `all` under `member`.
///
/// # Errors
/// A size or a token that the operation does not take.
pub(super) fn page(input: &Value, member: &str, all: Vec<Value>, size: &Size) -> Result<Value, AwsError> {
    let start = match input["NextToken"].as_str() {
        None => 0,
        Some(token) => {
            let start = token.strip_prefix("from-").and_then(|start| start.parse().ok());
            start.filter(|start| *start <= all.len()).ok_or_else(|| {
                // https://github.com/boto/boto3/issues/2358
                AwsError::new("InvalidNextToken", format!("The token '{token}' was invalid"))
            })?
        }
    };
    let count = match input["MaxRecords"].as_i64() {
        None => size.usual,
        Some(asked) => {
            let fits = usize::try_from(asked).ok().filter(|asked| (1..=size.most).contains(asked));
            fits.ok_or_else(|| {
                let limit = if asked < 1 { "greater than or equal to 1" } else { "less than or equal to " };
                let most = if asked < 1 { String::new() } else { size.most.to_string() };
                AwsError::validation(format!(
                    "1 validation error detected: Value '{asked}' at 'maxRecords' failed to satisfy constraint: \
                     Member must have value {limit}{most}" // [U] wording
                ))
            })?
        }
    };
    let more = all.len() > start + count;
    let mut answer = json!({ member: all.into_iter().skip(start).take(count).collect::<Vec<_>>() });
    if more {
        answer["NextToken"] = json!(format!("from-{}", start + count));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Size, page};

    #[test]
    fn pages_have_their_limits_and_refuse_what_was_not_given() {
        let all: Vec<_> = (0..5).map(|number| json!(number)).collect();
        let ask = |input| page(&input, "Things", all.clone(), &Size { usual: 2, most: 3 });
        let first = ask(json!({})).expect("a page");
        assert_eq!((first["Things"].clone(), first["NextToken"].clone()), (json!([0, 1]), json!("from-2")));
        let rest = ask(json!({"NextToken": "from-2", "MaxRecords": 3})).expect("a page");
        assert_eq!(rest, json!({"Things": [2, 3, 4]}));
        for (input, code) in [
            (json!({"NextToken": ""}), "InvalidNextToken"),
            (json!({"NextToken": "from-6"}), "InvalidNextToken"),
            (json!({"MaxRecords": 4}), "ValidationError"),
            (json!({"MaxRecords": 0}), "ValidationError"),
        ] {
            assert_eq!(ask(input.clone()).expect_err("a refusal").code, code, "{input}");
        }
    }
}
