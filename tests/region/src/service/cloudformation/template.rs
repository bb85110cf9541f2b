//! GetTemplate, GetTemplateSummary and ValidateTemplate.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::input::{check_size, text};
use super::state::State;
use super::status;
use crate::AwsError;
use crate::formation::parameter::Declaration;
use crate::formation::{Template, schema};

/// Carries out GetTemplate: a stack's or a change set's body, as it was sent.
///
/// # Errors
/// What is named does not exist.
pub(super) fn get(state: &State, input: &Value) -> Result<Value, AwsError> {
    let body = match (text(input, "ChangeSetName"), text(input, "StackName")) {
        (Some(name), stack) => {
            let stacks =
                state.stacks.iter().filter(|known| stack.is_none_or(|one| known.name == one || known.id == one));
            let mut all = stacks.flat_map(|stack| &stack.change_sets);
            let found = all.find(|known| known.id == name || known.name == name).ok_or_else(|| {
                // https://github.com/localstack/localstack/blob/main/tests/aws/services/cloudformation/v2/ported_from_v1/api/test_changesets.snapshot.json
                // (recorded from AWS)
                AwsError::new("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist")).with_status(404)
            })?;
            found.deployment.body.clone()
        }
        (None, Some(name)) => {
            let stack = state.stack(name).ok_or_else(|| status::missing_with_id(name))?;
            // A stack in review has no template yet. https://github.com/aws/aws-cli/issues/2888 [U]
            stack.deployment.as_ref().map(|last| last.body.clone()).ok_or_else(|| status::missing_with_id(name))?
        }
        (None, None) => return Err(AwsError::validation("One of StackName or ChangeSetName must be specified")), // [U]
    };
    Ok(json!({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}))
}

/// Carries out GetTemplateSummary.
///
/// # Errors
/// The template or the stack cannot be used.
pub(super) fn summary(state: &State, input: &Value) -> Result<Value, AwsError> {
    let template = match (text(input, "TemplateBody"), text(input, "StackName")) {
        (Some(body), None) => {
            check_size(body)?;
            Template::parse(body)?
        }
        (None, Some(name)) => {
            let stack = state.stack(name).ok_or_else(|| status::missing_with_id(name))?;
            let deployment = stack.deployment.as_ref().ok_or_else(|| status::missing_with_id(name))?;
            deployment.template.clone()
        }
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html; the words [U]
        _ => {
            return Err(AwsError::validation(
                "Exactly one of TemplateBody, TemplateURL or StackName must be specified",
            ));
        }
    };
    let mut map = common(&template);
    map.insert("Version".to_owned(), json!("2010-09-09"));
    let mut types: Vec<&str> = Vec::new();
    let mut by_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in &template.resources {
        if !types.contains(&resource.resource_type.as_str()) {
            types.push(&resource.resource_type);
        }
        by_type.entry(&resource.resource_type).or_default().push(&resource.logical_id);
    }
    map.insert("ResourceTypes".to_owned(), json!(types));
    map.insert("Parameters".to_owned(), template.parameters.iter().map(declaration).collect());
    if let Some(metadata) = &template.metadata {
        map.insert("Metadata".to_owned(), json!(metadata.to_string()));
    }
    let identifiers: Vec<Value> = by_type.iter().map(|(name, ids)| identifier(name, ids)).collect();
    map.insert("ResourceIdentifierSummaries".to_owned(), identifiers.into());
    Ok(Value::Object(map))
}

/// Carries out ValidateTemplate.
///
/// # Errors
/// The template cannot be used.
pub(super) fn validate(input: &Value) -> Result<Value, AwsError> {
    let Some(body) = text(input, "TemplateBody") else {
        // https://github.com/localstack/localstack/blob/main/tests/aws/services/cloudformation/api/test_update_stack.snapshot.json
        // (recorded from AWS, of an update)
        return Err(AwsError::validation("Either Template URL or Template Body must be specified."));
    };
    check_size(body)?;
    let template = Template::parse(body)?;
    let mut map = common(&template);
    let parameters = template.parameters.iter().map(|declared| {
        let mut map = Map::from_iter([
            ("ParameterKey".to_owned(), json!(declared.key)),
            ("NoEcho".to_owned(), json!(declared.no_echo)),
        ]);
        optional(&mut map, declared);
        Value::Object(map)
    });
    map.insert("Parameters".to_owned(), parameters.collect());
    Ok(Value::Object(map))
}

fn common(template: &Template) -> Map<String, Value> {
    let mut map = Map::new();
    if let Some(description) = &template.description {
        map.insert("Description".to_owned(), json!(description));
    }
    if let Some((capability, types)) = template.capabilities() {
        map.insert("Capabilities".to_owned(), json!([capability]));
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html
        let reason = format!("The following resource(s) require capabilities: [{}]", types.join(", "));
        map.insert("CapabilitiesReason".to_owned(), json!(reason));
    }
    map
}

fn declaration(declared: &Declaration) -> Value {
    let mut map = Map::from_iter([
        ("ParameterKey".to_owned(), json!(declared.key)),
        ("ParameterType".to_owned(), json!(declared.type_name)),
        ("NoEcho".to_owned(), json!(declared.no_echo)),
    ]);
    optional(&mut map, declared);
    let constraints = match &declared.allowed_values {
        Some(values) => json!({"AllowedValues": values}),
        None => json!({}),
    };
    map.insert("ParameterConstraints".to_owned(), constraints);
    Value::Object(map)
}

fn optional(map: &mut Map<String, Value>, declared: &Declaration) {
    // The default of a NoEcho parameter is masked too.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html [U]
    if let Some(default) = &declared.default {
        map.insert("DefaultValue".to_owned(), json!(if declared.no_echo { "****" } else { default }));
    }
    if let Some(description) = &declared.description {
        map.insert("Description".to_owned(), json!(description));
    }
}

fn identifier(type_name: &str, ids: &[&str]) -> Value {
    let primary = schema::of(type_name).and_then(|schema| schema.root().get("primaryIdentifier")?.as_array().cloned());
    let names: Vec<String> = primary
        .unwrap_or_default()
        .iter()
        .filter_map(|path| path.as_str()?.strip_prefix("/properties/").map(str::to_owned))
        .collect();
    json!({"ResourceType": type_name, "LogicalResourceIds": ids, "ResourceIdentifiers": names})
}
