//! Checks of a template's shape: sections, keys, and names that nothing declares.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::reference::{Kind, visit};
use super::template::Template;
use super::{FormationError, attributes, condition, export, graph, pseudo, schema};

const SECTIONS: [&str; 9] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Rules",
    "Resources",
    "Outputs",
];

const RESOURCE_ATTRIBUTES: [&str; 10] = [
    "Type",
    "Properties",
    "Condition",
    "DependsOn",
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Description",
];

/// Refuses unknown sections and wrong versions.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
pub(super) fn sections(top: &Map<String, Value>) -> Result<(), FormationError> {
    // Macros are programs of the account or of AWS, which the region does not have.
    if let Some(transform) = top.get("Transform") {
        return Err(FormationError::format(format_args!("Transform {transform} is not simulated")));
    }
    let unknown: Vec<&str> = top.keys().map(String::as_str).filter(|key| !SECTIONS.contains(key)).collect();
    if !unknown.is_empty() {
        // https://stackoverflow.com/questions/40868586 "Invalid template property or properties [...]"
        return Err(FormationError(format!("Invalid template property or properties [{}]", unknown.join(", "))));
    }
    if let Some(version) = top.get("AWSTemplateFormatVersion").filter(|version| *version != "2010-09-09") {
        return Err(FormationError::format(format_args!("unsupported value for AWSTemplateFormatVersion: {version}"))); // [U]
    }
    match top.get("Description") {
        None => Ok(()),
        Some(Value::String(text)) if text.len() <= 1024 => Ok(()),
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
        Some(Value::String(_)) => Err(FormationError::format("'Description' length is greater than 1024.")),
        Some(_) => Err(FormationError::format("'Description' must be a string.")), // [U]
    }
}

/// A section as a map; a missing one is empty.
pub(super) fn map(section: Option<&Value>, name: &str) -> Result<Map<String, Value>, FormationError> {
    match section {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(_) => Err(FormationError::format(format_args!("[/{name}] '{name}' must be a map"))), // [U]
    }
}

pub(super) fn resource<'a>(id: &str, value: &'a Value) -> Result<&'a Map<String, Value>, FormationError> {
    let path = format!("[/Resources/{id}]");
    if !id.chars().all(|character| character.is_ascii_alphanumeric()) || id.is_empty() {
        // https://github.com/aws/serverless-application-model/issues/1146
        return Err(FormationError::format(format_args!("Resource name {id} is non alphanumeric.")));
    }
    let Value::Object(fields) = value else {
        return Err(FormationError::format(format_args!("{path} resource definition is malformed")));
    };
    if !fields.get("Type").is_some_and(Value::is_string) {
        // https://github.com/localstack/localstack/blob/main/tests/aws/services/cloudformation/api/test_validations.snapshot.json
        // (recorded from AWS)
        return Err(FormationError::format(format_args!("{path} Every Resources object must contain a Type member.")));
    }
    if let Some(unknown) = fields.keys().find(|key| !RESOURCE_ATTRIBUTES.contains(&key.as_str())) {
        // https://stackoverflow.com/questions/39404873
        return Err(FormationError(format!("Invalid template resource property '{unknown}'")));
    }
    if fields.get("Condition").is_some_and(|name| !name.is_string()) {
        // https://repost.aws/knowledge-center/cloudformation-template-validation
        return Err(FormationError::format("Every Condition member must be a string."));
    }
    attributes::check(id, fields)?;
    Ok(fields)
}

pub(super) fn properties(id: &str, value: Option<Value>) -> Result<Map<String, Value>, FormationError> {
    match value {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        // https://stackoverflow.com/questions/60114137
        Some(_) => Err(FormationError::format(format_args!("[/Resources/{id}/Properties] 'Properties' must be a map"))),
    }
}

pub(super) fn output<'a>(key: &str, value: &'a Value) -> Result<&'a Map<String, Value>, FormationError> {
    if !key.chars().all(|character| character.is_ascii_alphanumeric()) {
        return Err(FormationError::format(format_args!("Output name {key} is non alphanumeric.")));
    }
    // https://github.com/localstack/localstack/blob/main/tests/aws/services/cloudformation/api/test_validations.snapshot.json
    // (recorded from AWS)
    let malformed = || FormationError::format("Every Outputs member must contain a Value object");
    let fields = value.as_object().ok_or_else(malformed)?;
    fields.get("Value").filter(|value| !value.is_null()).ok_or_else(malformed)?;
    const MEMBERS: [&str; 4] = ["Value", "Description", "Condition", "Export"];
    if let Some(unknown) = fields.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
        return Err(FormationError(format!("Invalid template output property '{unknown}'"))); // [U]
    }
    Ok(fields)
}

