//! EC2: the dispatch to network and image look-ups, instances and launch templates, and the state they share.

pub mod catalog;
pub mod filter;
pub mod instances;
pub mod launch_templates;
mod lookups;
pub mod network;
pub mod security_groups;
mod tags;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Call;
use crate::{AwsError, Region};

pub use security_groups::{Direction, Peer, Permission, SecurityGroup};
pub use tags::{Tag, Tags};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    pub network: network::Network,
    /// By group id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Availability Zones: name and id.
    pub zones: Vec<(String, String)>,
    pub images: Vec<catalog::Image>,
    /// Key pairs: id by name.
    pub key_pairs: BTreeMap<String, String>,
    /// Customer key that new volumes are encrypted with by default, if the account has set one.
    pub ebs_key: Option<String>,
    /// Quota of vCPUs of standard on-demand instances; [`DEFAULT_VCPU_QUOTA`] unless set. A young account may have 5.
    pub vcpu_quota: Option<u32>,
    pub instances: instances::State,
    pub launch_templates: launch_templates::State,
}

/// vCPUs of standard on-demand instances that an account may run.
pub const DEFAULT_VCPU_QUOTA: u32 = 32;

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    match call.operation.as_str() {
        "DescribeInstances" | "DescribeInstanceStatus" | "GetConsoleOutput" | "TerminateInstances" => {
            instances::call(region, call).await
        }
        "DescribeLaunchTemplateVersions" => launch_templates::call(region, call).await,
        operation => lookups::run(region, operation, &call.input),
    }
}
