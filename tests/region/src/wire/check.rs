//! Inputs against the model's limits, refused in each service's own words.

use serde_json::Value;

use super::model::{Model, Reference, Shape};
use super::read::ReadError;
use crate::AwsError;

/// Checks an input that was read: required members, lengths, ranges, patterns, enumerations.
///
/// # Errors
/// The service's validation error.
pub(super) fn check(model: &Model, input: Option<&Reference>, value: &Value) -> Result<(), AwsError> {
    let Some(input) = input else { return Ok(()) };
    let mut found = Vec::new();
    structure(model, model.shape(&input.shape), value, "", &mut found);
    let Some(first) = found.first() else { return Ok(()) };
    if model.metadata.protocol == "ec2" {
        // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        return Err(match first {
            Finding { constraint: Constraint::Required, path, .. } => {
                AwsError::new("MissingParameter", format!("The request must contain the parameter {}", last(path)))
            }
            Finding { constraint: Constraint::Broken(text), path, value } => AwsError::new(
                "InvalidParameterValue",
                format!("Value ({}) for parameter {} is invalid. {text}", value.trim_matches('\''), last(path)),
            ),
        });
    }
    let many = if found.len() == 1 { "error" } else { "errors" };
    let texts: Vec<String> = found.iter().map(Finding::text).collect();
    Err(AwsError::new(code(model), format!("{} validation {many} detected: {}", found.len(), texts.join("; "))))
}

/// The service's error for a request that could not be read.
// Real services skip many unknown parameters; the region refuses them all, to be no kinder [U].
pub(super) fn unreadable(model: &Model, error: ReadError) -> AwsError {
    let ec2 = model.metadata.protocol == "ec2";
    let s3 = model.metadata.endpoint_prefix == "s3";
    match error {
        ReadError::Unknown(name) if ec2 => {
            // https://github.com/aws/aws-cli/issues/21
            AwsError::new("UnknownParameter", format!("The parameter {name} is not recognized"))
        }
        ReadError::Unknown(name) if s3 => {
            AwsError::new("InvalidArgument", format!("{name} is not known to this operation"))
        }
        ReadError::Unknown(name) if model.metadata.protocol == "json" => {
            AwsError::new("SerializationException", format!("the member {name} is not known to this operation"))
        }
        ReadError::Unknown(name) => AwsError::new("MalformedInput", format!("Unexpected key in input: {name}")),
        ReadError::Malformed { parameter, value } if ec2 => {
            AwsError::new("InvalidParameterValue", format!("Value ({value}) for parameter {parameter} is invalid"))
        }
        ReadError::Malformed { parameter, value } if model.metadata.protocol == "json" => {
            AwsError::new("SerializationException", format!("{value} is not of the type of {parameter}"))
        }
        ReadError::Malformed { parameter, value } => {
            AwsError::new("MalformedInput", format!("Value '{value}' at '{parameter}' is not of its type"))
        }
        ReadError::Unreadable(text) if model.metadata.protocol == "json" => {
            AwsError::new("SerializationException", text)
        }
        ReadError::Unreadable(_) if model.metadata.protocol == "rest-xml" => AwsError::new(
            if s3 { "MalformedXML" } else { "InvalidInput" },
            "The XML you provided was not well-formed or did not validate against our published schema",
        ),
        ReadError::Unreadable(text) => AwsError::new("MalformedInput", text),
    }
}

fn code(model: &Model) -> &'static str {
    match (model.metadata.protocol.as_str(), model.metadata.endpoint_prefix.as_str()) {
        ("json", "logs") => "InvalidParameterException",
        ("json", _) => "ValidationException",
        ("rest-xml", "s3") => "InvalidArgument",
        ("rest-xml", _) => "InvalidInput",
        _ => "ValidationError",
    }
}

enum Constraint {
    Required,
    Broken(String),
}

struct Finding {
    path: String,
    value: String,
    constraint: Constraint,
}

