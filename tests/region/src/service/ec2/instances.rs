//! EC2 instances: their state and the operations on them.

mod console;
mod describe;
mod launch;
mod terminate;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::Value;

pub use launch::{Request, Reserved, dry_run, reserve, start};
pub use terminate::terminate;

use crate::service::Call;
use crate::{AwsError, Region};

/// State of this part of EC2.
#[derive(Debug, Default)]
pub struct State {
    by_id: BTreeMap<String, Instance>,
}

/// Where an instance is in its life.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
}

impl Lifecycle {
    /// EC2's code and name.
    pub fn code_and_name(self) -> (u32, &'static str) {
        match self {
            Self::Pending => (0, "pending"),
            Self::Running => (16, "running"),
            Self::ShuttingDown => (32, "shutting-down"),
            Self::Terminated => (48, "terminated"),
        }
    }
}

/// One instance; terminated ones stay visible.
#[derive(Debug, Clone)]
pub struct Instance {
    pub id: String,
    /// How many were launched before it.
    pub number: usize,
    pub lifecycle: Lifecycle,
    /// Seconds since 1970.
    pub launched: f64,
    pub image_id: String,
    pub instance_type: String,
    pub architecture: &'static str,
    pub root_device_name: String,
    pub zone: String,
    pub subnet_id: String,
    pub vpc_id: String,
    pub interface_id: String,
    pub mac: String,
    pub private_ip: Ipv4Addr,
    pub public_ip: Option<Ipv4Addr>,
    pub security_groups: Vec<String>,
    /// ARN and role of the instance profile.
    pub profile: Option<Profile>,
    pub key_name: Option<String>,
    pub user_data: Vec<u8>,
    /// `HttpPutResponseHopLimit` of its metadata options.
    pub hop_limit: u8,
    /// Whether its metadata service answers at all (`HttpEndpoint: enabled`).
    pub metadata_enabled: bool,
    /// Whether its metadata service answers nobody without a token (`HttpTokens: required`).
    pub tokens_required: bool,
    pub tags: Vec<(String, String)>,
    /// Why it is no longer running, and the code of that.
    pub reason: Option<(String, String)>,
    /// The console as EC2 posted it last, and when (seconds since 1970).
    pub posted_console: Option<(f64, String)>,
}

/// An instance profile with the role in it.
#[derive(Debug, Clone)]
pub struct Profile {
    pub arn: String,
    pub id: String,
    pub role_name: Option<String>,
}

impl State {
    /// The instance of this id.
    ///
    /// # Errors
    /// `InvalidInstanceID.NotFound`.
    pub fn instance(&self, id: &str) -> Result<&Instance, AwsError> {
        self.by_id.get(id).ok_or_else(|| not_found(&[id.to_owned()]))
    }

    /// Every instance there ever was.
    pub fn all(&self) -> impl Iterator<Item = &Instance> + Clone {
        self.by_id.values()
    }

    /// How many were launched before this one.
    pub fn number_of(&self, id: &str) -> usize {
        self.by_id.get(id).map_or(0, |one| one.number)
    }

    /// The instance that has this private address now.
    pub fn by_address(&self, address: Ipv4Addr) -> Option<&Instance> {
        self.by_id
            .values()
            .find(|one| one.private_ip == address && matches!(one.lifecycle, Lifecycle::Pending | Lifecycle::Running))
    }

    /// Gives an instance another private address, for tests whose machines are not on its subnet.
    pub fn readdress(&mut self, id: &str, address: Ipv4Addr) {
        if let Some(instance) = self.by_id.get_mut(id) {
            instance.private_ip = address;
        }
    }

    /// Posts a console that was seen at `at` seconds since 1970.
    pub fn post_console(&mut self, id: &str, at: f64, output: String) {
        if let Some(instance) = self.by_id.get_mut(id) {
            instance.posted_console = Some((at, output));
        }
    }

    /// The zone of an instance that runs.
    pub fn zone_of_running(&self, id: &str) -> Option<String> {
        self.by_id.get(id).filter(|one| one.lifecycle == Lifecycle::Running).map(|one| one.zone.clone())
    }

    /// vCPUs of all instances that are not terminated.
    pub fn vcpus(&self) -> u32 {
        let living = self.by_id.values().filter(|one| one.lifecycle != Lifecycle::Terminated);
        living.filter_map(|one| super::catalog::InstanceType::named(&one.instance_type)).map(|kind| kind.vcpus).sum()
    }
}

// https://github.com/aws/aws-sdk-java/issues/911, https://github.com/boto/boto3/issues/977 (of several)
fn not_found(ids: &[String]) -> AwsError {
    let message = match ids {
        [id] => format!("The instance ID '{id}' does not exist"),
        ids => format!("The instance IDs '{}' do not exist", ids.join(", ")),
    };
    AwsError::new("InvalidInstanceID.NotFound", message)
}

/// Whether an instance reaches the internet, AWS's own endpoints included: by an internet gateway and a public address,
/// or by a NAT gateway. (VPC endpoints are not simulated.)
/// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
pub fn reaches_out(ec2: &super::State, id: &str) -> bool {
    let Ok(instance) = ec2.instances.instance(id) else { return false };
    let network = &ec2.network;
    network
        .subnets
        .get(&instance.subnet_id)
        .is_some_and(|subnet| (instance.public_ip.is_some() && network.is_public(subnet)) || network.has_nat(subnet))
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    match call.operation.as_str() {
        "DescribeInstances" => describe::instances(region, &call.input),
        "DescribeInstanceStatus" => describe::status(region, &call.input),
        "GetConsoleOutput" => console::output(region, &call.input).await,
        "TerminateInstances" => terminate::call(region, &call.input),
        // https://github.com/cognitect-labs/aws-api/issues/6
        other => Err(AwsError::new("InvalidAction", format!("The action {other} is not valid for this web service."))),
    }
}
