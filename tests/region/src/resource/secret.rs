//! `AWS::SecretsManager::Secret`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::service::secretsmanager::{NewSecret, generate};

/// The type.
pub struct Secret;

const SERVICE: &str = "SecretsManager";

#[async_trait]
impl ResourceType for Secret {
    fn name(&self) -> &'static str {
        "AWS::SecretsManager::Secret"
    }

    fn typical_seconds(&self) -> f64 {
        8.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let text = |name: &str| properties.get(name).and_then(Value::as_str).map(str::to_owned);
        let value = value(context, properties).map_err(|error| context.refused(SERVICE, &error))?;
        // The generated name has no stack in it, as its own documentation's example shows.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
        let random = context.random_characters(12);
        let new = NewSecret {
            name: text("Name").unwrap_or_else(|| format!("{}-{random}", context.logical_id)),
            description: text("Description"),
            kms_key_id: text("KmsKeyId"),
            value,
            tags: context.tags_with(properties),
            token: String::new(),
        };
        let region = &context.region;
        let arn = region
            .world(|world| world.secretsmanager.create(region, new))
            .map_err(|error| context.refused(SERVICE, &error))?;
        Ok(made(&arn))
    }

    /// A value is made anew only if its own block changed, and written again only if its own property changed: what was
    /// put there since is left alone otherwise.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let text = |name: &str| new.get(name).and_then(Value::as_str).map(str::to_owned);
        let changed = |name: &str| old.get(name) != new.get(name) && new.contains_key(name);
        let value = if changed("GenerateSecretString") || changed("SecretString") {
            value(context, new).map_err(|error| context.refused(SERVICE, &error))?
        } else {
            None
        };
        let region = &context.region;
        let updated = region.world(|world| {
            if let Some(value) = value {
                world.secretsmanager.put(region, physical_id, value, "")?;
            }
            let secret = world.secretsmanager.live_mut(physical_id)?;
            secret.description = text("Description");
            secret.kms_key_id = text("KmsKeyId");
            secret.tags = context.tags_with(new);
            Ok(())
        });
        updated.map_err(|error: AwsError| context.refused(SERVICE, &error))?;
        Ok(made(physical_id))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        match context.region.world(|world| world.secretsmanager.delete_now(physical_id)) {
            Err(error) if error.code != "ResourceNotFoundException" => Err(context.refused(SERVICE, &error)),
            _ => Ok(()),
        }
    }
}

fn made(arn: &str) -> Made {
    Made { physical_id: arn.to_owned(), attributes: Map::from_iter([("Id".to_owned(), json!(arn))]) }
}

fn value(context: &ResourceContext, properties: &Map<String, Value>) -> Result<Option<String>, AwsError> {
    let block = properties.get("GenerateSecretString").and_then(Value::as_object);
    let text = properties.get("SecretString").and_then(Value::as_str);
    match (block, text) {
        (Some(_), Some(_)) => Err(AwsError::new(
            "InvalidRequestException",
            "You can't specify both a GenerateSecretString and a SecretString.", // [U]
        )),
        (Some(block), None) => generate(block, &context.region.random).map(Some),
        (None, text) => Ok(text.map(str::to_owned)),
    }
}
