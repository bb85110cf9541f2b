//! EC2, as far as it is asked: the network, instance types and images, and the nodes.

mod image;
mod instance;
mod network;

pub use image::{Image, InstanceType, default_disk_key, has_key_pair, image, instance_type, offered_zones};
pub use instance::{Instance, console_output, instances};
pub use network::{route_tables, subnets, vpcs};

use super::call::AwsCallError;
use super::config::Aws;
use aws_sdk_ec2::types::Filter;

/// One filter of a list.
fn filter(name: &str, values: &[String]) -> Filter {
    Filter::builder().name(name).set_values(Some(values.to_vec())).build()
}
