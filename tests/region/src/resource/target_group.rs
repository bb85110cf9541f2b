//! `AWS::ElasticLoadBalancingV2::TargetGroup`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::service::elbv2::target_groups;

/// The type.
pub struct TargetGroup;

const SERVICE: &str = "ElasticLoadBalancingV2";

#[async_trait]
impl ResourceType for TargetGroup {
    fn name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::TargetGroup"
    }

    fn typical_seconds(&self) -> f64 {
        15.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let given = properties.get("Name").and_then(Value::as_str).map(str::to_owned);
        let name = given.unwrap_or_else(|| context.generated_name(32));
        let arn = target_groups::create(&context.region, &name, properties, context.tags_with(properties))
            .map_err(|error| context.refused(SERVICE, &error))?;
        made(context, &arn)
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        target_groups::modify(&context.region, physical_id, new, context.tags_with(new))
            .map_err(|error| context.refused(SERVICE, &error))?;
        made(context, physical_id)
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        target_groups::delete(&context.region, physical_id).map_err(|error| context.refused(SERVICE, &error))
    }
}

fn made(context: &ResourceContext, arn: &str) -> Result<Made, ResourceFailure> {
    let attributes = context.region.world(|world| {
        let group = world.elbv2.target_group(arn)?;
        let mut attributes = Map::new();
        attributes.insert("TargetGroupArn".to_owned(), json!(arn));
        attributes.insert("TargetGroupName".to_owned(), json!(group.name));
        attributes.insert("TargetGroupFullName".to_owned(), json!(group.full_name()));
        attributes.insert("LoadBalancerArns".to_owned(), json!(world.elbv2.load_balancers_of(arn)));
        Ok(attributes)
    });
    let attributes = attributes.map_err(|error| context.refused(SERVICE, &error))?;
    Ok(Made { physical_id: arn.to_owned(), attributes })
}
