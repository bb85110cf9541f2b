//! Checks resolved properties against the resource schema, and converts scalars to the schema's types.
//!
//! The words are those of the validator that CloudFormation uses:
//! https://github.com/everit-org/json-schema, as quoted in many stacks' events.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regex::Regex;
use serde_json::{Map, Number, Value};

use super::intrinsic::UNKNOWN;
use super::schema::Schema;

/// Converts and checks the properties of one resource.
///
/// # Errors
/// Every violation, such as `#/Name: expected maxLength: 32, actual: 33`.
pub fn check(schema: &Schema, properties: &Map<String, Value>) -> Result<Map<String, Value>, Vec<String>> {
    let mut found = Vec::new();
    for name in properties.keys() {
        if schema.is_read_only(name) {
            // https://github.com/aws-cloudformation/cloudformation-cli/issues/544
            found.push(format!("Encountered unsupported property {name}"));
        }
    }
    let value = visit(schema, schema.root(), &Value::Object(properties.clone()), "#", &mut found);
    match value {
        Value::Object(map) if found.is_empty() => Ok(map),
        _ => Err(found),
    }
}

fn visit(schema: &Schema, rule: &Value, value: &Value, path: &str, found: &mut Vec<String>) -> Value {
    let rule = schema.target(rule);
    if is_unresolved(value) {
        return value.clone();
    }
    let types = types(rule);
    let Some(value) = converted(value, &types) else {
        let expected = types.first().copied().unwrap_or_default();
        found.push(format!("{path}: expected type: {}, found: {}", class(expected), found_class(value)));
        return value.clone();
    };
    if let Some(allowed) = rule.get("enum").and_then(Value::as_array)
        && !allowed.contains(&value)
    {
        found.push(format!("{path}: {} is not a valid enum value", plain(&value)));
    }
    if let Some(constant) = rule.get("const").filter(|constant| **constant != value) {
        found.push(format!("{path}: expected {}, found {}", plain(constant), plain(&value)));
    }
    match value {
        Value::String(text) => {
            check_text(rule, &text, path, found);
            Value::String(text)
        }
        Value::Number(number) => {
            check_number(rule, &number, path, found);
            Value::Number(number)
        }
        Value::Array(items) => {
            check_count(rule, &items, path, found);
            let inner = rule.get("items").cloned().unwrap_or(Value::Object(Map::new()));
            let visited = items.iter().enumerate();
            visited.map(|(index, item)| visit(schema, &inner, item, &format!("{path}/{index}"), found)).collect()
        }
        Value::Object(map) => visit_object(schema, rule, &map, path, found),
        other => other,
    }
}

fn visit_object(schema: &Schema, rule: &Value, map: &Map<String, Value>, path: &str, found: &mut Vec<String>) -> Value {
    super_rules(rule, map, path, found);
    let declared = rule.get("properties").and_then(Value::as_object);
    let patterns = rule.get("patternProperties").and_then(Value::as_object);
    let mut visited = Map::new();
    for (name, item) in map {
        let inner = declared
            .and_then(|declared| declared.get(name))
            .or_else(|| patterns?.iter().find(|(pattern, _)| matches(pattern, name)).map(|(_, inner)| inner));
        match inner {
            Some(inner) => {
                visited.insert(name.clone(), visit(schema, inner, item, &format!("{path}/{name}"), found));
            }
            None => {
                if rule.get("additionalProperties") == Some(&Value::Bool(false)) {
                    found.push(format!("{path}: extraneous key [{name}] is not permitted"));
                }
                visited.insert(name.clone(), item.clone());
            }
        }
    }
    Value::Object(visited)
}

/// Rules about which keys occur together.
fn super_rules(rule: &Value, map: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    let names = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    for name in rule.get("required").map(names).unwrap_or_default() {
        if !map.contains_key(&name) {
            found.push(format!("{path}: required key [{name}] not found"));
        }
    }
    if let Some(one_of) = rule.get("requiredXor").map(names) {
        let present: Vec<&String> = one_of.iter().filter(|name| map.contains_key(*name)).collect();
        if present.len() != 1 {
            // The services refuse these by themselves, each in its own words. [U]
            found.push(format!("{path}: exactly one of [{}] must be set, {} are", one_of.join(", "), present.len()));
        }
    }
    for keyword in ["oneOf", "anyOf"] {
        let alternatives = rule.get(keyword).and_then(Value::as_array);
        let Some(alternatives) = alternatives.filter(|list| list.iter().all(|rule| rule.get("required").is_some()))
        else {
            continue;
        };
        let matching = alternatives
            .iter()
            .filter(|rule| names(&rule["required"]).iter().all(|name| map.contains_key(name)))
            .count();
        if matching == 0 || (keyword == "oneOf" && matching > 1) {
            let total = alternatives.len();
            found.push(format!("{path}: #: only {matching} subschema matches out of {total}"));
        }
    }
    for (keyword, together) in [("dependentRequired", true), ("dependencies", true), ("dependentExcluded", false)] {
        let Some(rules) = rule.get(keyword).and_then(Value::as_object) else { continue };
        for (name, others) in rules.iter().filter(|(name, _)| map.contains_key(*name)) {
            for other in names(others).iter().filter(|other| map.contains_key(*other) != together) {
                let verb = if together { "needs" } else { "excludes" };
                found.push(format!("{path}: property [{name}] {verb} property [{other}]")); // [U]
            }
        }
    }
}

