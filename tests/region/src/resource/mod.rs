//! CloudFormation resource types: how each is made, changed and deleted in the world. One file per type.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::Region;

/// What a handler may know about the operation it works for.
pub struct ResourceContext {
    pub region: Arc<Region>,
    pub stack_name: String,
    pub stack_id: String,
    pub logical_id: String,
    /// Stack tags merged with `aws:cloudformation:*`, to be put on taggable resources.
    pub tags: Vec<(String, String)>,
    /// The resource's `CreationPolicy` or `UpdatePolicy` and other attributes, resolved.
    pub attributes: Map<String, Value>,
    /// The client token of this resource operation: random part of generated names comes from it.
    pub token: String,
}

/// A made or changed resource.
#[derive(Debug, Clone)]
pub struct Made {
    /// What `Ref` gives.
    pub physical_id: String,
    /// What `GetAtt` gives, by attribute name (dotted names flat).
    pub attributes: Map<String, Value>,
}

/// Why a handler failed, as the event's `ResourceStatusReason` gives it.
#[derive(Debug, Clone)]
pub struct ResourceFailure {
    pub reason: String,
    /// Handler error code, such as `AlreadyExists` or `GeneralServiceException`.
    pub code: &'static str,
    /// The physical id if the resource was made before the failure.
    pub physical_id: Option<String>,
}

/// One CloudFormation resource type. The engine validates properties against the schema before any call, decides
/// replacement from create-only properties, and waits the type's typical duration.
#[async_trait]
pub trait ResourceType: Send + Sync {
    /// Such as `AWS::S3::Bucket`.
    fn name(&self) -> &'static str;

    /// Typical seconds of a create, before the clock's speed and the seeded spread.
    fn typical_seconds(&self) -> f64;

    /// Makes the resource; waits for signals included (group).
    ///
    /// # Errors
    /// The reason its event gives.
    async fn create(&self, context: &ResourceContext, properties: &Map<String, Value>)
    -> Result<Made, ResourceFailure>;

    /// Changes it in place.
    ///
    /// # Errors
    /// The reason its event gives.
    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure>;

    /// Deletes it. A resource that is already gone is success.
    ///
    /// # Errors
    /// The reason its event gives, such as a bucket that is not empty.
    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure>;
}

/// The handler of a type, or None for a type the region does not know.
pub fn handler(type_name: &str) -> Option<&'static dyn ResourceType> {
    let all: &[&'static dyn ResourceType] = &[];
    all.iter().copied().find(|handler| handler.name() == type_name)
}