/// Refuses names that nothing declares: types, references, conditions, mappings, attributes; and cycles of conditions.
pub(super) fn names(template: &Template) -> Result<(), FormationError> {
    mappings(&template.mappings)?;
    let unknown: BTreeSet<&str> = template
        .resources
        .iter()
        .map(|resource| resource.resource_type.as_str())
        .filter(|name| schema::of(name).is_none())
        .collect();
    if !unknown.is_empty() {
        let list = unknown.into_iter().collect::<Vec<_>>().join(", ");
        // https://repost.aws/knowledge-center/cloudformation-template-validation
        return Err(FormationError::format(format_args!("Unrecognized resource types: [{list}]")));
    }
    condition::check(template)?;
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html; the words [U]
    if let Some(twice) = template.parameters.iter().find(|declared| template.resource(&declared.key).is_some()) {
        let key = &twice.key;
        return Err(FormationError::format(format_args!("Name {key} is used in both Parameters and Resources")));
    }
    let resource_conditions = template.resources.iter().filter_map(|resource| resource.condition.as_ref());
    conditions(template, "Resources", resource_conditions)?;
    conditions(template, "Outputs", template.outputs.iter().filter_map(|output| output.condition.as_ref()))?;
    let resources = template.resources.iter().flat_map(|resource| {
        let properties = resource.properties.values();
        properties.chain(resource.attributes.values())
    });
    block(template, "Resources", resources)?;
    block(template, "Outputs", template.outputs.iter().map(|output| &output.value))?;
    let names = template.outputs.iter().filter_map(|output| output.export.as_ref());
    block(template, "Outputs", names)?;
    export::check(template)?;
    graph::static_order(template).map(|_| ())
}

fn conditions<'a>(
    template: &Template,
    section: &str,
    mut names: impl Iterator<Item = &'a String>,
) -> Result<(), FormationError> {
    match names.find(|name| !template.conditions.contains_key(*name)) {
        None => Ok(()),
        Some(name) => Err(FormationError::format(format_args!(
            "Unresolved condition dependency {name} in the {section} block of the template"
        ))),
    }
}

fn mappings(mappings: &Map<String, Value>) -> Result<(), FormationError> {
    for (name, top) in mappings {
        let Value::Object(top) = top else {
            return Err(FormationError::format(format_args!("[/Mappings/{name}] Every Mappings member must be a map")));
        };
        for (key, second) in top {
            if !second.is_object() {
                // https://github.com/localstack/localstack/blob/main/tests/aws/services/cloudformation/engine/test_mappings.snapshot.json
                // (recorded from AWS)
                return Err(FormationError::format(format_args!("Every Mappings member {key} must be a map")));
            }
        }
    }
    Ok(())
}

fn block<'a>(
    template: &Template,
    section: &str,
    values: impl Iterator<Item = &'a Value>,
) -> Result<(), FormationError> {
    let mut unresolved: Vec<String> = Vec::new();
    let mut note = |name: &str| {
        if !unresolved.iter().any(|known| known == name) {
            unresolved.push(name.to_owned());
        }
    };
    for value in values {
        let mut failure = None;
        visit(value, &mut |reference| match reference {
            Kind::Ref(name) => {
                if template.parameter(name).is_none() && template.resource(name).is_none() && !pseudo::is(name) {
                    note(name);
                }
            }
            Kind::Attribute(id, attribute) => {
                failure = failure.take().or_else(|| attribute_failure(template, id, attribute));
            }
            Kind::Condition(name) if !template.conditions.contains_key(name) => {
                failure.get_or_insert(FormationError::function(format_args!(
                    "unresolved condition dependency {name} in Fn::If"
                )));
            }
            Kind::Mapping(name) if !template.mappings.contains_key(name) => {
                // https://github.com/fortinet/fortigate-autoscale/issues/4
                failure.get_or_insert(FormationError::function(format_args!(
                    "Mapping named '{name}' is not present in the 'Mappings' section of template."
                )));
            }
            Kind::Condition(_) | Kind::Mapping(_) => {}
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
    }
    for id in template.resources.iter().flat_map(|resource| &resource.depends_on) {
        if section == "Resources" && template.resource(id).is_none() {
            note(id);
        }
    }
    if unresolved.is_empty() {
        return Ok(());
    }
    // https://repost.aws/knowledge-center/cloudformation-template-validation
    Err(FormationError::format(format_args!(
        "Unresolved resource dependencies [{}] in the {section} block of the template",
        unresolved.join(", ")
    )))
}

fn attribute_failure(template: &Template, id: &str, attribute: &str) -> Option<FormationError> {
    let Some(resource) = template.resource(id) else {
        // https://stackoverflow.com/questions/50351938
        return Some(FormationError::function(format_args!(
            "instance of Fn::GetAtt references undefined resource {id}"
        )));
    };
    let known = schema::of(&resource.resource_type)?.attributes();
    // https://stackoverflow.com/questions/64386219
    (!known.iter().any(|name| name == attribute)).then(|| {
        FormationError::function(format_args!(
            "resource {id} does not support attribute type {attribute} in Fn::GetAtt"
        ))
    })
}
