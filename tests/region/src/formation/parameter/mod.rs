//! The Parameters section: declarations, and the values that a caller gives for them.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html

mod constraint;
mod kind;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{FormationError, Template};
pub use kind::{Kind, Specific};

/// One declared parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub key: String,
    pub kind: Kind,
    /// The type as written.
    pub type_name: String,
    pub default: Option<String>,
    pub description: Option<String>,
    pub constraint_description: Option<String>,
    pub no_echo: bool,
    pub allowed_values: Option<Vec<String>>,
    pub allowed_pattern: Option<String>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub min_value: Option<f64>,
    pub max_value: Option<f64>,
}

/// One parameter as the caller sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub key: String,
    pub value: Option<String>,
    pub use_previous: bool,
}

/// The value of one parameter in one deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterValue {
    /// As given: of an SSM type, the name of the SSM parameter.
    pub given: String,
    /// What `Ref` gives: a string, or a list of strings.
    pub value: Value,
    /// The value behind an SSM type.
    pub resolved: Option<String>,
    pub no_echo: bool,
}

/// The values of every declared parameter.
pub type Values = BTreeMap<String, ParameterValue>;

/// Reads SSM parameters for the SSM types: type (`String`, `StringList`, `SecureString`) and value.
pub type SsmLookup<'a> = &'a dyn Fn(&str) -> Option<(String, String)>;

/// Settles the value of every parameter, without asking whether AWS-specific values exist.
///
/// # Errors
/// Unknown, missing or ill-formed parameters.
pub fn settle(
    template: &Template,
    given: &[Given],
    previous: Option<&Values>,
    ssm: SsmLookup<'_>,
) -> Result<Values, FormationError> {
    if template.parameters.is_empty() && !given.is_empty() {
        // https://github.com/aws/aws-toolkit-azure-devops/issues/75
        return Err(FormationError(
            "Parameter values specified for a template which does not require them.".to_owned(),
        ));
    }
    let unknown: Vec<&str> =
        given.iter().map(|given| given.key.as_str()).filter(|key| template.parameter(key).is_none()).collect();
    if !unknown.is_empty() {
        // https://github.com/aws-samples/amazon-ec2-image-builder-samples/issues/18
        return Err(FormationError(format!("Parameters: [{}] do not exist in the template", unknown.join(", "))));
    }
    let mut texts = Vec::new();
    let mut missing = Vec::new();
    for declaration in &template.parameters {
        match text_for(declaration, given, previous)? {
            Some(text) => texts.push((declaration, text)),
            None => missing.push(declaration.key.as_str()),
        }
    }
    if !missing.is_empty() {
        // https://github.com/boto/botocore/issues/2598
        return Err(FormationError(format!("Parameters: [{}] must have values", missing.join(", "))));
    }
    let mut values = Values::new();
    for (declaration, text) in texts {
        constraint::check(declaration, &text)?;
        let resolved = if declaration.kind.ssm { Some(ssm_value(declaration, &text, ssm)?) } else { None };
        let value = declaration.kind.value(resolved.as_deref().unwrap_or(&text));
        values.insert(
            declaration.key.clone(),
            ParameterValue { given: text, value, resolved, no_echo: declaration.no_echo },
        );
    }
    Ok(values)
}

fn text_for(
    declaration: &Declaration,
    given: &[Given],
    previous: Option<&Values>,
) -> Result<Option<String>, FormationError> {
    let mut matching = given.iter().filter(|given| given.key == declaration.key);
    let Some(first) = matching.next() else { return Ok(declaration.default.clone()) };
    if matching.next().is_some() {
        return Err(FormationError(format!("Duplicate parameter key: {}", declaration.key))); // [U]
    }
    if !first.use_previous {
        return Ok(first.value.clone().or_else(|| declaration.default.clone()));
    }
    if first.value.is_some() {
        // https://github.com/widdix/cfn-create-or-update/pull/15
        return Err(FormationError(format!(
            "Invalid input for parameter key {}. Cannot specify usePreviousValue as true and non empty value for a \
             parameter",
            declaration.key
        )));
    }
    match previous.and_then(|values| values.get(&declaration.key)) {
        Some(value) => Ok(Some(value.given.clone())),
        // https://github.com/aws/aws-cdk/issues/9560
        None => Err(FormationError(format!(
            "Invalid input for parameter key {}. Cannot specify usePreviousValue as true for a parameter key not in the \
             previous template",
            declaration.key
        ))),
    }
}

