//! What CloudFormation looks up before a change set can be executed: names that are taken, and buckets that could not be
//! deleted. Property syntax is looked at in `change_set::plan`.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html

use serde_json::{Map, Value};

use super::deployment::Deployment;
use crate::formation::difference::contains_unknown;
use crate::formation::intrinsic::{Resources, UNKNOWN};
use crate::formation::schema;
use crate::{Region, resource};

/// What a check found about one resource.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    /// As `ValidationName` says it.
    pub(super) name: &'static str,
    /// `FAIL` keeps the change set from being executed, `WARN` does not.
    pub(super) mode: &'static str,
    pub(super) reason: String,
}

/// Nothing is known of what is not made yet.
struct Unmade;

impl Resources for Unmade {
    fn reference(&self, _: &str) -> Option<Value> {
        Some(UNKNOWN.into())
    }
    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        Some(UNKNOWN.into())
    }
}

/// New resources whose name is in the template, and another's already.
/// https://github.com/aws-cloudformation/rain/pull/744
pub(super) fn conflicts(region: &Region, deployment: &Deployment, added: &[&str]) -> Vec<Finding> {
    let mut found = Vec::new();
    for declared in deployment.resources().filter(|declared| added.contains(&declared.logical_id.as_str())) {
        let Ok(evaluated) = deployment.evaluate(region, declared, &Unmade) else { continue };
        let Some(identifier) = identifier(&declared.resource_type, &evaluated.properties) else { continue };
        let Some(handler) = resource::handler(&declared.resource_type) else { continue };
        if region.world(|world| handler.exists(world, &identifier)) {
            let resource_type = declared.resource_type.clone();
            found.push(Finding {
                logical_id: declared.logical_id.clone(),
                reason: format!("Resource of type '{resource_type}' with identifier '{identifier}' already exists."),
                resource_type,
                name: "NAME_CONFLICT_VALIDATION",
                mode: "FAIL",
            });
        }
    }
    found
}

/// The identifier that a resource will have, if its properties alone make it and CloudFormation can read the type.
fn identifier(resource_type: &str, properties: &Map<String, Value>) -> Option<String> {
    let root = schema::of(resource_type)?.root();
    root.pointer("/handlers/read")?;
    let paths = root.get("primaryIdentifier")?.as_array()?;
    let value = |path: &Value| {
        let value = properties.get(path.as_str()?.strip_prefix("/properties/")?)?;
        value.as_str().filter(|_| !contains_unknown(value)).map(str::to_owned)
    };
    Some(paths.iter().map(value).collect::<Option<Vec<_>>>()?.join("|"))
}

/// Buckets to be deleted, by logical and physical id, that have objects.
/// https://github.com/aws-cloudformation/rain/pull/744
pub(super) fn full_buckets<'a>(region: &Region, deleted: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Finding> {
    let full =
        deleted.filter(|(_, name)| region.world(|world| world.s3.bucket(name).is_ok_and(|it| !it.objects.is_empty())));
    full.map(|(id, name)| Finding {
        logical_id: id.to_owned(),
        resource_type: "AWS::S3::Bucket".to_owned(),
        name: "BUCKET_EMPTINESS_VALIDATION",
        mode: "WARN",
        reason: format!(
            "The bucket '{name}' is not empty. You must either delete all objects and versions or use the deletion \
             policy to retain it, otherwise the delete operation will fail."
        ),
    })
    .collect()
}
