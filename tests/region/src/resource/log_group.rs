//! `AWS::Logs::LogGroup`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::properties::text;
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::region::World;
use crate::service::logs::Group;

/// The type.
pub struct LogGroup;

/// Properties with a meaning here.
const KNOWN: [&str; 5] = ["LogGroupName", "RetentionInDays", "LogGroupClass", "DeletionProtectionEnabled", "Tags"];

#[async_trait]
impl ResourceType for LogGroup {
    fn name(&self) -> &'static str {
        "AWS::Logs::LogGroup"
    }

    fn exists(&self, world: &World, identifier: &str) -> bool {
        world.logs.groups.contains_key(identifier)
    }

    fn typical_seconds(&self) -> f64 {
        8.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        known(properties)?;
        let name = text(properties, "LogGroupName").unwrap_or_else(|| context.generated_name(512));
        let created = context.region.clock.now().as_millisecond();
        let made = context.region.world(|world| {
            let groups = &mut world.logs.groups;
            let fresh = !groups.contains_key(&name);
            if fresh {
                let retention_days = retention(properties);
                groups.insert(name.clone(), Group { created, retention_days, ..Group::default() });
            }
            fresh
        });
        if !made {
            return Err(context.already_exists(self.name(), &json!({"/properties/LogGroupName": name}).to_string()));
        }
        Ok(made_group(context, &name))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        known(new)?;
        let found = context.region.world(|world| {
            let group = world.logs.groups.get_mut(physical_id)?;
            group.retention_days = retention(new);
            Some(())
        });
        if found.is_none() {
            let identifier = json!({"/properties/LogGroupName": physical_id}).to_string();
            return Err(context.not_found(self.name(), &identifier));
        }
        Ok(made_group(context, physical_id))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        // Its streams and events go with it.
        context.region.world(|world| world.logs.groups.remove(physical_id));
        Ok(())
    }
}

/// Never, where nothing is said.
fn retention(properties: &Map<String, Value>) -> Option<u64> {
    properties.get("RetentionInDays").and_then(Value::as_u64)
}

/// Keys, index and data protection policies exist in AWS and not here: better refused than silently not done.
fn known(properties: &Map<String, Value>) -> Result<(), ResourceFailure> {
    match properties.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        Some(key) => Err(ResourceFailure::new("InvalidRequest", format!("{key} of log groups is not simulated"))),
        None => Ok(()),
    }
}

/// The ARN that `GetAtt` gives ends in `:*`.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
fn made_group(context: &ResourceContext, name: &str) -> Made {
    let arn = context.region.arn("logs", &format!("log-group:{name}:*"));
    Made { physical_id: name.to_owned(), attributes: Map::from_iter([("Arn".to_owned(), json!(arn))]) }
}
