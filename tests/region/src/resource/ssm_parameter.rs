//! `AWS::SSM::Parameter`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::region::World;
use crate::service::ssm;

/// The type.
pub struct SsmParameter;

#[async_trait]
impl ResourceType for SsmParameter {
    fn name(&self) -> &'static str {
        "AWS::SSM::Parameter"
    }

    fn exists(&self, world: &World, identifier: &str) -> bool {
        world.ssm.parameters.contains_key(identifier)
    }

    fn typical_seconds(&self) -> f64 {
        3.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let given = properties.get("Name").and_then(Value::as_str).map(str::to_owned);
        let name = given.unwrap_or_else(|| format!("CFN-{}-{}", context.logical_id, context.random_characters(12)));
        let taken = context.region.world(|world| world.ssm.parameters.contains_key(&name));
        if taken {
            return Err(context.already_exists(self.name(), &name));
        }
        put(context, &name, properties);
        Ok(made(context, &name))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        put(context, physical_id, new);
        Ok(made(context, physical_id))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        context.region.world(|world| world.ssm.parameters.remove(physical_id));
        Ok(())
    }
}

fn put(context: &ResourceContext, name: &str, properties: &Map<String, Value>) {
    let text = |member: &str| properties.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    context.region.world(|world| {
        let parameter = world
            .ssm
            .parameters
            .entry(name.to_owned())
            .or_insert_with(|| ssm::Parameter { kind: text("Type"), values: Vec::new() });
        parameter.kind = text("Type");
        parameter.values.push(text("Value"));
    });
}

fn made(context: &ResourceContext, name: &str) -> Made {
    let arn = context.region.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/')));
    Made { physical_id: name.to_owned(), attributes: Map::from_iter([("Arn".to_owned(), json!(arn))]) }
}
