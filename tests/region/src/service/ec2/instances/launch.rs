//! Launching an instance: what EC2 checks first, where it is placed, and its start on the node back end.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{Instance, Lifecycle, Profile, console, terminate};
use crate::node::Launch;
use crate::region::World;
use crate::service::ec2::DEFAULT_VCPU_QUOTA;
use crate::service::ec2::catalog::{Image, InstanceType};
use crate::service::ec2::launch_templates::user_data;
use crate::service::ec2::network::{NewInterface, Subnet};
use crate::{AwsError, Region};

/// Seconds an instance is `pending` [U].
const PENDING: Duration = Duration::from_secs(4);

/// What an instance is launched from.
#[derive(Debug, Clone)]
pub struct Request {
    /// `LaunchTemplateData`.
    pub data: Map<String, Value>,
    pub subnet_id: String,
    pub tags: Vec<(String, String)>,
}

/// A pending instance that has an id and an address and has not been started.
#[derive(Debug)]
pub struct Reserved {
    start: Launch,
    /// Its volumes are encrypted with a customer key that the service may not use.
    locked_out: bool,
}

impl Reserved {
    /// The instance's id.
    pub fn id(&self) -> &str {
        &self.start.instance_id
    }
}

/// Checks the request as RunInstances does, and makes a pending instance.
///
/// # Errors
/// What RunInstances refuses.
pub fn reserve(region: &Region, request: Request) -> Result<Reserved, AwsError> {
    region.world(|world| {
        let placement = check(world, &request)?;
        place(region, world, request, placement)
    })
}

/// Checks the request as RunInstances does with `DryRun`.
///
/// # Errors
/// What RunInstances refuses.
pub fn dry_run(region: &Region, request: &Request) -> Result<(), AwsError> {
    region.world(|world| check(world, request).map(drop))
}

/// Starts a pending instance and returns when it is running.
///
/// # Errors
/// Why the instance did not come to run; it is terminated then.
pub async fn start(region: &Arc<Region>, reserved: Reserved) -> Result<(), AwsError> {
    let id = reserved.id().to_owned();
    let number = region.world(|world| world.ec2.instances.number_of(&id));
    region.clock.sleep(region.random.duration(&format!("instance {number} starts"), PENDING)).await;
    let failed = if reserved.locked_out {
        // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html
        Some(("Client.InternalError", "Client error on launch".to_owned()))
    } else {
        let launched = region.nodes.launch(region, reserved.start).await;
        // https://github.com/cloudcaptainsh/cloudcaptain/issues/204
        launched.err().map(|reason| {
            tracing::error!(instance = id, reason, "an instance could not be started");
            ("Server.InternalError", "Internal error on launch".to_owned())
        })
    };
    if let Some((code, reason)) = failed {
        terminate::at_launch(region, &id, code, &reason);
        return Err(AwsError::new(code, reason));
    }
    region.world(|world| {
        let instance = world.ec2.instances.by_id.get_mut(&id);
        if let Some(instance) = instance.filter(|instance| instance.lifecycle == Lifecycle::Pending) {
            instance.lifecycle = Lifecycle::Running;
        }
    });
    console::post_later(region, &id);
    Ok(())
}

/// What a request means in this world.
struct Placement {
    kind: &'static InstanceType,
    image: Image,
    subnet: Subnet,
    vpc_cidr: String,
    security_groups: Vec<String>,
    public: bool,
    profile: Option<Profile>,
    user_data: Vec<u8>,
}