/// Reads the SSM parameter behind an SSM type. That it is read again by every operation, unless a version is given,
/// and the words of the refusals, were observed in a real account:
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
fn ssm_value(declaration: &Declaration, name: &str, ssm: SsmLookup<'_>) -> Result<String, FormationError> {
    let Some((kind, value)) = ssm(name) else {
        return Err(FormationError(format!(
            "Unable to fetch parameters [{name}] from parameter store for this account."
        )));
    };
    if kind == "SecureString" {
        return Err(FormationError(format!(
            "Parameters [{name}] referenced by template have types not supported by CloudFormation."
        )));
    }
    if (kind == "StringList") != declaration.kind.list {
        return Err(FormationError(format!(
            "Types for SSM parameters [{name}] defined in CFN template and SSM are incompatible"
        )));
    }
    let trimmed: Vec<&str> = value.split(',').map(str::trim).collect();
    Ok(if declaration.kind.list { trimmed.join(",") } else { value })
}

/// The AWS-specific values of a deployment that must exist: parameter, kind, value.
pub fn specific_values<'a>(
    template: &'a Template,
    values: &'a Values,
) -> impl Iterator<Item = (&'a str, Specific, String)> {
    template
        .parameters
        .iter()
        .filter_map(|declaration| Some((declaration, declaration.kind.specific?, values.get(&declaration.key)?)))
        .flat_map(|(declaration, specific, value)| {
            let texts: Vec<String> = match &value.value {
                Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                other => other.as_str().map(str::to_owned).into_iter().collect(),
            };
            texts.into_iter().map(move |text| (declaration.key.as_str(), specific, text))
        })
}

impl Declaration {
    /// Reads one member of the Parameters section.
    ///
    /// # Errors
    /// Unknown or ill-formed members.
    pub fn parse(key: &str, value: &Value) -> Result<Self, FormationError> {
        let fields = value.as_object().ok_or_else(|| {
            FormationError::format(format_args!("[/Parameters/{key}] Every Parameters object must be a map")) // [U]
        })?;
        if !key.chars().all(|character| character.is_ascii_alphanumeric()) {
            // https://github.com/convox/rack/issues/364
            return Err(FormationError::format(format_args!("Parameter name {key} is non alphanumeric.")));
        }
        let type_name = fields.get("Type").and_then(Value::as_str).ok_or_else(|| {
            // https://github.com/bridgecrewio/checkov/issues/2965
            FormationError::format(format_args!("Every Parameters object must contain a Type member."))
        })?;
        // https://repost.aws/knowledge-center/cloudformation-template-validation
        let kind = Kind::parse(type_name)
            .ok_or_else(|| FormationError::format(format_args!("Unrecognized parameter type: {type_name}")))?;
        const MEMBERS: [&str; 11] = [
            "Type",
            "Default",
            "Description",
            "ConstraintDescription",
            "NoEcho",
            "AllowedValues",
            "AllowedPattern",
            "MinLength",
            "MaxLength",
            "MinValue",
            "MaxValue",
        ];
        if let Some(unknown) = fields.keys().find(|member| !MEMBERS.contains(&member.as_str())) {
            // https://repost.aws/knowledge-center/cloudformation-template-validation
            return Err(FormationError(format!("Invalid template parameter property '{unknown}'")));
        }
        let text = |name: &str| fields.get(name).and_then(scalar_text);
        let number = |name: &str| text(name).and_then(|text| text.parse::<f64>().ok());
        let length = |name: &str| text(name).and_then(|text| text.parse::<usize>().ok());
        let declaration = Self {
            key: key.to_owned(),
            kind,
            type_name: type_name.to_owned(),
            default: text("Default"),
            description: text("Description"),
            constraint_description: text("ConstraintDescription"),
            no_echo: text("NoEcho").is_some_and(|value| value.eq_ignore_ascii_case("true")),
            allowed_values: fields
                .get("AllowedValues")
                .and_then(Value::as_array)
                .map(|values| values.iter().filter_map(scalar_text).collect()),
            allowed_pattern: text("AllowedPattern"),
            min_length: length("MinLength"),
            max_length: length("MaxLength"),
            min_value: number("MinValue"),
            max_value: number("MaxValue"),
        };
        constraint::check_declaration(&declaration, fields.get("Default"))?;
        Ok(declaration)
    }
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