impl Finding {
    fn text(&self) -> String {
        let constraint = match &self.constraint {
            Constraint::Required => "Member must not be null",
            Constraint::Broken(text) => text,
        };
        format!("Value {} at '{}' failed to satisfy constraint: {constraint}", self.value, self.path)
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn structure(model: &Model, shape: &Shape, value: &Value, path: &str, found: &mut Vec<Finding>) {
    let at = |member: &str| {
        let mut characters = member.chars();
        let member = characters
            .next()
            .map(|first| first.to_ascii_lowercase().to_string() + characters.as_str())
            .unwrap_or_default();
        if path.is_empty() { member } else { format!("{path}.{member}") }
    };
    for member in &shape.required {
        let streaming = shape.members.get(member).is_some_and(|reference| reference.streaming);
        if value[member].is_null() && !streaming {
            found.push(Finding { path: at(member), value: "null".to_owned(), constraint: Constraint::Required });
        }
    }
    for (member, value) in value.as_object().into_iter().flatten() {
        if let Some(reference) = shape.members.get(member) {
            any(model, reference, value, &at(member), found);
        }
    }
}

fn any(model: &Model, reference: &Reference, value: &Value, path: &str, found: &mut Vec<Finding>) {
    let shape = model.shape(&reference.shape);
    match shape.kind.as_str() {
        "structure" => structure(model, shape, value, path, found),
        "list" => {
            let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
            size(shape, elements.len(), "length", &value.to_string(), path, found);
            for (index, element) in elements.iter().enumerate() {
                if let Some(reference) = &shape.member {
                    any(model, reference, element, &format!("{path}.{}.member", index + 1), found);
                }
            }
        }
        "map" => {
            for (key, held) in value.as_object().into_iter().flatten() {
                if let Some(reference) = &shape.value {
                    any(model, reference, held, &format!("{path}.{key}.member"), found);
                }
            }
        }
        "string" => string(shape, value.as_str().unwrap_or_default(), path, found),
        "integer" | "long" | "double" | "float" => {
            let number = value.as_f64().unwrap_or_default();
            let mut broken = |text: String| {
                found.push(Finding {
                    path: path.to_owned(),
                    value: format!("'{value}'"),
                    constraint: Constraint::Broken(text),
                })
            };
            if let Some(min) = shape.min.filter(|min| number < *min) {
                broken(format!("Member must have value greater than or equal to {min}"));
            }
            if let Some(max) = shape.max.filter(|max| number > *max) {
                broken(format!("Member must have value less than or equal to {max}"));
            }
        }
        _ => {}
    }
}

fn string(shape: &Shape, text: &str, path: &str, found: &mut Vec<Finding>) {
    let shown = if shape.sensitive { "'***'".to_owned() } else { format!("'{text}'") };
    size(shape, text.chars().count(), "length", &shown, path, found);
    let mut broken = |text: String| {
        found.push(Finding { path: path.to_owned(), value: shown.clone(), constraint: Constraint::Broken(text) })
    };
    // A catalogue, such as EC2's instance types: what it lacks is the service's own to judge.
    let catalogue = shape.choices.len() > 200;
    if !shape.choices.is_empty() && !catalogue && !shape.choices.iter().any(|choice| choice == text) {
        broken(format!("Member must satisfy enum value set: [{}]", shape.choices.join(", ")));
    }
    if !shape.fits(text) {
        broken(format!(
            "Member must satisfy regular expression pattern: {}",
            shape.pattern.as_deref().unwrap_or_default()
        ));
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
fn size(shape: &Shape, length: usize, what: &str, value: &str, path: &str, found: &mut Vec<Finding>) {
    let mut broken = |text: String| {
        found.push(Finding { path: path.to_owned(), value: value.to_owned(), constraint: Constraint::Broken(text) })
    };
    if let Some(min) = shape.min.filter(|min| (length as f64) < *min) {
        broken(format!("Member must have {what} greater than or equal to {min}"));
    }
    if let Some(max) = shape.max.filter(|max| length as f64 > *max) {
        broken(format!("Member must have {what} less than or equal to {max}"));
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::wire::model::model;
    use serde_json::json;

    #[test]
    fn limits_are_worded_as_the_services_word_them() {
        let (_, formation) = model("cloudformation").expect("a model");
        let input = formation.operations["CreateChangeSet"].input.as_ref();
        let error = check(formation, input, &json!({ "StackName": "x" })).expect_err("a missing member");
        assert_eq!(error.code, "ValidationError");
        assert_eq!(
            error.message,
            "1 validation error detected: Value null at 'changeSetName' failed to satisfy constraint: Member must not be null"
        );
        let error =
            check(formation, input, &json!({ "StackName": "x", "ChangeSetName": "-" })).expect_err("a bad name");
        assert!(
            error.message.contains(
                "'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern"
            )
        );
        let (_, ec2) = model("ec2").expect("a model");
        let input = ec2.operations["DescribeVpcs"].input.as_ref();
        let error = check(ec2, input, &json!({ "MaxResults": 2 })).expect_err("too few");
        assert_eq!(
            (error.code.as_str(), error.message.starts_with("Value (2) for parameter maxResults is invalid.")),
            ("InvalidParameterValue", true)
        );
    }
}
