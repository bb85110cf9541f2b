//! Events: what happened to a stack and its resources, and when.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::stack_resource::StackResource;
use super::state::{Operation, Stack, State};
use crate::Region;
use crate::journal::Change;

/// One event.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) timestamp: f64,
    pub(super) logical_id: String,
    pub(super) physical_id: String,
    pub(super) resource_type: String,
    pub(super) status: &'static str,
    pub(super) reason: Option<String>,
    pub(super) properties: Option<String>,
    pub(super) token: Option<String>,
    pub(super) operation_id: Option<String>,
    pub(super) detailed_status: Option<&'static str>,
}

/// Seconds since the epoch, to the millisecond as CloudFormation gives them.
pub(super) fn now() -> f64 {
    jiff::Timestamp::now().as_millisecond() as f64 / 1000.0
}

impl State {
    /// Events later than those `seen` of each stack, by its id, for the region's own journal: without the values of
    /// NoEcho parameters, which reasons may quote.
    pub fn news(&self, seen: &mut BTreeMap<String, usize>, told: &mut Vec<Change>) {
        for stack in &self.stacks {
            let known = seen.get(&stack.id).copied().unwrap_or_default();
            if known == stack.events.len() {
                continue;
            }
            seen.insert(stack.id.clone(), stack.events.len());
            told.extend(stack.events.iter().skip(known).map(|event| Change {
                at: event.timestamp,
                what: match event.resource_type.as_str() {
                    STACK_TYPE => format!("stack {}", stack.name),
                    _ => format!("{} {}", stack.name, event.logical_id),
                },
                state: event.status.to_owned(),
                reason: event.reason.as_deref().map(|reason| stack.without_secrets(reason)),
            }));
        }
    }
}

impl Stack {
    fn without_secrets(&self, reason: &str) -> String {
        let values = self.deployment.iter().flat_map(|deployment| deployment.parameters.values());
        let secrets = values.filter(|value| value.no_echo && !value.given.is_empty());
        secrets.fold(reason.to_owned(), |reason, secret| reason.replace(&secret.given, "****"))
    }

    /// Puts the stack into a status and records the event.
    pub(super) fn set_status(&mut self, region: &Region, status: &'static str, reason: Option<String>) {
        self.status = status;
        self.status_reason.clone_from(&reason);
        self.detailed_status = None;
        let (id, name) = (self.id.clone(), self.name.clone());
        let event =
            Event { properties: None, ..self.event(region.random.uuid(), &name, &id, STACK_TYPE, status, reason) };
        self.events.push(event);
        if !status.ends_with("_IN_PROGRESS") {
            let ended = now();
            if let Some(operation) = self.operations.last_mut() {
                operation.ended = Some(ended);
                operation.status = if status.ends_with("_FAILED") { "FAILED" } else { "SUCCEEDED" };
            }
            let executed = self.change_set_id.clone();
            let failed = !matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE");
            for change_set in self.change_sets.iter_mut().filter(|known| failed && Some(&known.id) == executed.as_ref())
            {
                change_set.execution_status = "EXECUTE_FAILED";
            }
        }
    }

    /// Begins an operation; its events carry its id.
    pub(super) fn begin(&mut self, region: &Region, kind: &'static str, token: Option<String>) -> String {
        let id = region.random.uuid();
        if let Some(last) = self.operations.last_mut().filter(|last| last.ended.is_none()) {
            last.ended = Some(now());
            last.status = "FAILED";
        }
        self.operations.push(Operation {
            id: id.clone(),
            kind,
            token,
            started: now(),
            ended: None,
            status: "IN_PROGRESS",
        });
        id
    }

    /// Puts a resource into a status and records the event.
    pub(super) fn set_resource_status(&mut self, logical_id: &str, status: &'static str, reason: Option<String>) {
        let timestamp = now();
        let Some(resource) = self.resource_mut(logical_id) else { return };
        resource.status = status;
        resource.status_reason.clone_from(&reason);
        resource.timestamp = timestamp;
        let resource = resource.clone();
        self.resource_event(&resource, status, reason, None);
    }

    /// Records an event of a resource that may no longer be listed.
    pub(super) fn resource_event(
        &mut self,
        resource: &StackResource,
        status: &'static str,
        reason: Option<String>,
        detailed_status: Option<&'static str>,
    ) {
        let physical_id = resource.physical_id.clone().unwrap_or_default();
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html, as in its examples
        let stamp = jiff::Timestamp::now();
        let id = format!("{}-{status}-{stamp:.3}", resource.logical_id);
        let id =
            if self.events.iter().any(|event| event.id == id) { format!("{id}-{}", self.events.len()) } else { id };
        let event = self.event(id, &resource.logical_id, &physical_id, &resource.resource_type, status, reason);
        self.events.push(Event { properties: Some(resource.shown.clone()), detailed_status, ..event });
    }

    fn event(
        &self,
        id: String,
        logical_id: &str,
        physical_id: &str,
        resource_type: &str,
        status: &'static str,
        reason: Option<String>,
    ) -> Event {
        let operation = self.operation();
        Event {
            id,
            timestamp: now(),
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            status,
            reason,
            properties: None,
            token: operation.and_then(|operation| operation.token.clone()),
            operation_id: operation.map(|operation| operation.id.clone()),
            detailed_status: None,
        }
    }
}

/// The resource type of a stack's own events.
pub(super) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

impl Event {
    /// As `DescribeStackEvents` gives it.
    pub(super) fn to_json(&self, stack: &Stack) -> Value {
        let mut map = Map::from_iter([
            ("StackId".to_owned(), json!(stack.id)),
            ("EventId".to_owned(), json!(self.id)),
            ("StackName".to_owned(), json!(stack.name)),
            ("LogicalResourceId".to_owned(), json!(self.logical_id)),
            ("PhysicalResourceId".to_owned(), json!(self.physical_id)),
            ("ResourceType".to_owned(), json!(self.resource_type)),
            ("Timestamp".to_owned(), json!(self.timestamp)),
            ("ResourceStatus".to_owned(), json!(self.status)),
        ]);
        let mut optional = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                map.insert(name.to_owned(), json!(value));
            }
        };
        optional("ResourceStatusReason", self.reason.as_deref());
        optional("ResourceProperties", self.properties.as_deref());
        optional("ClientRequestToken", self.token.as_deref());
        optional("OperationId", self.operation_id.as_deref());
        optional("DetailedStatus", self.detailed_status);
        Value::Object(map)
    }
}
