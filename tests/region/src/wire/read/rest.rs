//! REST with XML bodies (Route 53, S3): the operation is found by method and path; members come from path, query,
//! headers and body.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::ReadError;
use crate::wire::model::{Model, Operation, Reference};
use crate::wire::scalar;
use crate::wire::xml::Element;

/// A request as REST reads it.
#[derive(Debug)]
pub(in crate::wire) struct Parts<'a> {
    pub method: &'a str,
    /// Still percent-encoded; for S3 always with the bucket in front.
    pub path: &'a str,
    /// Decoded.
    pub query: &'a [(String, String)],
    /// Lower-case names.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// The operation a request asks for, with the members in its path: the one whose literal query parameters, and then
/// required members, say most of the request.
pub(in crate::wire) fn operation<'m>(
    model: &'m Model,
    parts: &Parts<'_>,
) -> Option<(&'m Operation, Vec<(String, String)>)> {
    let score = |operation: &Operation| {
        let literals = operation.http.request_uri.split_once('?').map_or(0, |(_, query)| query.split('&').count());
        (literals, required_present(model, operation, parts))
    };
    model
        .operations
        .values()
        .filter(|operation| operation.http.method == parts.method)
        .filter_map(|operation| Some((operation, path_members(&operation.http.request_uri, parts)?)))
        .filter(|(operation, _)| required_present(model, operation, parts).is_some())
        .max_by_key(|(operation, _)| score(operation))
}

/// How many required members from headers and query are there; None when one is not (`CopyObject` needs its source).
fn required_present(model: &Model, operation: &Operation, parts: &Parts<'_>) -> Option<usize> {
    let Some(input) = &operation.input else { return Some(0) };
    let shape = model.shape(&input.shape);
    let mut present = 0;
    for member in &shape.required {
        let Some(reference) = shape.members.get(member) else { continue };
        let name = reference.location_name.as_deref().unwrap_or(member);
        let found = match reference.location.as_deref() {
            Some("querystring") => parts.query.iter().any(|(key, _)| key == name),
            Some("header") => parts.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name)),
            _ => continue,
        };
        if !found {
            // Only S3 tells operations apart by such members; elsewhere absence is a validation error.
            if model.metadata.endpoint_prefix == "s3" {
                return None;
            }
            continue;
        }
        present += 1;
    }
    Some(present)
}

fn path_members(template: &str, parts: &Parts<'_>) -> Option<Vec<(String, String)>> {
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    for literal in query.split('&').filter(|literal| !literal.is_empty()) {
        let (key, value) = literal.split_once('=').unwrap_or((literal, ""));
        if !parts.query.iter().any(|(name, actual)| name == key && (value.is_empty() || actual == value)) {
            return None;
        }
    }
    let wanted: Vec<&str> = path.trim_matches('/').split('/').collect();
    let actual: Vec<&str> = parts.path.trim_start_matches('/').split('/').collect();
    let mut members = Vec::new();
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    for (index, step) in wanted.iter().enumerate() {
        if let Some(greedy) = step.strip_prefix('{').and_then(|step| step.strip_suffix("+}")) {
            let rest = actual.get(index..)?.join("/");
            if rest.is_empty() {
                return None;
            }
            members.push((greedy.to_owned(), decode(&rest)));
            return Some(members);
        }
        let present = *actual.get(index)?;
        match step.strip_prefix('{').and_then(|step| step.strip_suffix('}')) {
            Some(_) if present.is_empty() => return None,
            Some(name) => members.push((name.to_owned(), decode(present))),
            None if *step == present => {}
            None => return None,
        }
    }
    // A final slash is nothing: Route 53's model has one where clients send none, and the other way round.
    actual[wanted.len()..].iter().all(|rest| rest.is_empty()).then_some(members)
}

