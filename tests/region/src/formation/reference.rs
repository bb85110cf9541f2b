//! Finds what a value refers to, without evaluating it.

use serde_json::Value;

use super::FormationError;

/// One reference in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `Ref` or `${Name}`: a parameter, a resource or a pseudo parameter.
    Ref(&'a str),
    /// `Fn::GetAtt` or `${Name.Attribute}`.
    Attribute(&'a str, &'a str),
    /// The condition of an `Fn::If`.
    Condition(&'a str),
    /// The mapping of an `Fn::FindInMap`.
    Mapping(&'a str),
}

/// One piece of an `Fn::Sub` text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text to take as it is.
    Literal(&'a str),
    /// `${Name}`.
    Variable(&'a str),
}

/// The function that an object is, with its argument: an object of exactly one key that names a function.
pub fn function(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (name, argument) = map.iter().next()?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

/// Calls `found` for every reference anywhere in a value.
///
/// # Errors
/// A function whose argument cannot be read.
pub fn visit<'a>(value: &'a Value, found: &mut dyn FnMut(Kind<'a>)) -> Result<(), FormationError> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| visit(item, found)),
        Value::Object(map) => match function(value) {
            Some((name, argument)) => visit_function(name, argument, found),
            None => map.values().try_for_each(|item| visit(item, found)),
        },
        _ => Ok(()),
    }
}

fn visit_function<'a>(
    name: &'a str,
    argument: &'a Value,
    found: &mut dyn FnMut(Kind<'a>),
) -> Result<(), FormationError> {
    match name {
        "Ref" => found(Kind::Ref(argument.as_str().ok_or_else(|| {
            // https://repost.aws/knowledge-center/cloudformation-template-validation
            FormationError::format("All Ref functions must have a string value") // [U]
        })?)),
        "Fn::GetAtt" => match get_att(argument) {
            Some((resource, attribute)) => {
                found(Kind::Attribute(resource, attribute.as_str().unwrap_or_default()));
                if !attribute.is_string() {
                    visit(attribute, found)?;
                }
            }
            None => {
                return Err(malformed_get_att(argument));
            }
        },
        "Fn::Sub" => return visit_sub(argument, found),
        "Fn::If" => {
            let branches = argument
                .as_array()
                .filter(|list| list.len() == 3)
                .ok_or_else(|| FormationError::function("Fn::If requires a list argument with three elements"))?;
            match branches[0].as_str() {
                Some(condition) => found(Kind::Condition(condition)),
                None => {
                    // https://github.com/aws-cloudformation/cfn-lint/issues/316
                    return Err(FormationError::function(
                        "Fn::If requires a list argument with the first element being a condition",
                    ));
                }
            }
            visit(&branches[1], found)?;
            visit(&branches[2], found)?;
        }
        "Fn::FindInMap" => {
            if let Some(mapping) = argument.get(0).and_then(Value::as_str) {
                found(Kind::Mapping(mapping));
            }
            visit(argument, found)?;
        }
        _ if SUPPORTED.contains(&name) => visit(argument, found)?,
        _ => return Err(unsupported(name)),
    }
    Ok(())
}

/// Functions beside those above that a value may have: conditions and rules have more, and transforms bring others.
const SUPPORTED: [&str; 11] = [
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::GetAZs",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
    // Boolean functions stand in conditions, which are read here too.
    "Fn::And",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
];

/// The refusal of a function that does not exist, or not here.
pub(super) fn unsupported(name: &str) -> FormationError {
    if name == "Fn::Transform" {
        return FormationError::function("Fn::Transform is not simulated");
    }
    // https://github.com/aws/aws-cli/pull/2746, which is older than Fn::Cidr
    FormationError::function(format_args!(
        "Encountered unsupported function: {name} Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, \
         Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, \
         Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, \
         Fn::Sub, Fn::Cidr]"
    ))
}

/// The refusal of an `Fn::GetAtt` that does not name a resource and an attribute.
/// https://github.com/awslabs/aws-cfn-template-flip/pull/40 and, for a text,
/// https://github.com/aws-samples/ecs-refarch-cloudformation/issues/55
pub(super) fn malformed_get_att(argument: &Value) -> FormationError {
    FormationError::function(if argument.is_string() {
        "if specifying one argument to Fn::GetAtt, that argument must be a non-empty string in format \
         <LogicalId>.<Attribute>"
    } else {
        "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"
    })
}

/// The resource and the attribute of an `Fn::GetAtt`; the attribute may itself be a `Ref`.
pub fn get_att(argument: &Value) -> Option<(&str, &Value)> {
    let pair = argument.as_array().filter(|pair| pair.len() == 2)?;
    Some((pair[0].as_str().filter(|id| !id.is_empty())?, &pair[1]))
}

/// The local variables of an `Fn::Sub`.
pub type Locals = serde_json::Map<String, Value>;

/// The text and the local variables of an `Fn::Sub`.
///
/// # Errors
/// An argument that is neither a string nor a string with a map.
pub fn sub_parts(argument: &Value) -> Result<(&str, Option<&Locals>), FormationError> {
    match argument {
        Value::String(text) => Ok((text, None)),
        Value::Array(pair) if pair.len() == 2 && pair[0].is_string() && pair[1].is_object() => {
            Ok((pair[0].as_str().unwrap_or_default(), pair[1].as_object()))
        }
        // https://github.com/serverless-operations/serverless-step-functions/pull/550
        _ => Err(FormationError::function(
            "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first \
             argument, and an optional second argument to specify a mapping of values to replace in the string",
        )),
    }
}

fn visit_sub<'a>(argument: &'a Value, found: &mut dyn FnMut(Kind<'a>)) -> Result<(), FormationError> {
    let (text, locals) = sub_parts(argument)?;
    if let Some(locals) = locals {
        locals.values().try_for_each(|value| visit(value, found))?;
    }
    for piece in pieces(text)? {
        if let Piece::Variable(name) = piece {
            if locals.is_some_and(|locals| locals.contains_key(name)) {
                continue;
            }
            match name.split_once('.') {
                Some((resource, attribute)) => found(Kind::Attribute(resource, attribute)),
                None => found(Kind::Ref(name)),
            }
        }
    }
    Ok(())
}

/// Splits an `Fn::Sub` text; `${!Literal}` stays as `${Literal}`.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
///
/// # Errors
/// `${}`, or a name with characters that names do not have.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, FormationError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let inner = &rest[start + 2..start + length];
        if let Some(literal) = inner.strip_prefix('!') {
            pieces.push(Piece::Literal(&rest[..start]));
            pieces.push(Piece::Literal("${"));
            pieces.push(Piece::Literal(literal));
            pieces.push(Piece::Literal("}"));
        } else {
            let name = inner.trim();
            let legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, ':' | '.' | '_');
            if name.is_empty() || !name.chars().all(legal) {
                // https://github.com/serverless/serverless/issues/3565
                return Err(FormationError::function(
                    "variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, \
                     and colons",
                ));
            }
            pieces.push(Piece::Literal(&rest[..start]));
            pieces.push(Piece::Variable(name));
        }
        rest = &rest[start + length + 1..];
    }
    pieces.push(Piece::Literal(rest));
    Ok(pieces)
}
