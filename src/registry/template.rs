//! The CloudFormation template: composes it from `assets/`, and names its parameters and outputs.
//!
//! The skeleton and every file of the node are lintable on their own; a line `@include FILE` stands where one goes into
//! another. The result is sent to CloudFormation as it is: nothing here, or anywhere at run time, parses YAML.

use std::sync::LazyLock;

/// Revision of the template, as its output `TemplateVersion` says it.
pub const VERSION: &str = "1";

/// The largest template that CloudFormation takes in a request, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub const MAX_BODY: usize = 51_200;

/// The logical id of the Auto Scaling group, which waits for the nodes' signals.
pub const NODE_GROUP: &str = "NodeGroup";

/// The logical id of the load balancer's HTTPS listener.
pub const LISTENER: &str = "Listener";

/// The logical id of the certificate that the stack requests, where no other is named.
pub const CERTIFICATE: &str = "Certificate";

/// The tag by which a bucket, like the stack itself, says whose it is; its value is the stack's name.
pub const STACK_TAG: &str = "dockreg:stack";

/// The user whose password is in the operator's secret.
pub const OPERATOR: &str = "dockreg";

/// The path of the health and login probe.
pub const PING: &str = "/v1/_ping";

/// Parameters of the template.
pub mod parameter {
    /// The VPC.
    pub const VPC_ID: &str = "VpcId";
    /// Subnets of the nodes, and of the load balancer unless it has its own.
    pub const SUBNETS: &str = "Subnets";
    /// Subnets of the load balancer alone.
    pub const LOAD_BALANCER_SUBNETS: &str = "LoadBalancerSubnets";
    /// ARN of an IAM server certificate or of an ACM certificate; empty for one that the stack requests.
    pub const SSL_CERTIFICATE: &str = "SslCertificate";
    /// The host name's part before the zone's name.
    pub const DNS_PREFIX: &str = "DnsPrefix";
    /// Name of the Route 53 zone, without a dot at its end.
    pub const DNS_ZONE: &str = "DnsZone";
    /// Id of that zone.
    pub const DNS_ZONE_ID: &str = "DnsZoneId";
    /// The whole host name, where the stack makes no DNS record for it.
    pub const HOST_NAME: &str = "HostName";
    /// First users, as htpasswd lines; CloudFormation never shows it.
    pub const REGISTRY_AUTH: &str = "RegistryAuth";
    /// An existing bucket.
    pub const S3_BUCKET: &str = "S3Bucket";
    /// The existing bucket's region.
    pub const S3_REGION: &str = "S3Region";
    /// The registry's image.
    pub const DOCKER_IMAGE: &str = "DockerImage";
    /// Instance type of the nodes.
    pub const INSTANCE_TYPE: &str = "InstanceType";
    /// Image of the nodes.
    pub const AMI: &str = "Ami";
    /// Root device of that image.
    pub const ROOT_DEVICE_NAME: &str = "RootDeviceName";
    /// Key pair for SSH.
    pub const KEY_NAME: &str = "KeyName";
    /// An existing security group whose members may reach the nodes.
    pub const ADMIN_SECURITY_GROUP: &str = "AdminSecurityGroup";
    /// Who may reach the nodes by SSH.
    pub const ADMIN_CIDR: &str = "AdminCidr";
    /// Who may reach the registry.
    pub const ALLOWED_CIDR: &str = "AllowedCidr";
    /// Zones of the subnets.
    pub const AVAILABILITY_ZONES: &str = "AvailabilityZones";
    /// Seconds a new node has before it may be replaced.
    pub const HEALTH_CHECK_GRACE_PERIOD: &str = "HealthCheckGracePeriod";
    /// How many nodes.
    pub const NODES: &str = "Nodes";
    /// `internet-facing` or `internal`.
    pub const LOAD_BALANCER_SCHEME: &str = "LoadBalancerScheme";
    /// `true` or `false`.
    pub const NODE_PUBLIC_ADDRESS: &str = "NodePublicAddress";
    /// ARN of the policy that bounds the nodes' role.
    pub const PERMISSIONS_BOUNDARY: &str = "PermissionsBoundary";

    /// Every parameter.
    pub const ALL: [&str; 25] = [
        VPC_ID,
        SUBNETS,
        LOAD_BALANCER_SUBNETS,
        SSL_CERTIFICATE,
        DNS_PREFIX,
        DNS_ZONE,
        DNS_ZONE_ID,
        HOST_NAME,
        REGISTRY_AUTH,
        S3_BUCKET,
        S3_REGION,
        DOCKER_IMAGE,
        INSTANCE_TYPE,
        AMI,
        ROOT_DEVICE_NAME,
        KEY_NAME,
        ADMIN_SECURITY_GROUP,
        ADMIN_CIDR,
        ALLOWED_CIDR,
        AVAILABILITY_ZONES,
        HEALTH_CHECK_GRACE_PERIOD,
        NODES,
        LOAD_BALANCER_SCHEME,
        NODE_PUBLIC_ADDRESS,
        PERMISSIONS_BOUNDARY,
    ];
}

