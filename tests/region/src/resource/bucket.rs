//! `AWS::S3::Bucket`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::region::World;
use crate::service::s3::{self, NewBucket, Ownership};

/// The type.
pub struct Bucket;

const SERVICE: &str = "S3";

/// Settings that a bucket keeps as the template gives them.
const KEPT: [&str; 4] =
    ["PublicAccessBlockConfiguration", "BucketEncryption", "LifecycleConfiguration", "LoggingConfiguration"];

/// Properties with a meaning of their own here.
const KNOWN: [&str; 4] = ["BucketName", "OwnershipControls", "Tags", "VersioningConfiguration"];

#[async_trait]
impl ResourceType for Bucket {
    fn name(&self) -> &'static str {
        "AWS::S3::Bucket"
    }

    fn exists(&self, world: &World, identifier: &str) -> bool {
        world.s3.bucket(identifier).is_ok()
    }

    fn typical_seconds(&self) -> f64 {
        30.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let given = properties.get("BucketName").and_then(Value::as_str).map(str::to_owned);
        let name = given.unwrap_or_else(|| context.generated_name(63).to_ascii_lowercase());
        let new = settings(context, &name, properties)?;
        s3::create_bucket(&context.region, new).await.map_err(|error| context.refused(SERVICE, &error))?;
        Ok(made(context, &name))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let wanted = settings(context, physical_id, new)?;
        let updated = context.region.world(|world| {
            let bucket = world.s3.bucket_mut(physical_id)?;
            bucket.ownership = wanted.ownership;
            bucket.tags = wanted.tags;
            // Versioning once enabled can only be suspended.
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
            bucket.versioning = wanted.versioning.or(bucket.versioning.as_ref().map(|_| "Suspended".to_owned()));
            bucket.settings = wanted.settings;
            Ok(())
        });
        updated.map_err(|error: AwsError| context.refused(SERVICE, &error))?;
        Ok(made(context, physical_id))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        match s3::delete_bucket(&context.region, physical_id).await {
            Err(error) if error.code != "NoSuchBucket" => Err(context.refused(SERVICE, &error)),
            _ => Ok(()),
        }
    }
}

fn settings(
    context: &ResourceContext,
    name: &str,
    properties: &Map<String, Value>,
) -> Result<NewBucket, ResourceFailure> {
    if let Some(unknown) = properties.keys().find(|key| !KEPT.contains(&key.as_str()) && !KNOWN.contains(&key.as_str()))
    {
        return Err(ResourceFailure::new("InvalidRequest", format!("the region does not model {unknown} of a bucket")));
    }
    let ownership = properties
        .get("OwnershipControls")
        .and_then(|controls| controls.pointer("/Rules/0/ObjectOwnership"))
        .and_then(Value::as_str)
        .and_then(Ownership::named)
        .unwrap_or_default();
    let versioning = properties.get("VersioningConfiguration").and_then(|it| it.get("Status")).and_then(Value::as_str);
    let kept = KEPT.iter().filter_map(|key| Some(((*key).to_owned(), properties.get(*key)?.clone())));
    Ok(NewBucket {
        name: name.to_owned(),
        location: context.region.settings.region.clone(),
        ownership,
        tags: context.tags_with(properties),
        versioning: versioning.map(str::to_owned),
        settings: kept.collect(),
    })
}

fn made(context: &ResourceContext, name: &str) -> Made {
    let settings = &context.region.settings;
    let (region, suffix) = (&settings.region, &settings.url_suffix);
    let attributes = json!({
        "Arn": format!("arn:{}:s3:::{name}", settings.partition),
        "DomainName": format!("{name}.s3.{suffix}"),
        "DualStackDomainName": format!("{name}.s3.dualstack.{region}.{suffix}"),
        "RegionalDomainName": format!("{name}.s3.{region}.{suffix}"),
        "WebsiteURL": format!("http://{name}.s3-website-{region}.{suffix}"),
    });
    Made { physical_id: name.to_owned(), attributes: attributes.as_object().cloned().unwrap_or_default() }
}
