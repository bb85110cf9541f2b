//! `dockreg up` as it is typed. It parses and decides nothing.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;

use crate::cli::ProbeArgs;
use crate::registry::cidr;
use crate::registry::image::parse_image;
use crate::registry::names::HostName;

/// `dockreg up`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
What is not given comes from the running stack, else is found in the account,
else is a default; `up` says which.

Output:
  The registry's address, its state, and the exact lines to log in, push and
  pull.

Exit code:
  0  the registry answers, or there was nothing to change
  1  declined, nothing that fits (certificate, network), not our stack,
     credentials, or AWS refused
  3  the stack operation failed and was rolled back, or --timeout passed while
     it runs
  4  the stack is up, the registry is not proven to work; or a certificate waits
     for the DNS record that was printed
  130  interrupted: the operation goes on, and `dockreg up` resumes")]
pub struct UpArgs {
    /// Host name of the registry, for example docker.example.com
    #[arg(long, env = "DOCKREG_DOMAIN", value_name = "HOST", hide_env_values = true)]
    pub domain: Option<HostName>,
    /// Host name without its zone; with --dns-zone the same as --domain
    #[arg(
        long,
        env = "DOCKREG_DNS_PREFIX",
        value_name = "NAME",
        conflicts_with = "domain",
        requires = "dns_zone",
        hide_env_values = true
    )]
    pub dns_prefix: Option<String>,
    /// Hosted zone of the registry's name; `none` for no DNS record
    #[arg(long, env = "DOCKREG_DNS_ZONE", value_name = "ZONE", hide_env_values = true)]
    pub dns_zone: Option<String>,
    /// Remove other DNS records at the host's name before the stack makes its own; put back if that fails
    #[arg(long)]
    pub replace_records: bool,
    /// Certificate: its ARN, its name in IAM, or a host name it covers
    #[arg(long, env = "DOCKREG_CERTIFICATE", value_name = "ARN|NAME|HOST", hide_env_values = true)]
    pub certificate: Option<String>,
    /// If no certificate fits, request one from ACM, validated by DNS: by the stack where the zone is in Route 53, else with
    /// a record for you to make
    #[arg(long, conflicts_with = "certificate")]
    pub request_certificate: bool,
    /// htpasswd lines of the first users; only read when the stack is created
    #[arg(long, env = "DOCKREG_HTPASSWD", value_name = "FILE", hide_env_values = true)]
    pub htpasswd: Option<PathBuf>,
    /// How many nodes serve the registry
    #[arg(long, env = "DOCKREG_NODES", value_name = "N", value_parser = |text: &str| parse_whole(text, 1..=10), hide_env_values = true)]
    pub nodes: Option<u32>,
    /// Show what would change and change nothing (makes and removes a change set: needs write permission)
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Start the operation and do not wait for it
    #[arg(long)]
    pub detach: bool,
    /// Do not check that the registry answers
    #[arg(long)]
    pub no_verify: bool,
    /// Resources to leave as they are when the rollback of a failed update is finished
    #[arg(long, value_name = "LOGICAL_ID,…", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Move to the newest image of the nodes' Debian release, one node after the other; other images are named with --ami
    #[arg(long)]
    pub upgrade: bool,

    /// Existing bucket for the images; otherwise the stack's own from before, else a new one
    #[arg(long, env = "DOCKREG_BUCKET", value_name = "NAME", help_heading = "Storage", hide_env_values = true)]
    pub bucket: Option<String>,
    /// Region of --bucket; found by itself
    #[arg(
        long,
        env = "DOCKREG_BUCKET_REGION",
        value_name = "REGION",
        help_heading = "Storage",
        requires = "bucket",
        hide_env_values = true
    )]
    pub bucket_region: Option<String>,
    /// Serve other images than until now: allow --bucket to change on a live stack
    #[arg(long, help_heading = "Storage", requires = "bucket")]
    pub change_bucket: bool,

    /// VPC; otherwise the default one
    #[arg(long, env = "DOCKREG_VPC", value_name = "ID", help_heading = "Network", hide_env_values = true)]
    pub vpc: Option<String>,
    /// Subnets of the nodes
    #[arg(
        long,
        env = "DOCKREG_SUBNETS",
        value_name = "ID,ID",
        value_delimiter = ',',
        help_heading = "Network",
        hide_env_values = true
    )]
    pub subnets: Vec<String>,
    /// Subnets of the load balancer, where they differ
    #[arg(
        long,
        env = "DOCKREG_LOAD_BALANCER_SUBNETS",
        value_name = "ID,ID",
        value_delimiter = ',',
        help_heading = "Network",
        hide_env_values = true
    )]
    pub load_balancer_subnets: Vec<String>,
    /// Zones to place the registry in
    #[arg(
        long,
        env = "DOCKREG_AVAILABILITY_ZONES",
        value_name = "ZONE,ZONE",
        value_delimiter = ',',
        help_heading = "Network",
        hide_env_values = true
    )]
    pub availability_zones: Vec<String>,
    /// Reachable from inside the VPC only
    #[arg(long, help_heading = "Network")]
    pub internal: bool,
    /// Who may reach the registry
    #[arg(
        long,
        env = "DOCKREG_ALLOWED_CIDR",
        value_name = "CIDR",
        value_parser = cidr::parse,
        help_heading = "Network",
        hide_env_values = true
    )]
    pub allowed_cidr: Option<String>,
    /// Who may reach the nodes by SSH (port 22); makes a security group too, whose members may reach them by SSH and HTTP
    #[arg(
        long,
        env = "DOCKREG_ADMIN_CIDR",
        value_name = "CIDR",
        value_parser = cidr::parse_or_nobody,
        help_heading = "Network",
        conflicts_with = "admin_security_group",
        hide_env_values = true
    )]
    pub admin_cidr: Option<String>,
    /// Existing security group whose members may reach the nodes by SSH and HTTP (ports 22 and 80)
    #[arg(
        long,
        env = "DOCKREG_ADMIN_SECURITY_GROUP",
        value_name = "ID",
        help_heading = "Network",
        hide_env_values = true
    )]
    pub admin_security_group: Option<String>,

    /// Instance type of the nodes; decides amd64 or arm64
    #[arg(long, env = "DOCKREG_INSTANCE_TYPE", value_name = "TYPE", help_heading = "Nodes", hide_env_values = true)]
    pub instance_type: Option<String>,
    /// Machine image of the nodes; otherwise Debian 13
    #[arg(long, env = "DOCKREG_AMI", value_name = "ID", help_heading = "Nodes", hide_env_values = true)]
    pub ami: Option<String>,
    /// EC2 key pair for SSH
    #[arg(long, env = "DOCKREG_KEY_NAME", value_name = "NAME", help_heading = "Nodes", hide_env_values = true)]
    pub key_name: Option<String>,
    /// Registry image, in a public registry; Docker's own from version 3 on
    #[arg(
        long,
        env = "DOCKREG_IMAGE",
        value_name = "IMAGE",
        value_parser = parse_image,
        help_heading = "Nodes",
        hide_env_values = true
    )]
    pub image: Option<String>,
    /// Seconds a new node has before failed health checks count
    #[arg(
        long,
        env = "DOCKREG_HEALTH_CHECK_GRACE_PERIOD",
        value_name = "SECONDS",
        value_parser = |text: &str| parse_whole(text, 1..=7200),
        help_heading = "Nodes",
        hide_env_values = true
    )]
    pub health_check_grace_period: Option<u32>,

    /// Tag on the stack and everything in it; repeatable
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parse_tag, help_heading = "Permissions and tags")]
    pub tags: Vec<(String, String)>,
    /// IAM role that CloudFormation uses
    #[arg(
        long,
        env = "DOCKREG_ROLE_ARN",
        value_name = "ARN",
        help_heading = "Permissions and tags",
        hide_env_values = true
    )]
    pub role_arn: Option<String>,
    /// Permissions boundary of the nodes' role
    #[arg(
        long,
        env = "DOCKREG_PERMISSIONS_BOUNDARY",
        value_name = "ARN",
        help_heading = "Permissions and tags",
        hide_env_values = true
    )]
    pub permissions_boundary: Option<String>,

    /// How the registry is checked.
    #[command(flatten, next_help_heading = "Checking the registry")]
    pub probe: ProbeArgs,
}

/// Reads a whole number; the bounds are the template's.
fn parse_whole(text: &str, bounds: RangeInclusive<u32>) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| bounds.contains(number));
    number.ok_or_else(|| format!("it is a whole number from {} to {}", bounds.start(), bounds.end()))
}

/// Reads `KEY=VALUE`.
fn parse_tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, _)) if key.starts_with("aws:") => {
            Err(format!("{key:?}: AWS keeps tags that start with aws: to itself"))
        }
        Some((key, _)) if key.starts_with("dockreg:") => Err(format!("{key:?}: dockreg sets its own tags")),
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not KEY=VALUE")),
    }
}
