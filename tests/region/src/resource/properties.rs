//! Reads properties by what they are. The engine has checked and converted them, so what is absent here is absent in the
//! template.

use serde_json::{Map, Value};

/// A property that is a text.
pub(super) fn text(properties: &Map<String, Value>, name: &str) -> Option<String> {
    properties.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A property that is a list of texts; empty where it is absent.
pub(super) fn strings(properties: &Map<String, Value>, name: &str) -> Vec<String> {
    list(properties, name).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The items of a property that is a list.
pub(super) fn list<'a>(properties: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    properties.get(name).and_then(Value::as_array).into_iter().flatten()
}