fn check(world: &World, request: &Request) -> Result<Placement, AwsError> {
    let data = &request.data;
    let text = |key: &str| data.get(key).and_then(Value::as_str);
    let subnet = world.ec2.network.subnet(&request.subnet_id)?.clone();
    let vpc_cidr = world.ec2.network.vpc(&subnet.vpc_id)?.cidr_block.clone();
    let kind_name = text("InstanceType").unwrap_or("m1.small");
    let kind = InstanceType::named(kind_name).ok_or_else(|| {
        // https://github.com/ansible/workshops/issues/2000
        AwsError::new("InvalidParameterValue", format!("Invalid value '{kind_name}' for InstanceType."))
    })?;
    let image_id = image_id(world, text("ImageId").unwrap_or_default())?;
    let image = world.ec2.images.iter().find(|image| image.image_id == image_id).cloned().ok_or_else(|| {
        // https://github.com/brikis98/terraform-up-and-running-code/issues/65
        AwsError::new("InvalidAMIID.NotFound", format!("The image id '[{image_id}]' does not exist"))
    })?;
    check_kind(world, kind, image.architecture, &subnet.availability_zone)?;
    if let Some(key) = text("KeyName").filter(|key| !world.ec2.key_pairs.contains_key(*key)) {
        // https://github.com/spurin/diveintoansible-lab/issues/71
        return Err(AwsError::new("InvalidKeyPair.NotFound", format!("The key pair '{key}' does not exist")));
    }
    let quota = world.ec2.vcpu_quota.unwrap_or(DEFAULT_VCPU_QUOTA);
    if world.ec2.instances.vcpus() + kind.vcpus > quota {
        let message = format!(
            "You have requested more vCPU capacity than your current vCPU limit of {quota} allows for the instance \
             bucket that the specified instance type belongs to. Please visit \
             http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
        );
        // https://repost.aws/knowledge-center/ec2-on-demand-instance-vcpu-increase
        return Err(AwsError::new("VcpuLimitExceeded", message));
    }
    let (security_groups, public) = interface_settings(world, data, &subnet)?;
    let profile = profile(world, data)?;
    let user_data = user_data(data)?;
    Ok(Placement { kind, image, subnet, vpc_cidr, security_groups, public, profile, user_data })
}

fn place(region: &Region, world: &mut World, request: Request, found: Placement) -> Result<Reserved, AwsError> {
    let Placement { kind, image, subnet, vpc_cidr, security_groups, public, profile, user_data } = found;
    let options = request.data.get("MetadataOptions").unwrap_or(&Value::Null);
    let hop_limit = options["HttpPutResponseHopLimit"].as_u64().and_then(|hops| u8::try_from(hops).ok()).unwrap_or(1);
    let id = format!("i-0{}", region.random.hex(16));
    let interface = NewInterface {
        subnet_id: subnet.subnet_id.clone(),
        public_ip: public.then(|| public_address(region)),
        groups: security_groups.clone(),
        instance_id: Some(id.clone()),
        ..NewInterface::default()
    };
    let interface = world.ec2.network.create_interface(region, interface)?;
    let mac = mac(interface.private_ip);
    let start = Launch {
        instance_id: id.clone(),
        private_ip: interface.private_ip,
        mac: mac.clone(),
        availability_zone: subnet.availability_zone.clone(),
        subnet_cidr: subnet.cidr_block.clone(),
        vpc_cidr,
        image_id: image.image_id.clone(),
        instance_type: kind.name.to_owned(),
        user_data: user_data.clone(),
        role_name: profile.as_ref().and_then(|profile| profile.role_name.clone()),
        hop_limit,
    };
    let instance = Instance {
        id: id.clone(),
        number: world.ec2.instances.by_id.len(),
        lifecycle: Lifecycle::Pending,
        launched: region.clock.epoch(),
        image_id: image.image_id,
        instance_type: kind.name.to_owned(),
        architecture: kind.architecture,
        root_device_name: image.root_device_name.to_owned(),
        zone: subnet.availability_zone,
        subnet_id: subnet.subnet_id,
        vpc_id: subnet.vpc_id,
        interface_id: interface.id,
        mac,
        private_ip: interface.private_ip,
        public_ip: interface.public_ip,
        security_groups,
        profile,
        key_name: request.data.get("KeyName").and_then(Value::as_str).map(str::to_owned),
        user_data,
        hop_limit,
        metadata_enabled: options["HttpEndpoint"] != "disabled",
        tokens_required: options["HttpTokens"] == "required",
        tags: request.tags,
        reason: None,
        posted_console: None,
    };
    world.ec2.instances.by_id.insert(id, instance);
    Ok(Reserved { start, locked_out: world.ec2.ebs_key.is_some() })
}

/// An image id, or what `resolve:ssm:PARAMETER` stands for now.
/// https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
fn image_id(world: &World, given: &str) -> Result<String, AwsError> {
    match given.strip_prefix("resolve:ssm:") {
        None => Ok(given.to_owned()),
        Some(name) => world
            .ssm
            .value(name)
            .map(|(value, _)| value)
            .ok_or_else(|| AwsError::new("InvalidParameterValue", format!("The parameter '{name}' does not exist"))),
    }
}

