//! `AWS::IAM::RolePolicy`: an inline policy that stands beside its role.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::policies::{SERVICE, deleted, document};
use super::properties::text;
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::region::World;

/// The type.
pub struct RolePolicy;

#[async_trait]
impl ResourceType for RolePolicy {
    fn name(&self) -> &'static str {
        "AWS::IAM::RolePolicy"
    }

    fn exists(&self, world: &World, identifier: &str) -> bool {
        let Some((policy, role)) = identifier.split_once('|') else { return false };
        world.iam.roles.get(role).is_some_and(|role| role.inline.contains_key(policy))
    }

    fn typical_seconds(&self) -> f64 {
        17.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let (role, policy) = names(properties);
        let there =
            context.region.world(|world| world.iam.role_mut(&role).map(|role| role.inline.contains_key(&policy)));
        if there.map_err(|error| context.refused(SERVICE, &error))? {
            return Err(context.already_exists("AWS::IAM::RolePolicy", &identifier(&role, &policy)));
        }
        put(context, properties)
    }

    async fn update(
        &self,
        context: &ResourceContext,
        _physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        put(context, new)
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        _physical_id: &str,
        properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        let (role, policy) = names(properties);
        let outcome = context.region.world(|world| world.iam.role_mut(&role).map(|role| role.inline.remove(&policy)));
        deleted(context, outcome.map(drop))
    }
}

fn names(properties: &Map<String, Value>) -> (String, String) {
    let name = |key| text(properties, key).unwrap_or_default();
    (name("RoleName"), name("PolicyName"))
}

/// Values of the schema's primary identifier, joined as identifiers of several values are.
/// https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-identifier.html
fn identifier(role: &str, policy: &str) -> String {
    format!("{policy}|{role}")
}

fn put(context: &ResourceContext, properties: &Map<String, Value>) -> Result<Made, ResourceFailure> {
    let (role, policy) = names(properties);
    let document = document(properties.get("PolicyDocument"));
    let put = context.region.world(|world| world.iam.put_role_policy(&role, &policy, document));
    put.map_err(|error: AwsError| context.refused(SERVICE, &error))?;
    Ok(Made { physical_id: identifier(&role, &policy), attributes: Map::new() })
}
