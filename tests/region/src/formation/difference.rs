//! What changed between two sets of resolved properties, and whether it replaces the resource.

use serde_json::{Map, Value};

use super::intrinsic::UNKNOWN;
use super::schema::Schema;

/// One changed property.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyChange {
    /// Top-level property.
    pub name: String,
    /// Path below `Properties`, such as `Tags/0/Value`.
    pub path: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Whether a change replaces the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recreation {
    Never,
    Conditionally,
    Always,
}

impl Recreation {
    /// `RequiresRecreation` of a change set.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::Conditionally => "Conditionally",
            Self::Always => "Always",
        }
    }
}

/// Every changed leaf. Objects are compared member by member, lists of the same length item by item.
pub fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<PropertyChange> {
    let mut found = Vec::new();
    compare_maps("", before, after, &mut found);
    found
        .into_iter()
        .map(|(path, before, after)| {
            let name = path.split('/').next().unwrap_or_default().to_owned();
            PropertyChange { name, path, before, after }
        })
        .collect()
}

type Found = Vec<(String, Option<Value>, Option<Value>)>;

fn compare_maps(path: &str, before: &Map<String, Value>, after: &Map<String, Value>, found: &mut Found) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    for (name, old) in before {
        match after.get(name) {
            Some(new) => compare(&below(name), old, new, found),
            None => found.push((below(name), Some(old.clone()), None)),
        }
    }
    for (name, new) in after {
        if !before.contains_key(name) {
            found.push((below(name), None, Some(new.clone())));
        }
    }
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Found) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => compare_maps(path, old, new, found),
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}/{index}"), old, new, found);
            }
        }
        _ if before == after => {}
        _ => found.push((path.to_owned(), Some(before.clone()), Some(after.clone()))),
    }
}

/// What one change does to the resource. A value not known yet replaces it only perhaps.
pub fn recreation(schema: &Schema, change: &PropertyChange) -> Recreation {
    let unknown = change.after.as_ref().is_some_and(contains_unknown);
    if schema.is_create_only(&change.path) {
        if unknown { Recreation::Conditionally } else { Recreation::Always }
    } else if schema.is_conditionally_create_only(&change.name) {
        Recreation::Conditionally
    } else {
        Recreation::Never
    }
}

/// Whether something in the value is only known after the deployment.
pub fn contains_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text == UNKNOWN,
        Value::Array(items) => items.iter().any(contains_unknown),
        Value::Object(map) => map.values().any(contains_unknown),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::formation::schema;

    #[test]
    fn changes_are_found_at_their_leaves() {
        let map = |value: Value| value.as_object().cloned().expect("an object");
        let before = map(json!({"A": 1, "B": {"C": 1, "D": 2}, "L": [{"K": 1}], "Gone": 1}));
        let after = map(json!({"A": 1, "B": {"C": 3, "D": 2}, "L": [{"K": 2}], "New": 1}));
        let paths: Vec<String> = changes(&before, &after).into_iter().map(|change| change.path).collect();
        assert_eq!(paths, ["B/C", "L/0/K", "Gone", "New"]);
    }

    #[test]
    fn create_only_properties_replace() {
        let schema = schema::of("AWS::ElasticLoadBalancingV2::TargetGroup").expect("known");
        let change = |name: &str, after: Value| PropertyChange {
            name: name.to_owned(),
            path: name.to_owned(),
            before: Some(json!(1)),
            after: Some(after),
        };
        assert_eq!(recreation(schema, &change("Port", json!(2))), Recreation::Always);
        assert_eq!(recreation(schema, &change("Port", json!(UNKNOWN))), Recreation::Conditionally);
        assert_eq!(recreation(schema, &change("HealthCheckPath", json!("/"))), Recreation::Never);
    }
}
