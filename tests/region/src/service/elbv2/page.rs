//! Pages of a list: `PageSize` and `Marker` in, `NextMarker` out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::AwsError;

/// A page has 400 entries unless a smaller `PageSize` is asked for (the model's own maximum).
const LARGEST: usize = 400;

/// Answers the part of `all` that the input asks for, under `member`.
pub(super) fn page(input: &Value, member: &str, all: Vec<Value>) -> Result<Value, AwsError> {
    let start = match input["Marker"].as_str().filter(|marker| !marker.is_empty()) {
        None => 0,
        Some(marker) => offset(marker).filter(|start| *start <= all.len()).ok_or_else(invalid)?,
    };
    let size = input["PageSize"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(LARGEST).min(LARGEST);
    let end = all.len().min(start + size);
    let mut answer = json!({ member: &all[start..end] });
    if end < all.len() {
        answer["NextMarker"] = json!(STANDARD.encode(format!("from {end}")));
    }
    Ok(answer)
}

fn offset(marker: &str) -> Option<usize> {
    String::from_utf8(STANDARD.decode(marker).ok()?).ok()?.strip_prefix("from ")?.parse().ok()
}

fn invalid() -> AwsError {
    AwsError::validation("Invalid marker")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::page;

    #[test]
    fn pages_follow_each_other_and_end() {
        let all: Vec<_> = (0..5).map(|number| json!(number)).collect();
        let first = page(&json!({"PageSize": 3}), "Things", all.clone()).expect("first page");
        assert_eq!(first["Things"], json!([0, 1, 2]));
        let rest = page(&json!({"Marker": first["NextMarker"]}), "Things", all.clone()).expect("second page");
        assert_eq!(rest, json!({"Things": [3, 4]}));
        assert!(page(&json!({"Marker": "nonsense"}), "Things", all).is_err());
    }
}
