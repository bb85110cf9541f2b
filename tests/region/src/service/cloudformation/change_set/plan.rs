//! Computes what a deployment would do to a stack.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::detail::{self, Detail};
use crate::Region;
use crate::formation::attributes::{Policy, deletion_policy, replace_policy};
use crate::formation::difference::{Recreation, contains_unknown};
use crate::formation::graph;
use crate::formation::intrinsic::{Resources, UNKNOWN};
use crate::formation::template::Resource;
use crate::service::cloudformation::deployment::{Deployment, Evaluated, Unusable};
use crate::service::cloudformation::engine::effective_tags;
use crate::service::cloudformation::stack_create::new_stack;
use crate::service::cloudformation::stack_resource::StackResource;
use crate::service::cloudformation::state::Stack;

/// Everything a deployment would do.
#[derive(Debug, Clone)]
pub(in crate::service::cloudformation) struct Plan {
    pub(in crate::service::cloudformation) changes: Vec<ResourceChange>,
    /// Resources whose properties cannot be used, and why.
    pub(in crate::service::cloudformation) refused: Vec<(String, Vec<String>)>,
    /// Whether anything beside resources changes: outputs or stack tags.
    pub(in crate::service::cloudformation) beside: bool,
}

/// What would happen to one resource.
#[derive(Debug, Clone)]
pub(in crate::service::cloudformation) struct ResourceChange {
    /// `Add`, `Modify` or `Remove`.
    pub(in crate::service::cloudformation) action: &'static str,
    pub(super) logical_id: String,
    pub(super) physical_id: Option<String>,
    pub(super) resource_type: String,
    /// `True`, `False` or `Conditional`, of a modification.
    pub(super) replacement: Option<&'static str>,
    pub(super) policy_action: Option<&'static str>,
    pub(super) details: Vec<Detail>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// What resources will be called and have, as far as it is known before the deployment.
#[derive(Default)]
struct Foreseen {
    resources: BTreeMap<String, Known>,
}

/// What is known of one resource; nothing of one that is new.
#[derive(Default)]
struct Known {
    physical_id: Option<String>,
    attributes: Option<Map<String, Value>>,
}

impl Resources for Foreseen {
    fn reference(&self, logical_id: &str) -> Option<Value> {
        let known = self.resources.get(logical_id)?;
        Some(known.physical_id.as_deref().unwrap_or(UNKNOWN).into())
    }

