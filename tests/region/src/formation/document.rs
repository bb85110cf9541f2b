//! Template text, YAML or JSON, as one JSON value in which every function has its long form.

use serde_json::{Map, Value};
use serde_norway::value::TaggedValue;

use super::FormationError;

/// Template bodies may have this many bytes.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
pub const MAXIMUM_BYTES: usize = 51_200;

/// Reads a template body. Text that begins with `{` is JSON, anything else YAML with CloudFormation's short forms.
///
/// # Errors
/// The body is neither, with the place; the words are those of AWS.
/// https://repost.aws/knowledge-center/cloudformation-template-validation
pub fn parse(body: &str) -> Result<Value, FormationError> {
    let value = if body.trim_start().starts_with('{') {
        serde_json::from_str(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            FormationError::format(format_args!("JSON not well-formed. (line {line}, column {column})"))
        })?
    } else {
        let yaml: serde_norway::Value = serde_norway::from_str(body).map_err(|error| yaml_error(&error))?;
        long_form(yaml)?
    };
    match value {
        Value::Object(_) => Ok(value),
        // https://github.com/aws-cloudformation/cfn-lint/issues/1180
        _ => Err(FormationError::format("unsupported structure.")),
    }
}

/// https://repost.aws/knowledge-center/cloudformation-template-validation
fn yaml_error(error: &serde_norway::Error) -> FormationError {
    match error.location() {
        Some(place) => FormationError::format(format_args!(
            "YAML not well-formed. (line {}, column {})",
            place.line(),
            place.column()
        )),
        None => FormationError::format(format_args!("YAML not well-formed. ({error})")),
    }
}

/// Converts short forms: `!Ref X` is `{"Ref": "X"}`, `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
fn long_form(value: serde_norway::Value) -> Result<Value, FormationError> {
    use serde_norway::Value as Yaml;
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => serde_json::to_value(number).unwrap_or(Value::Null),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(long_form).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                map.insert(key_text(&key)?, long_form(value)?);
            }
            Value::Object(map)
        }
        Yaml::Tagged(tagged) => tagged_form(*tagged)?,
    })
}

fn tagged_form(TaggedValue { tag, value }: TaggedValue) -> Result<Value, FormationError> {
    let name = tag.to_string();
    let name = name.trim_start_matches('!');
    let argument = long_form(value)?;
    let (function, argument) = match name {
        "Ref" | "Condition" => (name.to_owned(), argument),
        "GetAtt" => ("Fn::GetAtt".to_owned(), attribute_pair(argument)),
        "And" | "Base64" | "Cidr" | "Equals" | "FindInMap" | "GetAZs" | "If" | "ImportValue" | "Join" | "Not"
        | "Or" | "Select" | "Split" | "Sub" | "Transform" => (format!("Fn::{name}"), argument),
        // [U] the words for a tag that YAML allows and CloudFormation does not know
        _ => return Err(FormationError::format(format_args!("YAML not well-formed. (unknown tag !{name})"))),
    };
    Ok(Value::Object(Map::from_iter([(function, argument)])))
}

/// `A.B.C` is attribute `B.C` of `A`.
fn attribute_pair(argument: Value) -> Value {
    match &argument {
        Value::String(text) => match text.split_once('.') {
            Some((resource, attribute)) => Value::from(vec![resource, attribute]),
            None => argument,
        },
        _ => argument,
    }
}

fn key_text(key: &serde_norway::Value) -> Result<String, FormationError> {
    match key {
        serde_norway::Value::String(text) => Ok(text.clone()),
        serde_norway::Value::Number(number) => Ok(number.to_string()),
        serde_norway::Value::Bool(value) => Ok(value.to_string()),
        _ => Err(FormationError::format("YAML not well-formed. (a key is not a string)")), // [U]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_forms_become_long_forms() {
        let body = "A: !Ref X\nB: !GetAtt R.Endpoint.Port\nC: !Sub '${X}-y'\nD: !If [C, !Ref X, 1]\nE:\n  Fn::Join: ['', [a]]\n\
                    F: !GetAtt [R, Arn]\nG: !Condition Big\n";
        let value = parse(body).expect("parses");
        assert_eq!(
            value,
            json!({
                "A": {"Ref": "X"},
                "B": {"Fn::GetAtt": ["R", "Endpoint.Port"]},
                "C": {"Fn::Sub": "${X}-y"},
                "D": {"Fn::If": ["C", {"Ref": "X"}, 1]},
                "E": {"Fn::Join": ["", ["a"]]},
                "F": {"Fn::GetAtt": ["R", "Arn"]},
                "G": {"Condition": "Big"},
            })
        );
    }

    #[test]
    fn what_is_not_a_document_is_refused_with_its_place() {
        for (body, message) in [
            ("{bad", "Template format error: JSON not well-formed. (line 1, column 2)"),
            ("a: [1\nb: 2\n", "Template format error: YAML not well-formed. (line 2, column 2)"),
            ("just text", "Template format error: unsupported structure."),
            ("a: !Nope x\n", "Template format error: YAML not well-formed. (unknown tag !Nope)"),
        ] {
            assert_eq!(parse(body).expect_err(body).0, message, "{body}");
        }
    }

    #[test]
    fn a_repeated_key_is_refused() {
        assert!(parse("a: 1\na: 2\n").is_err());
    }
}
