//! Why a resource changes: one detail per changed property and cause.
//!
//! Values are shown as they are, those of NoEcho parameters too: whether AWS masks them is not documented, and a client
//! that does not hide them itself is to be found out here. [U]
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-samples.html

use serde_json::{Map, Value, json};

use crate::formation::difference::{PropertyChange, Recreation, changes, contains_unknown, recreation};
use crate::formation::graph::taken;
use crate::formation::reference::{Kind, function, visit};
use crate::formation::schema;
use crate::formation::template::Resource;
use crate::service::cloudformation::deployment::{Deployment, Evaluated};
use crate::service::cloudformation::stack_resource::StackResource;
use crate::service::cloudformation::state::Stack;

/// One detail of a change.
#[derive(Debug, Clone)]
pub(super) struct Detail {
    /// `Properties`, `Tags`, `Metadata` or a policy's name.
    pub(super) attribute: String,
    name: Option<String>,
    path: String,
    recreation: Recreation,
    before: Option<String>,
    after: Option<String>,
    evaluation: &'static str,
    source: &'static str,
    cause: Option<String>,
}

impl Detail {
    pub(super) fn to_json(&self, with_values: bool) -> Value {
        let mut target = Map::from_iter([
            ("Attribute".to_owned(), json!(self.attribute)),
            ("RequiresRecreation".to_owned(), json!(self.recreation.name())),
        ]);
        if let Some(name) = &self.name {
            target.insert("Name".to_owned(), json!(name));
        }
        if with_values {
            target.insert("Path".to_owned(), json!(self.path));
            let kind = match (&self.before, &self.after) {
                (None, _) => "Add",
                (_, None) => "Remove",
                _ => "Modify",
            };
            target.insert("AttributeChangeType".to_owned(), json!(kind));
            for (member, value) in [("BeforeValue", &self.before), ("AfterValue", &self.after)] {
                if let Some(value) = value {
                    target.insert(member.to_owned(), json!(value));
                }
            }
        }
        let mut detail = json!({"Target": target, "Evaluation": self.evaluation, "ChangeSource": self.source});
        if let (Some(cause), Some(map)) = (&self.cause, detail.as_object_mut()) {
            map.insert("CausingEntity".to_owned(), json!(cause));
        }
        detail
    }
}

/// Every detail of the change from a deployed resource to an evaluated one, and the most that it asks for.
pub(super) fn details(
    existing: &StackResource,
    declared: &Resource,
    evaluated: &Evaluated,
    tags: &[(String, String)],
    stack: Option<&Stack>,
    next: &Deployment,
) -> (Vec<Detail>, Recreation) {
    let mut details = Vec::new();
    let mut most = Recreation::Never;
    let Some(schema) = schema::of(&existing.resource_type) else { return (details, most) };
    let tag_property = schema.tag_property();
    for change in changes(&existing.properties, &evaluated.properties) {
        let recreation = recreation(schema, &change);
        most = most.max(recreation);
        let tags = tag_property == Some(change.name.as_str());
        let unknown = change.after.as_ref().is_some_and(contains_unknown);
        let raw = declared.properties.get(&change.name).map(|raw| taken(raw, &next.outcomes));
        let causes =
            raw.as_ref().map(|raw| causes(at_path(raw, &change.path), &change, stack, next)).unwrap_or_default();
        let base = Detail {
            attribute: if tags { "Tags" } else { "Properties" }.to_owned(),
            name: Some(change.name.clone()),
            path: format!("/Properties/{}", change.path),
            recreation,
            before: change.before.as_ref().map(plain),
            after: change.after.as_ref().map(plain),
            evaluation: if unknown || !causes.is_empty() { "Dynamic" } else { "Static" },
            source: "DirectModification",
            cause: None,
        };
        details.push(base.clone());
        for (source, cause) in causes {
            let evaluation = if source == "ResourceAttribute" { "Dynamic" } else { "Static" };
            details.push(Detail { source, cause: Some(cause), evaluation, ..base.clone() });
        }
    }
    if existing.tags != tags {
        details.push(Detail {
            attribute: "Tags".to_owned(),
            name: None,
            path: "/Properties/Tags".to_owned(),
            recreation: Recreation::Never,
            before: Some(tag_text(&existing.tags)),
            after: Some(tag_text(tags)),
            evaluation: "Static",
            source: "DirectModification",
            cause: None,
        });
    }
    for change in changes(&existing.policies, &evaluated.policies) {
        details.push(Detail {
            attribute: change.name.clone(),
            name: None,
            path: format!("/{}", change.path),
            recreation: Recreation::Never,
            before: change.before.as_ref().map(plain),
            after: change.after.as_ref().map(plain),
            evaluation: "Static",
            source: "DirectModification",
            cause: None,
        });
    }
    (details, most)
}

/// The part of a property's declaration that makes the value at this path: as deep as there is no function.
fn at_path<'a>(raw: &'a Value, path: &str) -> &'a Value {
    let mut part = raw;
    for step in path.split('/').skip(1) {
        let inner = match part {
            Value::Object(map) if function(part).is_none() => map.get(step),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        match inner {
            Some(inner) => part = inner,
            None => return part,
        }
    }
    part
}

/// The parameters and resources whose change may have changed this property.
fn causes(
    raw: &Value,
    change: &PropertyChange,
    stack: Option<&Stack>,
    next: &Deployment,
) -> Vec<(&'static str, String)> {
    let previous = stack.and_then(|stack| stack.deployment.as_ref());
    let changed_parameter = |name: &str| {
        let before = previous.and_then(|previous| previous.parameters.get(name));
        next.parameters.get(name).is_some_and(|now| before.is_none_or(|before| before.value != now.value))
    };
    let unknown = change.after.as_ref().is_some_and(contains_unknown);
    let mut found: Vec<(&'static str, String)> = Vec::new();
    // The template was parsed: every reference in it can be read.
    let _ = visit(raw, &mut |reference| {
        let cause = match reference {
            Kind::Ref(name) if changed_parameter(name) => ("ParameterReference", name.to_owned()),
            Kind::Ref(name) if unknown && next.resource(name).is_some() => ("ResourceReference", name.to_owned()),
            Kind::Attribute(id, attribute) if unknown => ("ResourceAttribute", format!("{id}.{attribute}")),
            _ => return,
        };
        if !found.contains(&cause) {
            found.push(cause);
        }
    });
    found
}

fn tag_text(tags: &[(String, String)]) -> String {
    json!(tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect::<Vec<_>>()).to_string()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
