//! `AWS::AutoScaling::AutoScalingGroup`: creation policy, update policy and what sizes mean.

pub(super) mod duration;
mod rolling;
mod settings;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, Phase, ResourceContext, ResourceFailure, ResourceType};
use crate::region::World;
use crate::service::autoscaling::groups;
use crate::service::cloudformation::await_signals;

/// The type.
pub struct AutoScalingGroup;

const SERVICE: &str = "AutoScaling";

#[async_trait]
impl ResourceType for AutoScalingGroup {
    fn name(&self) -> &'static str {
        "AWS::AutoScaling::AutoScalingGroup"
    }

    fn exists(&self, world: &World, identifier: &str) -> bool {
        world.autoscaling.group(identifier).is_ok()
    }

    fn typical_seconds(&self) -> f64 {
        3.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let given = properties.get("AutoScalingGroupName").and_then(Value::as_str).map(str::to_owned);
        let name = given.unwrap_or_else(|| context.generated_name(255));
        let settings = settings::read(context, properties).map_err(|error| context.refused(SERVICE, &error))?;
        let desired = settings::count(properties, "DesiredCapacity");
        groups::create(&context.region, &name, settings, desired).map_err(|error| context.refused(SERVICE, &error))?;
        context.initiated(&name);
        let signal = &context.attributes.get("CreationPolicy").unwrap_or(&Value::Null)["ResourceSignal"];
        if !signal.is_null() {
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html
            let count = settings::number(&signal["Count"]).unwrap_or(1);
            let timeout = duration::parse(signal["Timeout"].as_str().unwrap_or("PT5M"));
            let waited = await_signals(context, usize::try_from(count).unwrap_or_default(), timeout).await;
            waited.map_err(|failure| failure.leaving(&name))?;
        }
        made(context, &name)
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let refused = |error| context.refused(SERVICE, &error);
        let settings = settings::read(context, new).map_err(refused)?;
        let desired = settings::count(new, "DesiredCapacity");
        let policy = context.attributes.get("UpdatePolicy").cloned().unwrap_or_default();
        let (settings, desired) =
            settings::keep_sizes(context, physical_id, &policy, (old, new), settings, desired).map_err(refused)?;
        let rolling = &policy["AutoScalingRollingUpdate"];
        // Only these properties make instances obsolete.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
        let replaces = ["LaunchTemplate", "VPCZoneIdentifier"].iter().any(|key| old.get(*key) != new.get(*key));
        if rolling.is_null() || !(replaces || context.phase == Phase::Rollback) {
            groups::update(&context.region, physical_id, settings, desired).map_err(refused)?;
        } else {
            let policy = rolling::Policy::read(rolling);
            if context.phase == Phase::Rollback {
                rolling::roll_back(context, physical_id, &policy, (settings, desired)).await?;
                return made(context, physical_id);
            }
            policy.check(&settings)?;
            groups::update(&context.region, physical_id, settings, desired).map_err(refused)?;
            rolling::roll(context, physical_id, &policy).await?;
        }
        made(context, physical_id)
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        groups::delete(&context.region, physical_id).await;
        Ok(())
    }
}

fn made(context: &ResourceContext, name: &str) -> Result<Made, ResourceFailure> {
    let arn = context.region.world(|world| world.autoscaling.group(name).map(|group| group.arn.clone()));
    let arn = arn.map_err(|error| context.refused(SERVICE, &error))?;
    let mut attributes = Map::new();
    attributes.insert("AutoScalingGroupARN".to_owned(), json!(arn));
    Ok(Made { physical_id: name.to_owned(), attributes })
}
