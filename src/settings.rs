//! What a run was asked for, each value with where it came from. Pure: no clap, no AWS.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde::Serialize;

use crate::registry::names::HostName;

/// Where a value came from. The order is that of precedence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A flag on the command line.
    Flag,
    /// A `DOCKREG_…` environment variable.
    Environment,
    /// The running stack.
    Stack,
    /// Found in the account.
    Found,
    /// What dockreg does when nothing else is said.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "as given",
            Self::Environment => "from the environment",
            Self::Stack => "as until now",
            Self::Found => "found",
            Self::Default => "default",
        })
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Setting<T> {
    /// A value with its source.
    pub const fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }
}

/// What to do about DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneWish {
    /// Use the zone of the longest matching name, if there is one.
    Find,
    /// Use this one.
    Named(String),
    /// Make no record.
    Without,
}

/// What `up` was asked for.
#[derive(Debug)]
pub struct UpSettings {
    /// The stack.
    pub stack_name: String,
    /// How `dockreg up` is typed for this stack, for advice.
    pub up: String,
    /// How `dockreg down` is typed for it.
    pub down: String,
    /// The registry's host name.
    pub host: Option<Setting<HostName>>,
    /// What to do about DNS.
    pub zone: ZoneWish,
    /// The certificate's ARN, name or host.
    pub certificate: Option<String>,
    /// Whether a certificate may be requested from ACM if none fits.
    pub request_certificate: bool,
    /// First users as htpasswd lines.
    pub users: Option<SecretString>,
    /// The VPC.
    pub vpc: Option<String>,
    /// The nodes' subnets.
    pub subnets: Vec<String>,
    /// The load balancer's subnets.
    pub load_balancer_subnets: Vec<String>,
    /// Zones to stay in.
    pub availability_zones: Vec<String>,
    /// Whether the load balancer is to be reached from inside only.
    pub internal: bool,
    /// The nodes' instance type.
    pub instance_type: Option<Setting<String>>,
    /// The nodes' image.
    pub ami: Option<Setting<String>>,
    /// An existing bucket.
    pub bucket: Option<Setting<String>>,
    /// That bucket's region.
    pub bucket_region: Option<String>,
    /// Whether a live stack may get another bucket.
    pub change_bucket: bool,
    /// Template parameters that are taken as they are, by name.
    pub parameters: BTreeMap<&'static str, Setting<String>>,
    /// The user's tags.
    pub tags: BTreeMap<String, String>,
    /// The IAM role for CloudFormation.
    pub role_arn: Option<String>,
    /// Whether to move to newer images.
    pub upgrade: bool,
}

impl UpSettings {
    /// Whether anything was said but the host: something that a stack could be changed for.
    #[must_use]
    pub fn asks_for_more_than_a_host(&self) -> bool {
        self.names_network()
            || self.zone != ZoneWish::Find
            || self.certificate.is_some()
            || self.request_certificate
            || self.instance_type.is_some()
            || self.ami.is_some()
            || self.bucket.is_some()
            || !self.parameters.is_empty()
            || !self.tags.is_empty()
            || self.role_arn.is_some()
            || self.upgrade
    }

    /// Whether anything was said about the network.
    #[must_use]
    pub fn names_network(&self) -> bool {
        self.vpc.is_some()
            || !self.subnets.is_empty()
            || !self.load_balancer_subnets.is_empty()
            || !self.availability_zones.is_empty()
            || self.internal
    }
}
