//! The Conditions section: boolean functions of parameters, evaluated once per operation.

use std::collections::BTreeMap;

use serde_json::Value;

use super::intrinsic::Scope;
use super::reference::{Kind, visit};
use super::{FormationError, Template, pseudo};

/// The value of every condition.
pub type Outcomes = BTreeMap<String, bool>;

/// Checks the section without evaluating it: operators, names, cycles.
pub(super) fn check(template: &Template) -> Result<(), FormationError> {
    for (name, value) in &template.conditions {
        shape(value)?;
        let mut unresolved = Vec::new();
        visit(value, &mut |reference| match reference {
            Kind::Ref(id) if template.parameter(id).is_none() && !pseudo::is(id) => unresolved.push(id.to_owned()),
            Kind::Attribute(id, _) => unresolved.push(id.to_owned()),
            _ => {}
        })?;
        if !unresolved.is_empty() {
            // https://stackoverflow.com/questions/46245018
            return Err(FormationError::format(format_args!(
                "Unresolved dependencies [{}]. Cannot reference resources in the Conditions block of the template",
                unresolved.join(", ")
            )));
        }
        cycle(template, name, &mut Vec::new())?;
    }
    Ok(())
}

fn cycle<'a>(template: &'a Template, name: &'a str, path: &mut Vec<&'a str>) -> Result<(), FormationError> {
    if path.contains(&name) {
        return Err(FormationError::format(format_args!(
            "Circular dependencies for conditions: [{}]",
            path.join(", ")
        ))); // [U]
    }
    let Some(value) = template.conditions.get(name) else {
        return Err(FormationError::function(format_args!("unresolved condition dependency {name} in Condition"))); // [U]
    };
    path.push(name);
    for inner in named(value) {
        cycle(template, inner, path)?;
    }
    path.pop();
    Ok(())
}

/// Names of the conditions that a condition uses.
fn named(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) if map.len() == 1 => match map.iter().next() {
            Some((key, Value::String(name))) if key == "Condition" => vec![name],
            Some((_, argument)) => named(argument),
            None => Vec::new(),
        },
        Value::Array(items) => items.iter().flat_map(named).collect(),
        _ => Vec::new(),
    }
}

fn shape(value: &Value) -> Result<(), FormationError> {
    let only = || {
        // https://stackoverflow.com/questions/38833573
        FormationError::format("Conditions can only be boolean operations on parameters and other conditions")
    };
    let map = value.as_object().filter(|map| map.len() == 1).ok_or_else(only)?;
    let (name, argument) = map.iter().next().ok_or_else(only)?;
    let list = argument.as_array();
    match name.as_str() {
        "Condition" if argument.is_string() => Ok(()),
        "Fn::Equals" => match list {
            Some(list) if list.len() == 2 => Ok(()),
            // https://stackoverflow.com/questions/63142353
            _ => Err(FormationError::function("every Fn::Equals object requires a list of 2 string parameters.")),
        },
        "Fn::Not" => match list {
            Some(list) if list.len() == 1 => list.iter().try_for_each(shape),
            _ => Err(FormationError::function("every Fn::Not object requires one boolean parameter.")),
        },
        "Fn::And" | "Fn::Or" => match list {
            Some(list) if (2..=10).contains(&list.len()) => list.iter().try_for_each(shape),
            // https://github.com/aws/aws-cdk/issues/25696
            _ => Err(FormationError::function(format_args!(
                "every {name} object requires a list of at least 2 and at most 10 boolean parameters."
            ))),
        },
        _ => Err(only()),
    }
}

/// Evaluates every condition of the scope's template.
///
/// # Errors
/// A function inside that cannot be evaluated.
pub fn outcomes(scope: &Scope<'_>) -> Result<Outcomes, FormationError> {
    let conditions = &scope.template.conditions;
    conditions.iter().map(|(name, value)| Ok((name.clone(), holds(scope, value)?))).collect()
}

/// Evaluates one boolean function.
///
/// # Errors
/// It is not a boolean function, or something inside cannot be evaluated.
pub fn holds(scope: &Scope<'_>, value: &Value) -> Result<bool, FormationError> {
    // https://stackoverflow.com/questions/38833573
    let only =
        || FormationError::format("Conditions can only be boolean operations on parameters and other conditions");
    let (name, argument) = value.as_object().and_then(|map| map.iter().next()).ok_or_else(only)?;
    let list = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    match (name.as_str(), list) {
        ("Condition", _) => {
            let name = argument.as_str().unwrap_or_default();
            holds(scope, scope.template.conditions.get(name).ok_or_else(only)?)
        }
        ("Fn::Equals", [left, right]) => Ok(comparable(scope, left)? == comparable(scope, right)?),
        ("Fn::Not", [inner]) => Ok(!holds(scope, inner)?),
        ("Fn::And", _) => list.iter().try_fold(true, |all, inner| Ok(holds(scope, inner)? && all)),
        ("Fn::Or", _) => list.iter().try_fold(false, |any, inner| Ok(holds(scope, inner)? || any)),
        _ => Err(only()),
    }
}

fn comparable(scope: &Scope<'_>, value: &Value) -> Result<String, FormationError> {
    let value = scope.resolve(value)?.unwrap_or_default();
    Ok(match value {
        Value::String(text) => text,
        other => other.to_string(),
    })
}
