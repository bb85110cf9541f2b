//! Values that one stack's outputs export and other stacks import by name.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html

use serde_json::Value;

use super::intrinsic::Scope;
use super::reference::{Kind, function, visit};
use super::{FormationError, Template, graph};

/// Reads the `Export` of an output: the expression of its name.
///
/// # Errors
/// It has no name, or something else.
pub(super) fn read(key: &str, export: Option<&Value>) -> Result<Option<Value>, FormationError> {
    let Some(export) = export else { return Ok(None) };
    let fields = export.as_object().filter(|fields| fields.len() == 1);
    let name = fields.and_then(|fields| fields.get("Name")).filter(|name| !name.is_null());
    name.cloned().map(Some).ok_or_else(|| malformed(key))
}

/// Refuses names that depend on what a deployment makes.
pub(super) fn check(template: &Template) -> Result<(), FormationError> {
    for output in &template.outputs {
        let Some(name) = &output.export else { continue };
        let mut depends = contains(name, "Fn::ImportValue") || contains(name, "Fn::GetAZs");
        visit(name, &mut |reference| {
            depends |= match reference {
                Kind::Ref(id) => template.resource(id).is_some(),
                Kind::Attribute(..) => true,
                Kind::Condition(_) | Kind::Mapping(_) => false,
            };
        })?;
        if depends {
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html,
            // https://github.com/aws-cloudformation/cfn-lint/issues/1632 (the words)
            return Err(FormationError::format(format_args!(
                "Output {} is malformed.  The Name field of Export must not depend on any resources, imported values, or \
                 Fn::GetAZs.",
                output.key
            )));
        }
    }
    Ok(())
}

/// The name of an output's export.
///
/// # Errors
/// It is no name.
pub fn name(scope: &Scope<'_>, key: &str, name: &Value) -> Result<String, FormationError> {
    let legal = |text: &&String| {
        !text.is_empty() && text.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, ':' | '-'))
    };
    match scope.resolve(name)? {
        Some(Value::String(text)) => Some(text).filter(|text| legal(&text)).ok_or_else(|| malformed(key)),
        _ => Err(malformed(key)),
    }
}

/// Words: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html for the rule, and
/// many public records of the refusal.
fn malformed(key: &str) -> FormationError {
    FormationError::format(format_args!(
        "Output {key} is malformed. The Name field of every Export member must be specified and consist only of \
         alphanumeric characters, colons, or hyphens."
    ))
}

/// The names that a deployment imports, branches not taken left out.
///
/// # Errors
/// A name that cannot be evaluated.
pub fn imports(scope: &Scope<'_>) -> Result<Vec<String>, FormationError> {
    let holds = |condition: &Option<String>| {
        condition.as_ref().is_none_or(|name| scope.outcomes.get(name).copied().unwrap_or(false))
    };
    let template = scope.template;
    let resources = template.resources.iter().filter(|resource| holds(&resource.condition));
    let outputs = template.outputs.iter().filter(|output| holds(&output.condition));
    let values = resources.flat_map(|resource| resource.properties.values()).chain(outputs.map(|output| &output.value));
    let mut names = Vec::new();
    for value in values {
        collect(scope, &graph::taken(value, scope.outcomes), &mut names)?;
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn collect(scope: &Scope<'_>, value: &Value, names: &mut Vec<String>) -> Result<(), FormationError> {
    match (function(value), value) {
        (Some(("Fn::ImportValue", name)), _) => {
            if let Some(Value::String(name)) = scope.resolve(name)? {
                names.push(name);
            }
            Ok(())
        }
        (_, Value::Array(items)) => items.iter().try_for_each(|item| collect(scope, item, names)),
        (_, Value::Object(map)) => map.values().try_for_each(|item| collect(scope, item, names)),
        _ => Ok(()),
    }
}

fn contains(value: &Value, name: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| contains(item, name)),
        Value::Object(map) => map.iter().any(|(key, item)| key == name || contains(item, name)),
        _ => false,
    }
}
