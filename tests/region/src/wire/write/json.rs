//! JSON answers: already JSON, so only member names and types are looked at.

use serde_json::{Map, Value, json};

use super::{WriteError, wrong};
use crate::wire::model::{Model, Reference, absent};

/// The body of an answer.
pub(in crate::wire) fn write(model: &Model, output: Option<&Reference>, value: &Value) -> Result<String, WriteError> {
    let body = match output {
        Some(output) => any(model, output, value, "")?,
        None if value.as_object().is_none_or(Map::is_empty) => json!({}),
        None => return Err(wrong("", "the operation has no output")),
    };
    Ok(body.to_string())
}

fn any(model: &Model, reference: &Reference, value: &Value, path: &str) -> Result<Value, WriteError> {
    let shape = model.shape(&reference.shape);
    match (shape.kind.as_str(), value) {
        ("structure", Value::Object(members)) => {
            let mut object = Map::new();
            for (member, value) in members.iter().filter(|(_, value)| !absent(value)) {
                let deeper = format!("{path}.{member}");
                let Some(reference) = shape.members.get(member) else { return Err(wrong(&deeper, "not a member")) };
                let name = reference.location_name.as_ref().unwrap_or(member);
                object.insert(name.clone(), any(model, reference, value, &deeper)?);
            }
            Ok(Value::Object(object))
        }
        ("list", Value::Array(elements)) => {
            let Some(element) = &shape.member else { return Err(wrong(path, "the list has no element")) };
            let written = elements.iter().map(|value| any(model, element, value, path));
            written.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        ("map", Value::Object(entries)) => {
            let Some(held) = &shape.value else { return Err(wrong(path, "the map has no value")) };
            let mut object = Map::new();
            for (key, value) in entries {
                object.insert(key.clone(), any(model, held, value, path)?);
            }
            Ok(Value::Object(object))
        }
        ("timestamp", Value::Number(_)) => Ok(value.clone()),
        _ => match crate::wire::scalar::write(shape, "", value) {
            Some(_) => Ok(value.clone()),
            None => Err(wrong(path, &format!("not a {}: {value}", shape.kind))),
        },
    }
}
