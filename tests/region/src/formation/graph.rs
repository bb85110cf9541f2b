//! In which order resources can be made: after everything they refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::condition::Outcomes;
use super::reference::{Kind, function, visit};
use super::{FormationError, Template};

/// Direct dependencies by logical id, of the resources that exist.
pub type Dependencies = BTreeMap<String, BTreeSet<String>>;

/// Dependencies with every branch of every condition taken: cycles are refused by them.
pub(super) fn static_order(template: &Template) -> Result<Vec<String>, FormationError> {
    order(&dependencies(template, None)?)
}

/// The direct dependencies of every resource whose condition holds. Branches not taken count for nothing.
///
/// # Errors
/// A function whose argument cannot be read.
pub fn dependencies(template: &Template, outcomes: Option<&Outcomes>) -> Result<Dependencies, FormationError> {
    let holds = |name: &str| outcomes.is_none_or(|outcomes| outcomes.get(name).copied().unwrap_or(false));
    let exists =
        |id: &str| template.resource(id).is_some_and(|resource| resource.condition.as_deref().is_none_or(holds));
    let mut all = Dependencies::new();
    for resource in template.resources.iter().filter(|resource| exists(&resource.logical_id)) {
        // A DependsOn on a resource whose condition is false is ignored.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html
        let mut direct: BTreeSet<String> = resource.depends_on.iter().filter(|id| exists(id)).cloned().collect();
        for value in resource.properties.values().chain(resource.attributes.values()) {
            let pruned = outcomes.map(|outcomes| taken(value, outcomes));
            let mut note = |id: &str| {
                if exists(id) {
                    direct.insert(id.to_owned());
                }
            };
            visit(pruned.as_ref().unwrap_or(value), &mut |reference| match reference {
                Kind::Ref(id) | Kind::Attribute(id, _) => note(id),
                Kind::Condition(_) | Kind::Mapping(_) => {}
            })?;
        }
        all.insert(resource.logical_id.clone(), direct);
    }
    Ok(all)
}

/// The value with every `Fn::If` replaced by its taken branch.
pub fn taken(value: &Value, outcomes: &Outcomes) -> Value {
    match (function(value), value) {
        (Some(("Fn::If", Value::Array(list))), _) if list.len() == 3 => {
            let holds = list[0].as_str().and_then(|name| outcomes.get(name)).copied().unwrap_or(false);
            taken(&list[if holds { 1 } else { 2 }], outcomes)
        }
        (_, Value::Array(items)) => items.iter().map(|item| taken(item, outcomes)).collect(),
        (_, Value::Object(map)) => {
            Value::Object(map.iter().map(|(key, item)| (key.clone(), taken(item, outcomes))).collect())
        }
        _ => value.clone(),
    }
}

/// An order in which every resource comes after its dependencies.
///
/// # Errors
/// A cycle, with its members.
/// https://repost.aws/knowledge-center/cloudformation-circular-dependency-error
pub fn order(dependencies: &Dependencies) -> Result<Vec<String>, FormationError> {
    let mut left = dependencies.clone();
    let mut order = Vec::new();
    while !left.is_empty() {
        let ready: Vec<String> = left
            .iter()
            .filter(|(_, direct)| direct.iter().all(|id| !left.contains_key(id)))
            .map(|(id, _)| id.clone())
            .collect();
        if ready.is_empty() {
            let members = cycle_members(&left);
            return Err(FormationError(format!("Circular dependency between resources: [{}]", members.join(", "))));
        }
        for id in ready {
            left.remove(&id);
            order.push(id);
        }
    }
    Ok(order)
}

/// Only those that are in a cycle: resources that merely depend on one are taken off from the other end.
fn cycle_members(left: &Dependencies) -> Vec<String> {
    let mut members = left.clone();
    loop {
        let used: BTreeSet<String> = members.values().flatten().cloned().collect();
        let before = members.len();
        members.retain(|id, _| used.contains(id));
        if members.len() == before {
            return members.into_keys().collect();
        }
    }
}
