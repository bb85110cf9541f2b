//! `AWS::IAM::InstanceProfile`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::policies::{SERVICE, deleted};
use super::properties::text;
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::region::World;

/// The type.
pub struct InstanceProfile;

#[async_trait]
impl ResourceType for InstanceProfile {
    fn name(&self) -> &'static str {
        "AWS::IAM::InstanceProfile"
    }

    fn exists(&self, world: &World, identifier: &str) -> bool {
        world.iam.profiles.contains_key(identifier)
    }

    /// Two minutes, whatever one does: CloudFormation waits for IAM to settle.
    fn typical_seconds(&self) -> f64 {
        126.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let text = |name: &str| text(properties, name);
        let name = text("InstanceProfileName").unwrap_or_else(|| context.generated_name(128));
        let role = role(properties)?;
        let region = &context.region;
        let profile = region
            .world(|world| world.iam.create_instance_profile(region, &name, &text("Path").unwrap_or_default(), &role))
            .map_err(|error| context.refused(SERVICE, &error))?;
        Ok(made(&name, &profile.arn))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let role = role(new)?;
        let arn = context.region.world(|world| {
            world.iam.role_mut(&role)?;
            let profile = world.iam.profiles.get_mut(physical_id);
            let profile = profile.ok_or_else(|| AwsError::new("NoSuchEntity", "Instance Profile cannot be found."))?;
            profile.role = Some(role);
            Ok(profile.arn.clone())
        });
        let arn = arn.map_err(|error: AwsError| context.refused(SERVICE, &error))?;
        Ok(made(physical_id, &arn))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        deleted(context, context.region.world(|world| world.iam.delete_instance_profile(physical_id)))
    }
}

/// A profile holds exactly one role.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html
fn role(properties: &Map<String, Value>) -> Result<String, ResourceFailure> {
    match properties.get("Roles").and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::String(role)]) => Ok(role.clone()),
        _ => Err(ResourceFailure::new("InvalidRequest", "Instance profile must have exactly one role")), // [U]
    }
}

fn made(name: &str, arn: &str) -> Made {
    Made { physical_id: name.to_owned(), attributes: Map::from_iter([("Arn".to_owned(), json!(arn))]) }
}
