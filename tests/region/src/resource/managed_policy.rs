//! `AWS::IAM::ManagedPolicy`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::policies::{SERVICE, deleted, document, follow};
use super::properties::{strings, text};
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::region::World;

/// The type.
pub struct ManagedPolicy;

#[async_trait]
impl ResourceType for ManagedPolicy {
    fn name(&self) -> &'static str {
        "AWS::IAM::ManagedPolicy"
    }

    fn typical_seconds(&self) -> f64 {
        17.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let text = |name: &str| text(properties, name);
        let name = text("ManagedPolicyName").unwrap_or_else(|| context.generated_name(128));
        let region = &context.region;
        let made = region.world(|world| {
            let (path, document) = (text("Path").unwrap_or_default(), document(properties.get("PolicyDocument")));
            world.iam.create_policy(region, &name, &path, text("Description"), document)
        });
        let policy = made.map_err(|error| context.refused(SERVICE, &error))?;
        context.initiated(&policy.arn);
        let attached = region.world(|world| attach(world, &policy.arn, &Map::new(), properties));
        attached.map_err(|error| context.refused(SERVICE, &error).leaving(&policy.arn))?;
        made_policy(context, &policy.arn)
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let updated = context.region.world(|world| {
            world.iam.set_policy_document(physical_id, document(new.get("PolicyDocument")))?;
            attach(world, physical_id, old, new)
        });
        updated.map_err(|error| context.refused(SERVICE, &error))?;
        made_policy(context, physical_id)
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        let outcome = context.region.world(|world| {
            attach(world, physical_id, properties, &Map::new())?;
            world.iam.delete_policy(physical_id)
        });
        deleted(context, outcome)
    }
}

/// Attaches the policy to the roles that its properties name, and takes it off those that they no longer name.
fn attach(world: &mut World, arn: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Result<(), AwsError> {
    let roles = |properties| strings(properties, "Roles");
    follow(&roles(old), &roles(new), |role, wanted| {
        if wanted { world.iam.attach_role_policy(role, arn) } else { world.iam.detach_role_policy(role, arn) }
    })
}

fn made_policy(context: &ResourceContext, arn: &str) -> Result<Made, ResourceFailure> {
    let found = context.region.world(|world| {
        let attached = world.iam.roles.values().filter(|role| role.attached.contains(arn)).count();
        Some((world.iam.policies.get(arn)?.clone(), attached))
    });
    let Some((policy, attached)) = found else {
        return Err(ResourceFailure::new("NotFound", format!("Policy {arn} was not found.")));
    };
    let attributes = json!({
        "PolicyArn": policy.arn,
        "PolicyId": policy.id,
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": true,
        "DefaultVersionId": "v1",
    });
    Ok(Made { physical_id: arn.to_owned(), attributes: attributes.as_object().cloned().unwrap_or_default() })
}
