//! One running operation: its stack, its deployment, and how it looks at and changes the stack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::order::Stop;
use crate::Region;
use crate::formation::intrinsic::Resources;
use crate::formation::schema;
use crate::region::World;
use crate::resource::{Phase, ResourceContext};
use crate::service::Principal;
use crate::service::cloudformation::deployment::Deployment;
use crate::service::cloudformation::stack_resource::StackResource;
use crate::service::cloudformation::state::Stack;

/// One running operation.
#[derive(Clone)]
pub(in crate::service::cloudformation) struct Run {
    pub(super) region: Arc<Region>,
    pub(super) stack_id: String,
    pub(super) deployment: Arc<Deployment>,
    pub(super) operation_id: String,
    pub(super) stop: Stop,
    /// Who began it.
    pub(in crate::service::cloudformation) caller: Option<Principal>,
}

/// What the stack's resources are called and have, at one moment.
pub(in crate::service::cloudformation) struct Snapshot {
    resources: BTreeMap<String, (String, Map<String, Value>)>,
    /// The attributes that were asked for, by logical id.
    known: Mutex<BTreeSet<(String, String)>>,
}

impl Snapshot {
    /// The present resources of a stack.
    pub(in crate::service::cloudformation) fn of(stack: &Stack) -> Self {
        let existing = stack.resources.iter().filter(|resource| resource.exists());
        let resources = existing
            .map(|resource| {
                let physical_id = resource.physical_id.clone().unwrap_or_default();
                (resource.logical_id.clone(), (physical_id, resource.attributes.clone()))
            })
            .collect();
        Self { resources, known: Mutex::default() }
    }

    /// The attributes that values have been made of, by logical id.
    pub(super) fn known(&self) -> BTreeSet<(String, String)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Resources for Snapshot {
    fn reference(&self, logical_id: &str) -> Option<Value> {
        self.resources.get(logical_id).map(|(physical_id, _)| Value::from(physical_id.as_str()))
    }

    fn attribute(&self, logical_id: &str, name: &str) -> Option<Value> {
        let value = self.resources.get(logical_id)?.1.get(name).cloned()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((logical_id.to_owned(), name.to_owned()));
        Some(value)
    }
}

impl Run {
    /// Looks at or changes the stack; None if it is gone, which only a bug would bring about.
    pub(in crate::service::cloudformation) fn stack<T>(&self, look: impl FnOnce(&mut Stack) -> T) -> Option<T> {
        self.region.world(|world: &mut World| world.cloudformation.stack_mut(&self.stack_id).map(look))
    }

    /// Puts the stack into a status.
    pub(super) fn status(&self, status: &'static str, reason: Option<String>) {
        self.stack(|stack| stack.set_status(&self.region, status, reason));
    }

    /// Puts the stack into a status, unless a caller has just wished for something else.
    pub(super) fn status_as_planned(&self, status: &'static str) -> bool {
        self.stack(|stack| {
            let as_planned = stack.wish.is_none();
            if as_planned {
                stack.set_status(&self.region, status, None);
            }
            as_planned
        })
        .unwrap_or(false)
    }

    /// Whether a failure stops only its own path through the dependencies, so that as much as can be is there to go on from.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
    pub(super) fn keeps_going(&self) -> bool {
        self.stack(|stack| stack.settings.disable_rollback).unwrap_or(false)
    }

    /// Begins an operation that follows from this one, such as the rollback of a failed create.
    pub(super) fn begin_operation(&self, kind: &'static str) {
        self.stack(|stack| {
            let token = stack.operation().and_then(|operation| operation.token.clone());
            stack.begin(&self.region, kind, token);
        });
    }

    /// The stack's resources as they are now.
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        self.stack(|stack| Snapshot::of(stack))
    }

    /// The present state of one resource.
    pub(super) fn resource(&self, logical_id: &str) -> Option<StackResource> {
        self.stack(|stack| stack.resource(logical_id).cloned()).flatten()
    }

    /// The stack's tags as a resource of this type gets them.
    pub(super) fn tags(&self, resource_type: &str, logical_id: &str) -> Vec<(String, String)> {
        effective_tags(&self.deployment, &self.stack_id, resource_type, logical_id)
    }

    /// What the resource's handler may know.
    pub(super) fn context(&self, resource: &StackResource, phase: Phase) -> ResourceContext {
        ResourceContext {
            region: Arc::clone(&self.region),
            stack_name: self.deployment.pseudo.stack_name.clone(),
            stack_id: self.stack_id.clone(),
            logical_id: resource.logical_id.clone(),
            phase,
            tags: resource.tags.clone(),
            attributes: resource.policies.clone(),
            token: self.operation_id.clone(),
        }
    }
}

/// Stack tags propagate to resources that can be tagged; `aws:cloudformation:*` to those that say so in their schema.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
pub(in crate::service::cloudformation) fn effective_tags(
    deployment: &Deployment,
    stack_id: &str,
    resource_type: &str,
    logical_id: &str,
) -> Vec<(String, String)> {
    let tagging = schema::of(resource_type).and_then(|schema| schema.root().get("tagging"));
    let says = |name: &str| tagging.and_then(|tagging| tagging.get(name)).and_then(Value::as_bool);
    let mut tags = Vec::new();
    if says("taggable") == Some(true) {
        tags.extend(deployment.tags.iter().cloned());
        if says("cloudFormationSystemTags") == Some(true) {
            for (name, value) in [
                ("stack-name", deployment.pseudo.stack_name.as_str()),
                ("stack-id", stack_id),
                ("logical-id", logical_id),
            ] {
                tags.push((format!("aws:cloudformation:{name}"), value.to_owned()));
            }
        }
    }
    tags
}
