//! What runs on an instance: one interface, two back ends (`in_process` for tests, `machine` for the rehearsal).

pub mod in_process;
pub mod machine;
pub mod metadata;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;

use crate::Region;

/// What an instance is started with, resolved from launch template and group.
#[derive(Debug, Clone)]
pub struct Launch {
    /// `i-` and 17 hexadecimal digits.
    pub instance_id: String,
    /// Private IPv4 address that EC2 gave it from its subnet.
    pub private_ip: Ipv4Addr,
    /// MAC address of its only network interface.
    pub mac: String,
    /// Availability Zone, such as `us-east-1a`.
    pub availability_zone: String,
    /// CIDR of its subnet and VPC, for the metadata service.
    pub subnet_cidr: String,
    pub vpc_cidr: String,
    pub image_id: String,
    pub instance_type: String,
    /// Decoded user data.
    pub user_data: Vec<u8>,
    /// Name of the role in its instance profile, if any.
    pub role_name: Option<String>,
    /// `HttpPutResponseHopLimit` of the metadata options.
    pub hop_limit: u8,
}

/// Runs instances. Calls return when the request is accepted; boot goes on by itself.
///
/// A back end keeps no `Arc<Region>` beyond a call: the region owns it. Tasks of its own hold a `Weak<Region>`.
#[async_trait]
pub trait NodeBackend: Send + Sync {
    /// Starts an instance of `region`.
    ///
    /// # Errors
    /// A text for the scaling activity when the instance cannot start.
    async fn launch(&self, region: &Arc<Region>, launch: Launch) -> Result<(), String>;

    /// Ends an instance and frees what it held; unknown ids are ignored.
    async fn terminate(&self, instance_id: &str);

    /// Where `port` of the instance can be reached from the load balancer: its private address for a machine,
    /// a loopback port for an in-process node. None when it does not listen.
    fn address(&self, instance_id: &str, port: u16) -> Option<SocketAddr>;

    /// What the instance has written to its console so far.
    async fn console_output(&self, instance_id: &str) -> String;

    /// Whether the instance still runs: false once it powered itself off or died. Booting counts as running.
    fn running(&self, instance_id: &str) -> bool;

    /// Whether its nodes live at the pace of real machines, whatever the region's clock says.
    fn real_time(&self) -> bool {
        false
    }
}
