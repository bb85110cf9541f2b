//! What AWS's own models and schemas carry, counted: operations, resource types, and the demands they make.

use serde_json::Value;

use crate::root;

/// Demands that a model or schema makes of values.
const DEMANDS: [&str; 14] = [
    "enum",
    "min",
    "max",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "format",
    "const",
    "additionalProperties",
];

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// JSON files of a folder, without their ending.
pub fn names(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder of data");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    names.sort();
    names
}

/// Operations of a service, and the demands of its model.
pub fn service(name: &str) -> (usize, usize) {
    let model = read(&format!("data/api/{name}.json"));
    (model["operations"].as_object().map_or(0, serde_json::Map::len), demands(&model["shapes"]))
}

/// Resource types, and the demands of their schemas.
pub fn types() -> (usize, usize) {
    let names = names("data/schemas");
    (names.len(), names.iter().map(|name| demands(&read(&format!("data/schemas/{name}.json")))).sum())
}

fn demands(value: &Value) -> usize {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| match (key.as_str(), value) {
                ("required", Value::Array(names)) => names.len(),
                (key, value) if DEMANDS.contains(&key) && !value.is_object() => 1,
                (_, value) => demands(value),
            })
            .sum(),
        Value::Array(items) => items.iter().map(demands).sum(),
        _ => 0,
    }
}