/// Outputs of the template.
pub mod output {
    /// The registry's host name.
    pub const REGISTRY_HOST: &str = "RegistryHost";
    /// URL of the probe.
    pub const REGISTRY_URL: &str = "RegistryUrl";
    /// DNS name of the load balancer.
    pub const LOAD_BALANCER_DNS_NAME: &str = "LoadBalancerDnsName";
    /// ARN of the load balancer.
    pub const LOAD_BALANCER_ARN: &str = "LoadBalancerArn";
    /// ARN of the target group.
    pub const TARGET_GROUP_ARN: &str = "TargetGroupArn";
    /// Where the images are.
    pub const BUCKET_NAME: &str = "BucketName";
    /// That bucket's region.
    pub const BUCKET_REGION: &str = "BucketRegion";
    /// ARN of the operator's secret.
    pub const OPERATOR_SECRET_ARN: &str = "OperatorSecretArn";
    /// ARN of the users' secret.
    pub const USERS_SECRET_ARN: &str = "UsersSecretArn";
    /// Name of the Auto Scaling group.
    pub const NODES_GROUP_NAME: &str = "NodesGroupName";
    /// Id of the security group that was made for administrators' machines.
    pub const ADMIN_GROUP_ID: &str = "AdminGroupId";
    /// Revision of the template that made the stack.
    pub const TEMPLATE_VERSION: &str = "TemplateVersion";

    /// Every output.
    pub const ALL: [&str; 12] = [
        REGISTRY_HOST,
        REGISTRY_URL,
        LOAD_BALANCER_DNS_NAME,
        LOAD_BALANCER_ARN,
        TARGET_GROUP_ARN,
        BUCKET_NAME,
        BUCKET_REGION,
        OPERATOR_SECRET_ARN,
        USERS_SECRET_ARN,
        NODES_GROUP_NAME,
        ADMIN_GROUP_ID,
        TEMPLATE_VERSION,
    ];
}

/// A file of `assets/`, embedded in the binary.
struct Part {
    /// What follows `@include`.
    name: &'static str,
    text: &'static str,
    reader: Reader,
}

/// Who reads a file, and so what `${…}` and comments in it are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// CloudFormation, and whoever launches the template from a console: every line is kept.
    People,
    /// The node, after CloudFormation has put its values where `${…}` is.
    Filled,
    /// The node: `${…}` means something to it alone.
    Node,
}

macro_rules! part {
    ($reader:ident, $name:literal) => {
        Part { name: $name, text: include_str!(concat!("../../assets/", $name)), reader: Reader::$reader }
    };
}

const SKELETON: Part = part!(People, "template.yaml");

const PARTS: [Part; 13] = [
    part!(Node, "node/cloud-config.yaml"),
    part!(Filled, "node/node.env"),
    part!(Node, "node/registry.yml"),
    part!(Node, "node/nginx.conf"),
    part!(Node, "node/daemon.json"),
    part!(Node, "node/journald.conf"),
    part!(Node, "node/nginx-restart.conf"),
    part!(Node, "node/dockreg-registry.service"),
    part!(Node, "node/dockreg-users.service"),
    part!(Node, "node/dockreg-users.timer"),
    part!(Node, "node/dockreg-aws"),
    part!(Node, "node/dockreg-users"),
    part!(Node, "node/dockreg-bootstrap"),
];

/// Returns the template's body, as it is sent to CloudFormation.
pub fn body() -> &'static str {
    static BODY: LazyLock<String> = LazyLock::new(|| {
        let mut body = String::with_capacity(MAX_BODY);
        compose(&SKELETON, "", &mut body);
        body
    });
    &BODY
}

/// Appends the part, each line behind `indent`, and at each `@include` the part named there, indented as deep.
fn compose(part: &Part, indent: &str, body: &mut String) {
    for line in part.text.lines() {
        let content = line.trim_start();
        let deeper = &line[..line.len() - content.len()];
        let included = content.strip_prefix("@include ").and_then(|name| PARTS.iter().find(|part| part.name == name));
        if let Some(included) = included {
            compose(included, &format!("{indent}{deeper}"), body);
        } else if part.reader == Reader::People {
            push_line(body, indent, line);
        } else if content.starts_with("# ") || content.is_empty() {
            // User data has room for 16 KB: its comments and empty lines stay behind.
        } else if part.reader == Reader::Node {
            push_line(body, indent, &line.replace("${", "${!"));
        } else {
            push_line(body, indent, line);
        }
    }
}

fn push_line(body: &mut String, indent: &str, line: &str) {
    if !line.is_empty() {
        body.push_str(indent);
        body.push_str(line);
    }
    body.push('\n');
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
