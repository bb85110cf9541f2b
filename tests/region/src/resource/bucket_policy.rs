//! `AWS::S3::BucketPolicy`.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::policies::document;
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::region::World;

/// The type.
pub struct BucketPolicy;

const SERVICE: &str = "S3";

#[async_trait]
impl ResourceType for BucketPolicy {
    fn name(&self) -> &'static str {
        "AWS::S3::BucketPolicy"
    }

    fn exists(&self, world: &World, identifier: &str) -> bool {
        world.s3.bucket(identifier).is_ok_and(|bucket| bucket.policy.is_some())
    }

    fn typical_seconds(&self) -> f64 {
        3.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let name = properties.get("Bucket").and_then(Value::as_str).unwrap_or_default();
        let exists = context.region.world(|world| world.s3.bucket(name).map(|bucket| bucket.policy.is_some()));
        match exists {
            Err(error) => return Err(context.refused(SERVICE, &error)),
            Ok(true) => {
                // https://github.com/aws/aws-cdk/issues/6548
                let reason = format!("The bucket policy already exists on bucket {name}.");
                return Err(ResourceFailure::new("AlreadyExists", reason));
            }
            Ok(false) => {}
        }
        put(context, name, Some(document(properties.get("PolicyDocument"))))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        put(context, physical_id, Some(document(new.get("PolicyDocument"))))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        // A bucket that is gone took its policy along.
        let _ = put(context, physical_id, None);
        Ok(())
    }
}

fn put(context: &ResourceContext, name: &str, policy: Option<Value>) -> Result<Made, ResourceFailure> {
    let put = context.region.world(|world| {
        world.s3.bucket_mut(name)?.policy = policy;
        Ok(())
    });
    put.map_err(|error: AwsError| context.refused(SERVICE, &error))?;
    Ok(Made { physical_id: name.to_owned(), attributes: Map::new() })
}