/// Reads the input of an operation. A streaming payload is left out.
pub(in crate::wire) fn read(
    model: &Model,
    operation: &Operation,
    path_members: &[(String, String)],
    parts: &Parts<'_>,
) -> Result<Value, ReadError> {
    let Some(input) = &operation.input else { return Ok(json!({})) };
    let shape = model.shape(&input.shape);
    let mut object = Map::new();
    let mut known: Vec<&str> = Vec::new();
    for (member, reference) in &shape.members {
        let name = reference.location_name.as_deref().unwrap_or(member);
        let text = match reference.location.as_deref() {
            Some("uri") => path_members.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
            Some("querystring") => {
                known.push(name);
                parts.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            }
            Some("header") => {
                parts.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
            }
            Some("headers") => {
                let prefixed = parts.headers.iter().filter_map(|(key, value)| {
                    Some((key.strip_prefix(&name.to_ascii_lowercase())?.to_owned(), json!(value)))
                });
                let map: Map<String, Value> = prefixed.collect();
                if !map.is_empty() {
                    object.insert(member.clone(), Value::Object(map));
                }
                None
            }
            _ => None,
        };
        if let Some(text) = text {
            object.insert(member.clone(), header_value(model, reference, name, &text)?);
        }
    }
    let literal = operation.http.request_uri.split_once('?').map_or("", |(_, query)| query);
    let expected = |name: &str| {
        known.contains(&name) || literal.split('&').any(|one| one.split('=').next() == Some(name)) || is_signing(name)
    };
    if let Some((name, _)) = parts.query.iter().find(|(name, _)| !expected(name)) {
        return Err(ReadError::Unknown(name.clone()));
    }
    match &shape.payload {
        Some(payload) => {
            let reference = &shape.members[payload];
            let kind = model.shape(&reference.shape).kind.as_str();
            if kind == "structure" && !parts.body.is_empty() {
                let root = document(parts.body)?;
                object.insert(payload.clone(), element(model, reference, &root, payload)?);
            } else if kind == "string" {
                object.insert(payload.clone(), json!(String::from_utf8_lossy(parts.body)));
            }
        }
        None if !parts.body.is_empty() && shape.members.values().any(|member| member.location.is_none()) => {
            let Value::Object(body) = element(model, input, &document(parts.body)?, "")? else { return Ok(json!({})) };
            object.extend(body);
        }
        None => {}
    }
    Ok(Value::Object(object))
}

/// Query parameters that sign a request or name the caller's operation; SDKs add `x-id`.
fn is_signing(name: &str) -> bool {
    name == "x-id" || name.to_ascii_lowercase().starts_with("x-amz-")
}

fn header_value(model: &Model, reference: &Reference, name: &str, text: &str) -> Result<Value, ReadError> {
    let shape = model.shape(&reference.shape);
    if let Some(element) = shape.member.as_ref().filter(|_| shape.kind == "list") {
        let parts = text.split(',').map(|part| header_value(model, element, name, part.trim()));
        return parts.collect::<Result<Vec<_>, _>>().map(Value::Array);
    }
    scalar::read(shape, text).ok_or_else(|| ReadError::Malformed { parameter: name.to_owned(), value: text.to_owned() })
}

fn document(body: &[u8]) -> Result<Element, ReadError> {
    std::str::from_utf8(body)
        .ok()
        .and_then(Element::parse)
        .ok_or_else(|| ReadError::Unreadable("the XML is not well-formed".to_owned()))
}

fn element(model: &Model, reference: &Reference, found: &Element, path: &str) -> Result<Value, ReadError> {
    let shape = model.shape(&reference.shape);
    match shape.kind.as_str() {
        "structure" => {
            let mut object = Map::new();
            for child in &found.children {
                let known = shape.members.iter().find(|(member, reference)| {
                    reference.location.is_none() && reference.location_name.as_ref().unwrap_or(member) == &child.name
                });
                let deeper = if path.is_empty() { child.name.clone() } else { format!("{path}.{}", child.name) };
                let Some((member, reference)) = known else { return Err(ReadError::Unknown(deeper)) };
                let inner = model.shape(&reference.shape);
                let flat = inner.kind == "list" && (inner.flattened || reference.flattened);
                match (&inner.member, flat) {
                    (Some(entry), true) => {
                        let value = element(model, entry, child, &deeper)?;
                        if let Some(list) = object.entry(member.clone()).or_insert_with(|| json!([])).as_array_mut() {
                            list.push(value);
                        }
                    }
                    _ => {
                        object.insert(member.clone(), element(model, reference, child, &deeper)?);
                    }
                }
            }
            Ok(Value::Object(object))
        }
        "list" => {
            let Some(entry) = &shape.member else { return Ok(json!([])) };
            let name = entry.location_name.as_deref().unwrap_or("member");
            let read = found.children.iter().map(|child| {
                let deeper = format!("{path}.{}", child.name);
                if child.name == name { element(model, entry, child, &deeper) } else { Err(ReadError::Unknown(deeper)) }
            });
            read.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        _ => scalar::read(shape, &found.text)
            .ok_or_else(|| ReadError::Malformed { parameter: path.to_owned(), value: found.text.clone() }),
    }
}
