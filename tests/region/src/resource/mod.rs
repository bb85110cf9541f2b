//! CloudFormation resource types: how each is made, changed and deleted in the world. One file per type.

mod auto_scaling_group;
mod bucket;
mod bucket_policy;
mod certificate;
mod context;
mod instance_profile;
mod launch_template;
mod listener;
mod listener_certificate;
mod load_balancer;
mod log_group;
mod managed_policy;
mod policies;
mod properties;
mod record_set;
mod refusal;
mod role;
mod role_policy;
mod secret;
mod security_group;
mod security_group_rule;
mod ssm_parameter;
mod target_group;
mod wait_condition;
mod wait_condition_handle;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::region::World;
use crate::service::ec2::Direction;

pub use context::{Phase, ResourceContext};
pub use refusal::tags_of;

/// A made or changed resource.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// What `Ref` gives.
    pub physical_id: String,
    /// What `GetAtt` gives, by attribute name (dotted names flat).
    pub attributes: Map<String, Value>,
}

/// Why a handler failed, as the event's `ResourceStatusReason` gives it.
#[derive(Debug, Clone)]
pub struct ResourceFailure {
    /// The event's words.
    pub reason: String,
    /// Handler error code, such as `AlreadyExists` or `GeneralServiceException`.
    pub code: &'static str,
    /// The physical id if the resource was made before the failure.
    pub physical_id: Option<String>,
}

impl ResourceFailure {
    /// A failure before anything was made.
    pub fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), code, physical_id: None }
    }

    /// A failure that left this resource behind.
    #[must_use]
    pub fn leaving(mut self, physical_id: impl Into<String>) -> Self {
        self.physical_id = Some(physical_id.into());
        self
    }
}

/// One CloudFormation resource type.
///
/// The engine validates properties against the schema before any call and converts their scalars to the schema's types
/// (a parameter's `"3"` arrives as `3` where the schema says integer), decides replacement from create-only properties,
/// and waits the type's typical duration around the handler. A handler may be dropped at any await when the operation
/// is cancelled: one that makes something and then waits calls [`ResourceContext::initiated`] in between.
#[async_trait]
pub trait ResourceType: Send + Sync {
    /// Such as `AWS::S3::Bucket`.
    fn name(&self) -> &'static str;

    /// Whether there already is one with this identifier: the values of the schema's primary identifier, joined by `|`.
    /// Only asked of types whose identifier a template can name.
    fn exists(&self, _world: &World, _identifier: &str) -> bool {
        false
    }

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
    let all: &[&'static dyn ResourceType] = &[
        &auto_scaling_group::AutoScalingGroup,
        &bucket::Bucket,
        &bucket_policy::BucketPolicy,
        &certificate::Certificate,
        &instance_profile::InstanceProfile,
        &launch_template::LaunchTemplate,
        &listener::Listener,
        &listener_certificate::ListenerCertificate,
        &load_balancer::LoadBalancer,
        &log_group::LogGroup,
        &managed_policy::ManagedPolicy,
        &record_set::RecordSet,
        &role::Role,
        &role_policy::RolePolicy,
        &secret::Secret,
        &security_group::SecurityGroup,
        &security_group_rule::SecurityGroupRule(Direction::Egress),
        &security_group_rule::SecurityGroupRule(Direction::Ingress),
        &ssm_parameter::SsmParameter,
        &target_group::TargetGroup,
        &wait_condition::WaitCondition,
        &wait_condition_handle::WaitConditionHandle,
    ];
    all.iter().copied().find(|handler| handler.name() == type_name)
}
