//! `Filters` of the describe operations: every known filter is honoured, an unknown one is refused.

use serde_json::{Value, json};

use crate::AwsError;
use crate::service::iam::policy::matches;

/// Name of a filter and where the described item has its value: dotted members, `[]` for every element of a list.
pub type Filter = (&'static str, &'static str);

/// How a filter reads the values of an item.
type Values<'f> = Box<dyn Fn(&Value) -> Vec<String> + 'f>;

/// Keeps the items that pass every filter of `input`. Values may have the wildcards `*` and `?`; `tag:KEY` and
/// `tag-key` are known everywhere.
///
/// # Errors
/// `InvalidParameterValue` for a filter that is not in `known`.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
pub fn keep(items: Vec<Value>, input: &Value, known: &[Filter]) -> Result<Vec<Value>, AwsError> {
    let mut kept = items;
    for filter in input["Filters"].as_array().into_iter().flatten() {
        let name = filter["Name"].as_str().unwrap_or_default();
        let wanted: Vec<&str> = filter["Values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let values: Values = if let Some(key) = name.strip_prefix("tag:") {
            Box::new(move |item| tag_values(item, key))
        } else if name == "tag-key" {
            Box::new(|item| at(item, "Tags.[].Key"))
        } else if let Some((_, path)) = known.iter().find(|(known, _)| *known == name) {
            Box::new(move |item| at(item, path))
        } else {
            return Err(AwsError::new("InvalidParameterValue", format!("The filter '{name}' is invalid")));
        };
        kept.retain(|item| values(item).iter().any(|value| wanted.iter().any(|wanted| matches(wanted, value))));
    }
    Ok(kept)
}

/// Keeps the items whose `member` is among the ids of `input[list]`, if any are asked for.
///
/// # Errors
/// `code` for an id that no item has: `The KIND 'ID' does not exist`.
pub fn by_id(
    items: Vec<Value>,
    input: &Value,
    list: &str,
    member: &str,
    code: &str,
    kind: &str,
) -> Result<Vec<Value>, AwsError> {
    let Some(ids) = input[list].as_array().filter(|ids| !ids.is_empty()) else { return Ok(items) };
    for id in ids {
        if !items.iter().any(|item| item[member] == *id) {
            return Err(super::network::not_found(code, kind, id.as_str().unwrap_or_default()));
        }
    }
    Ok(items.into_iter().filter(|item| ids.contains(&item[member])).collect())
}

/// An unlimited answer has no more entries than this.
/// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination
const LARGEST: usize = 1000;

/// One page of `items` under `name`: at most `MaxResults`, going on from `NextToken` (the offset, as text).
///
/// # Errors
/// `InvalidParameterValue` for a token the region did not give.
pub fn page(items: Vec<Value>, input: &Value, name: &str) -> Result<Value, AwsError> {
    let start = match input["NextToken"].as_str() {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")
            .and_then(|start| start.parse::<usize>().ok())
            .filter(|start| *start <= items.len())
            .ok_or_else(|| {
                let message = format!("Value ({token}) for parameter NextToken is invalid. The token is invalid.");
                // https://github.com/boto/boto3/issues/2673
                AwsError::new("InvalidParameterValue", message)
            })?,
    };
    let limit = input["MaxResults"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LARGEST);
    let more = items.len() > start.saturating_add(limit);
    let page: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    let mut answer = json!({ name: page });
    if more {
        answer["NextToken"] = json!(format!("page-{}", start + limit));
    }
    Ok(answer)
}

fn tag_values(item: &Value, key: &str) -> Vec<String> {
    let tags = item["Tags"].as_array().or_else(|| item["TagSet"].as_array());
    tags.into_iter()
        .flatten()
        .filter(|tag| tag["Key"] == key)
        .filter_map(|tag| Some(tag["Value"].as_str()?.to_owned()))
        .collect()
}

fn at(item: &Value, path: &str) -> Vec<String> {
    let mut found = vec![item];
    for step in path.split('.') {
        found = found
            .into_iter()
            .flat_map(|value| match step {
                "[]" => value.as_array().map(|list| list.iter().collect()).unwrap_or_default(),
                member => vec![&value[member]],
            })
            .collect();
    }
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    found.into_iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::{keep, page};
    use serde_json::json;

    #[test]
    fn filters_are_honoured_and_unknown_ones_refused() {
        let items = vec![
            json!({ "VpcId": "vpc-1", "IsDefault": true, "Tags": [{ "Key": "Name", "Value": "main" }] }),
            json!({ "VpcId": "vpc-2", "IsDefault": false, "Tags": [] }),
        ];
        let ask = |name: &str, value: &str| json!({ "Filters": [{ "Name": name, "Values": [value] }] });
        let known = [("is-default", "IsDefault")];
        for (name, value, count) in
            [("is-default", "true", 1), ("tag:Name", "ma*", 1), ("tag-key", "Name", 1), ("is-default", "no", 0)]
        {
            let kept = keep(items.clone(), &ask(name, value), &known).expect("a known filter");
            assert_eq!(kept.len(), count, "{name}={value}");
        }
        let error = keep(items, &ask("isDefault", "true"), &known).expect_err("unknown");
        assert_eq!(error.message, "The filter 'isDefault' is invalid");
    }

    #[test]
    fn pages_go_on_where_the_last_ended() {
        let items = vec![json!(1), json!(2), json!(3)];
        let first = page(items.clone(), &json!({ "MaxResults": 2 }), "All").expect("a page");
        assert_eq!(first["All"], json!([1, 2]));
        let last = page(items, &json!({ "MaxResults": 2, "NextToken": first["NextToken"] }), "All").expect("a page");
        assert_eq!(last, json!({ "All": [3] }));
    }
}
