//! `AWS::IAM::Role`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::policies::{SERVICE, deleted, document, follow};
use super::properties::{list, strings, text};
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::region::World;
use crate::service::iam::roles::NewRole;

/// The type.
pub struct Role;

#[async_trait]
impl ResourceType for Role {
    fn name(&self) -> &'static str {
        "AWS::IAM::Role"
    }

    fn exists(&self, world: &World, identifier: &str) -> bool {
        world.iam.roles.contains_key(identifier)
    }

    fn typical_seconds(&self) -> f64 {
        12.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let text = |name: &str| text(properties, name);
        let name = text("RoleName").unwrap_or_else(|| context.generated_name(64));
        let new = NewRole {
            name: name.clone(),
            path: text("Path").unwrap_or_default(),
            assume_role_policy: document(properties.get("AssumeRolePolicyDocument")),
            description: text("Description"),
            permissions_boundary: text("PermissionsBoundary"),
            tags: context.tags_with(properties),
        };
        let region = &context.region;
        region.world(|world| world.iam.create_role(region, new)).map_err(|error| context.refused(SERVICE, &error))?;
        context.initiated(&name);
        let filled = region.world(|world| fill(world, &name, &Map::new(), properties));
        filled.map_err(|error| context.refused(SERVICE, &error).leaving(&name))?;
        made(context, &name)
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let text = |name: &str| text(new, name);
        let updated = context.region.world(|world| {
            let role = world.iam.role_mut(physical_id)?;
            role.assume_role_policy = document(new.get("AssumeRolePolicyDocument"));
            role.description = text("Description");
            role.permissions_boundary = text("PermissionsBoundary");
            role.tags = context.tags_with(new);
            fill(world, physical_id, old, new)
        });
        updated.map_err(|error| context.refused(SERVICE, &error))?;
        made(context, physical_id)
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        let outcome = context.region.world(|world| {
            // What the template attached is taken off; what others attached since makes the delete fail.
            fill(world, physical_id, properties, &Map::new())?;
            world.iam.delete_role(physical_id)
        });
        deleted(context, outcome)
    }
}

/// Brings inline and attached policies and the session duration from the old properties to the new.
fn fill(world: &mut World, name: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Result<(), AwsError> {
    let (before, after) = (inline(old), inline(new));
    let duration = new.get("MaxSessionDuration").and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
    let role = world.iam.role_mut(name)?;
    role.max_session_duration = duration.unwrap_or(3600);
    role.inline.retain(|policy, _| !before.iter().any(|(known, _)| known == policy));
    for (policy, document) in after {
        world.iam.put_role_policy(name, &policy, document)?;
    }
    let attached = |properties| strings(properties, "ManagedPolicyArns");
    follow(&attached(old), &attached(new), |arn, wanted| {
        if wanted { world.iam.attach_role_policy(name, arn) } else { world.iam.detach_role_policy(name, arn) }
    })
}

fn inline(properties: &Map<String, Value>) -> Vec<(String, Value)> {
    let inline = list(properties, "Policies").map(|policy| {
        let name = policy.get("PolicyName").and_then(Value::as_str).unwrap_or_default();
        (name.to_owned(), document(policy.get("PolicyDocument")))
    });
    inline.collect()
}

fn made(context: &ResourceContext, name: &str) -> Result<Made, ResourceFailure> {
    let attributes = context.region.world(|world| {
        let role = world.iam.role_mut(name)?;
        let attributes = [("Arn", &role.arn), ("RoleId", &role.id)];
        Ok(attributes.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect())
    });
    let attributes = attributes.map_err(|error: AwsError| context.refused(SERVICE, &error))?;
    Ok(Made { physical_id: name.to_owned(), attributes })
}
