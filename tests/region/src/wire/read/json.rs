//! JSON 1.0 and 1.1: already JSON, so only types and member names are looked at.

use serde_json::{Map, Value};

use super::ReadError;
use crate::wire::model::{Model, Reference, absent};

/// Reads the body of an operation. Members with null are as if not sent.
pub(in crate::wire) fn read(model: &Model, input: Option<&Reference>, body: &[u8]) -> Result<Value, ReadError> {
    let parsed: Value = if body.is_empty() {
        Value::Object(Map::new())
    } else {
        serde_json::from_slice(body).map_err(|error| ReadError::Unreadable(error.to_string()))?
    };
    match input {
        Some(input) => any(model, input, parsed, ""),
        None => Ok(Value::Object(Map::new())),
    }
}

fn any(model: &Model, reference: &Reference, value: Value, path: &str) -> Result<Value, ReadError> {
    let shape = model.shape(&reference.shape);
    let malformed = |value: &Value| ReadError::Malformed { parameter: path.to_owned(), value: value.to_string() };
    match (shape.kind.as_str(), value) {
        ("structure", Value::Object(members)) => {
            let mut object = Map::new();
            for (name, value) in members.into_iter().filter(|(_, value)| !absent(value)) {
                let deeper = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let known = shape
                    .members
                    .iter()
                    .find(|(member, reference)| reference.location_name.as_ref().unwrap_or(member) == &name);
                let Some((member, reference)) = known else { return Err(ReadError::Unknown(deeper)) };
                object.insert(member.clone(), any(model, reference, value, &deeper)?);
            }
            Ok(Value::Object(object))
        }
        ("list", Value::Array(elements)) => {
            let Some(element) = &shape.member else { return Ok(Value::Array(Vec::new())) };
            let read = elements
                .into_iter()
                .enumerate()
                .map(|(index, value)| any(model, element, value, &format!("{path}.{}", index + 1)));
            read.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        ("map", Value::Object(entries)) => {
            let Some(held) = &shape.value else { return Ok(Value::Object(Map::new())) };
            let mut object = Map::new();
            for (key, value) in entries {
                let deeper = format!("{path}.{key}");
                object.insert(key, any(model, held, value, &deeper)?);
            }
            Ok(Value::Object(object))
        }
        ("string" | "blob", value @ Value::String(_))
        | ("boolean", value @ Value::Bool(_))
        | ("double" | "float" | "timestamp", value @ Value::Number(_)) => Ok(value),
        ("integer" | "long", Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(Value::Number(number)),
        (_, value) => Err(malformed(&value)),
    }
}