    fn attribute(&self, logical_id: &str, name: &str) -> Option<Value> {
        match &self.resources.get(logical_id)?.attributes {
            Some(attributes) => attributes.get(name).cloned(),
            None => Some(UNKNOWN.into()),
        }
    }
}

/// Computes the plan. `stack` is None when nothing exists yet.
pub(in crate::service::cloudformation) fn plan(region: &Region, stack: Option<&Stack>, next: &Deployment) -> Plan {
    let current = |id: &str| {
        let resource = stack.and_then(|stack| stack.resource(id))?;
        // What could not be made is made anew.
        (resource.exists() && resource.status != "CREATE_FAILED").then_some(resource)
    };
    let mut foreseen = Foreseen::default();
    let mut plan = Plan { changes: Vec::new(), refused: Vec::new(), beside: false };
    // prepare() has refused cycles.
    for id in graph::order(&next.dependencies).unwrap_or_default() {
        let Some(declared) = next.resource(&id) else { continue };
        let evaluated = match next.evaluate(region, declared, &foreseen) {
            Ok(evaluated) => evaluated,
            Err(Unusable::Schema(violations)) => {
                plan.refused.push((id.clone(), violations));
                foreseen.resources.insert(id, Known::default());
                continue;
            }
            Err(Unusable::Template(reason)) => {
                plan.refused.push((id.clone(), vec![reason]));
                foreseen.resources.insert(id, Known::default());
                continue;
            }
        };
        let Some(existing) = current(&id) else {
            foreseen.resources.insert(id, Known::default());
            plan.changes.push(addition(declared, &evaluated));
            continue;
        };
        let tags = effective_tags(next, &next.pseudo.stack_id, &declared.resource_type, &id);
        let (details, most) = detail::details(existing, declared, &evaluated, &tags, stack, next);
        if details.is_empty() && existing.status != "UPDATE_FAILED" {
            let (physical_id, attributes) = (existing.physical_id.clone(), Some(existing.attributes.clone()));
            foreseen.resources.insert(id, Known { physical_id, attributes });
            continue;
        }
        let replaced = most == Recreation::Always;
        let touched = details.iter().any(|detail| detail.attribute == "Properties" || detail.attribute == "Tags");
        let physical_id = existing.physical_id.clone().filter(|_| !replaced);
        let attributes = (!touched).then(|| existing.attributes.clone());
        foreseen.resources.insert(id, Known { physical_id, attributes });
        plan.changes.push(modification(existing, &evaluated, details, most));
    }
    if let Some(stack) = stack {
        let gone = stack.resources.iter().filter(|resource| resource.exists());
        for resource in gone.filter(|resource| !next.dependencies.contains_key(&resource.logical_id)) {
            plan.changes.push(removal(resource));
        }
        let outputs = next.outputs(&foreseen).unwrap_or_default();
        let known = !outputs.iter().any(contains_unknown);
        let same_tags = stack.deployment.as_ref().is_some_and(|deployment| deployment.tags == next.tags);
        plan.beside = !same_tags || (known && outputs != stack.outputs);
    }
    // The order of the template reads best, and is AWS's as far as anyone has seen. [U]
    let place = |change: &ResourceChange| {
        let declared = next.template.resources.iter().position(|resource| resource.logical_id == change.logical_id);
        declared.unwrap_or(usize::MAX)
    };
    plan.changes.sort_by_key(place);
    plan
}

/// A copy of what the plan looks at, so that the world is not held while it is computed.
pub(in crate::service::cloudformation) fn view(stack: &Stack) -> Stack {
    Stack {
        status: stack.status,
        deployment: stack.deployment.clone(),
        resources: stack.resources.clone(),
        outputs: stack.outputs.clone(),
        ..new_stack(&stack.name, &stack.id)
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub(in crate::service::cloudformation) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.beside
    }
}

fn context(properties: &Map<String, Value>, policies: &Map<String, Value>) -> String {
    let mut context = Map::from_iter([("Properties".to_owned(), Value::Object(properties.clone()))]);
    context.extend(policies.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(context).to_string()
}

fn addition(declared: &Resource, evaluated: &Evaluated) -> ResourceChange {
    ResourceChange {
        action: "Add",
        logical_id: declared.logical_id.clone(),
        physical_id: None,
        resource_type: declared.resource_type.clone(),
        replacement: None,
        policy_action: None,
        details: Vec::new(),
        before: None,
        after: Some(context(&evaluated.properties, &evaluated.policies)),
    }
}

fn modification(
    existing: &StackResource,
    evaluated: &Evaluated,
    details: Vec<Detail>,
    most: Recreation,
) -> ResourceChange {
    let policy_action = (most == Recreation::Always).then(|| match replace_policy(&evaluated.policies) {
        Policy::Delete => "ReplaceAndDelete",
        Policy::Retain | Policy::RetainExceptOnCreate => "ReplaceAndRetain",
    });
    ResourceChange {
        action: "Modify",
        logical_id: existing.logical_id.clone(),
        physical_id: existing.physical_id.clone(),
        resource_type: existing.resource_type.clone(),
        replacement: Some(match most {
            Recreation::Never => "False",
            Recreation::Conditionally => "Conditional",
            Recreation::Always => "True",
        }),
        policy_action,
        details,
        before: Some(context(&existing.properties, &existing.policies)),
        after: Some(context(&evaluated.properties, &evaluated.policies)),
    }
}

fn removal(existing: &StackResource) -> ResourceChange {
    ResourceChange {
        action: "Remove",
        logical_id: existing.logical_id.clone(),
        physical_id: existing.physical_id.clone(),
        resource_type: existing.resource_type.clone(),
        replacement: None,
        policy_action: Some(match deletion_policy(&existing.policies) {
            Policy::Delete => "Delete",
            Policy::Retain | Policy::RetainExceptOnCreate => "Retain",
        }),
        details: Vec::new(),
        before: Some(context(&existing.properties, &existing.policies)),
        after: None,
    }
}

impl ResourceChange {
    /// As `DescribeChangeSet` gives it, values only on request.
    pub(super) fn to_json(&self, with_values: bool) -> Value {
        let mut scope: Vec<&str> = Vec::new();
        for detail in &self.details {
            if !scope.contains(&detail.attribute.as_str()) {
                scope.push(&detail.attribute);
            }
        }
        let mut details: Vec<Value> = Vec::new();
        for detail in self.details.iter().map(|detail| detail.to_json(with_values)) {
            if !details.contains(&detail) {
                details.push(detail);
            }
        }
        let mut change = Map::from_iter([
            ("Action".to_owned(), json!(self.action)),
            ("LogicalResourceId".to_owned(), json!(self.logical_id)),
            ("ResourceType".to_owned(), json!(self.resource_type)),
            ("Scope".to_owned(), json!(scope)),
            ("Details".to_owned(), json!(details)),
        ]);
        let mut optional = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                change.insert(name.to_owned(), json!(value));
            }
        };
        optional("PhysicalResourceId", self.physical_id.as_deref());
        optional("Replacement", self.replacement);
        optional("PolicyAction", self.policy_action);
        if with_values {
            optional("BeforeContext", self.before.as_deref());
            optional("AfterContext", self.after.as_deref());
        }
        json!({"Type": "Resource", "ResourceChange": change})
    }
}