fn check_text(rule: &Value, text: &str, path: &str, found: &mut Vec<String>) {
    let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    if let Some(most) = rule.get("maxLength").and_then(Value::as_u64).filter(|most| length > *most) {
        found.push(format!("{path}: expected maxLength: {most}, actual: {length}"));
    }
    if let Some(least) = rule.get("minLength").and_then(Value::as_u64).filter(|least| length < *least) {
        found.push(format!("{path}: expected minLength: {least}, actual: {length}"));
    }
    if let Some(pattern) = rule.get("pattern").and_then(Value::as_str)
        && !matches(pattern, text)
    {
        found.push(format!("{path}: failed validation constraint for keyword [pattern]"));
    }
}

fn check_number(rule: &Value, number: &Number, path: &str, found: &mut Vec<String>) {
    let value = number.as_f64().unwrap_or_default();
    if let Some(least) = rule.get("minimum").and_then(Value::as_f64).filter(|least| value < *least) {
        found.push(format!("{path}: {number} is not greater or equal to {least}"));
    }
    if let Some(most) = rule.get("maximum").and_then(Value::as_f64).filter(|most| value > *most) {
        found.push(format!("{path}: {number} is not less or equal to {most}"));
    }
}

fn check_count(rule: &Value, items: &[Value], path: &str, found: &mut Vec<String>) {
    let count = items.len() as u64;
    if let Some(least) = rule.get("minItems").and_then(Value::as_u64).filter(|least| count < *least) {
        found.push(format!("{path}: expected minimum item count: {least}, found: {count}"));
    }
    if let Some(most) = rule.get("maxItems").and_then(Value::as_u64).filter(|most| count > *most) {
        found.push(format!("{path}: expected maximum item count: {most}, found: {count}"));
    }
    let repeated = items.iter().enumerate().any(|(index, item)| items[..index].contains(item) && !is_unresolved(item));
    if repeated && rule.get("uniqueItems") == Some(&Value::Bool(true)) {
        found.push(format!("{path}: array items are not unique"));
    }
}

/// Whether a value is only known later: an unknown of a change set, or a dynamic reference.
fn is_unresolved(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text == UNKNOWN || text.contains("{{resolve:"))
}

fn types(rule: &Value) -> Vec<&str> {
    match rule.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The value in the first type that it has or can be converted to. A template may write any scalar as a string, and
/// every parameter is one.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
fn converted(value: &Value, types: &[&str]) -> Option<Value> {
    if types.is_empty() || types.iter().any(|name| has_type(value, name)) {
        return Some(value.clone());
    }
    types.iter().find_map(|name| match (*name, value) {
        ("string", Value::Number(number)) => Some(number.to_string().into()),
        ("string", Value::Bool(value)) => Some(value.to_string().into()),
        ("boolean", Value::String(text)) => match text.as_str() {
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            _ => None,
        },
        ("integer", Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        ("number", Value::String(text)) => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    })
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn class(name: &str) -> &str {
    match name {
        "string" => "String",
        "boolean" => "Boolean",
        "integer" => "Integer",
        "number" => "Number",
        "array" => "JSONArray",
        "object" => "JSONObject",
        other => other,
    }
}

fn found_class(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "BigDecimal",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Patterns are compiled once; one that only another dialect reads is taken as matching.
fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: Mutex<BTreeMap<String, Option<Regex>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let regex = compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
    regex.as_ref().is_none_or(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::formation::schema;

    fn violations(type_name: &str, properties: Value) -> Vec<String> {
        let schema = schema::of(type_name).expect("known type");
        check(schema, properties.as_object().expect("an object")).err().unwrap_or_default()
    }

    #[test]
    fn violations_are_named_with_their_place() {
        for (type_name, properties, message) in [
            ("AWS::S3::BucketPolicy", json!({"Bucket": "b"}), "#: required key [PolicyDocument] not found"),
            ("AWS::SecretsManager::Secret", json!({"Foo": 1}), "#: extraneous key [Foo] is not permitted"),
            (
                "AWS::SecretsManager::Secret",
                json!({"GenerateSecretString": {"Length": 3}}),
                "#/GenerateSecretString: extraneous key [Length] is not permitted",
            ),
            (
                "AWS::SecretsManager::Secret",
                json!({"Description": ["x"]}),
                "#/Description: expected type: String, found: JSONArray",
            ),
            (
                "AWS::IAM::Role",
                json!({"AssumeRolePolicyDocument": {}, "RoleName": "x".repeat(65)}),
                "#/RoleName: expected maxLength: 64, actual: 65",
            ),
            (
                "AWS::IAM::Role",
                json!({"AssumeRolePolicyDocument": {}, "MaxSessionDuration": "60"}),
                "#/MaxSessionDuration: 60 is not greater or equal to 3600",
            ),
            ("AWS::Route53::RecordSet", json!({"Name": "a", "Type": "A"}), "#: #: only 0 subschema matches out of 2"),
            (
                "AWS::IAM::Role",
                json!({"AssumeRolePolicyDocument": {}, "Arn": "x"}),
                "Encountered unsupported property Arn",
            ),
        ] {
            assert!(
                violations(type_name, properties.clone()).iter().any(|found| found == message),
                "{message}: {:?}",
                violations(type_name, properties)
            );
        }
    }

    #[test]
    fn scalars_are_converted_to_the_schemas_types() {
        let schema = schema::of("AWS::EC2::SecurityGroupIngress").expect("known type");
        let given = json!({"IpProtocol": "tcp", "FromPort": "80", "ToPort": 80, "CidrIp": "0.0.0.0/0"});
        let checked = check(schema, given.as_object().expect("an object")).expect("valid");
        assert_eq!(checked["FromPort"], json!(80));
    }
}