fn check_kind(world: &World, kind: &InstanceType, architecture: &str, zone: &str) -> Result<(), AwsError> {
    if kind.architecture != architecture {
        let message = format!(
            "The architecture '{}' of the specified instance type does not match the architecture '{architecture}' of \
             the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. \
             You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance \
             type or AMI.",
            kind.architecture
        );
        // https://github.com/skypilot-org/skypilot/issues/6315
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    if !kind.offered_in(zone) {
        // https://repost.aws/knowledge-center/ec2-instance-type-not-supported-az-error
        let others = world.ec2.zones.iter().map(|(name, _)| name.as_str()).filter(|name| kind.offered_in(name));
        let message = format!(
            "Your requested instance type ({}) is not supported in your requested Availability Zone ({zone}). Please \
             retry your request by not specifying an Availability Zone or choosing {}.",
            kind.name,
            others.collect::<Vec<_>>().join(", ")
        );
        // https://github.com/ned1313/Getting-Started-Terraform/issues/44
        return Err(AwsError::new("Unsupported", message));
    }
    Ok(())
}

/// Security groups of the first network interface, and whether it gets a public address.
fn interface_settings(
    world: &World,
    data: &Map<String, Value>,
    subnet: &Subnet,
) -> Result<(Vec<String>, bool), AwsError> {
    let vpc_id = subnet.vpc_id.as_str();
    let interface = &data.get("NetworkInterfaces").unwrap_or(&Value::Null)[0];
    let list = if interface.is_null() { data.get("SecurityGroupIds") } else { interface.get("Groups") };
    let mut groups: Vec<String> =
        list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    if groups.is_empty() {
        let default =
            world.ec2.security_groups.values().find(|group| group.vpc_id == vpc_id && group.name == "default");
        groups.extend(default.map(|group| group.id.clone()));
    }
    for id in &groups {
        match world.ec2.security_groups.get(id) {
            None => {
                let message = format!("The security group '{id}' does not exist in VPC '{vpc_id}'");
                // https://github.com/getmoto/moto/issues/5484 (as AWS answers)
                return Err(AwsError::new("InvalidGroup.NotFound", message));
            }
            Some(group) if group.vpc_id != vpc_id => {
                let subnet = &subnet.subnet_id;
                let message = format!("Security group {id} and subnet {subnet} belong to different networks.");
                // https://github.com/QT-DevOps/DevOpsIssues/issues/256
                return Err(AwsError::new("InvalidParameter", message));
            }
            Some(_) => {}
        }
    }
    Ok((groups, interface["AssociatePublicIpAddress"].as_bool().unwrap_or(subnet.map_public_ip_on_launch)))
}

fn profile(world: &World, data: &Map<String, Value>) -> Result<Option<Profile>, AwsError> {
    let Some(given) = data.get("IamInstanceProfile") else { return Ok(None) };
    let (member, name) = match (given["Arn"].as_str(), given["Name"].as_str()) {
        (Some(arn), _) => ("arn", arn),
        (None, name) => ("name", name.unwrap_or_default()),
    };
    let found = world.iam.profile(name).map_err(|_| {
        let called = if member == "arn" { "ARN" } else { member };
        let message = format!(
            "Value ({name}) for parameter iamInstanceProfile.{member} is invalid. Invalid IAM Instance Profile {called}"
        );
        // https://github.com/CiscoDevNet/cloud-cml/issues/4,
        // https://github.com/aws-samples/amazon-ec2-gitlab-runner/issues/16 (an ARN)
        AwsError::new("InvalidParameterValue", message)
    })?;
    Ok(Some(Profile { arn: found.arn.clone(), id: found.id.clone(), role_name: found.role.clone() }))
}

fn mac(address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    format!("02:0a:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}

/// An address of 203.0.113.0/24, which the world has kept for examples (RFC 5737): nobody can be reached there.
fn public_address(region: &Region) -> Ipv4Addr {
    let last = u8::try_from(region.random.below(254) + 1).unwrap_or(1);
    Ipv4Addr::new(203, 0, 113, last)
}
