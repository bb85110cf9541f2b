//! Application load balancers.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::attributes::{self, Attributes};
use super::page::page;
use super::{State, strings};
use crate::region::World;
use crate::service::ec2::network::NewInterface;
use crate::{AwsError, Region};

/// One application load balancer.
#[derive(Debug, Clone)]
pub struct LoadBalancer {
    pub arn: String,
    pub name: String,
    pub dns_name: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    pub vpc_id: String,
    pub zones: Vec<Zone>,
    pub security_groups: Vec<String>,
    /// Seconds since 1970.
    pub created: f64,
    /// False while it is being provisioned: it takes no connection then.
    pub active: bool,
    pub attributes: Attributes,
    pub tags: Vec<(String, String)>,
}

/// A zone that a load balancer serves, by one subnet.
#[derive(Debug, Clone)]
pub struct Zone {
    pub name: String,
    pub subnet_id: String,
    /// Where it listens itself; None when the edge serves it.
    pub address: Option<Ipv4Addr>,
}

/// What a load balancer is made from.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub name: String,
    /// `application` or None; no other type is simulated.
    pub kind: Option<String>,
    pub scheme: Option<String>,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    /// List of `Key` and `Value`.
    pub attributes: Value,
    pub tags: Vec<(String, String)>,
}

impl LoadBalancer {
    /// `app/NAME/ID`, as metrics and CloudFormation name it.
    pub fn full_name(&self) -> &str {
        self.arn.split_once(":loadbalancer/").map_or("", |(_, name)| name)
    }

    /// A boolean attribute.
    pub fn switched_on(&self, key: &str) -> bool {
        self.attributes.get(key).is_some_and(|value| value == "true")
    }
}

/// Route 53 zone of the region's application load balancers.
/// https://docs.aws.amazon.com/general/latest/gr/elb.html
pub fn canonical_zone(region: &str) -> &'static str {
    match region {
        "us-east-2" => "Z3AADJGX6KTTL2",
        "us-west-1" => "Z368ELLRRE2KJ0",
        "us-west-2" => "Z1H1FL5HABSF5",
        "eu-central-1" => "Z215JYRZR1TBD5",
        "eu-west-1" => "Z32O12XQLNTSW2",
        _ => "Z35SXDOTRQ7X7K",
    }
}

/// Makes a load balancer, still provisioning, and answers its ARN.
///
/// # Errors
/// What ELBv2 refuses: subnets, name, scheme or attributes.
pub fn create(region: &Region, wanted: Wanted) -> Result<String, AwsError> {
    if let Some(kind) = wanted.kind.as_deref().filter(|kind| *kind != "application") {
        return Err(AwsError::validation(format!("Load balancers of type '{kind}' are not simulated")));
    }
    check_name(&wanted.name)?;
    let scheme = wanted.scheme.unwrap_or_else(|| "internet-facing".to_owned());
    let mut attributes = attributes::load_balancer_defaults();
    attributes::set_load_balancer(&mut attributes, &wanted.attributes)?;
    let id = region.random.hex(16);
    let number = region.random.text("123456789", 1) + &region.random.text("0123456789", 9);
    let created = region.clock.epoch();
    region.world(|world| {
        let (vpc_id, mut zones) = zones_of(world, &wanted.subnets, None)?;
        check_free_addresses(world, &wanted.subnets)?;
        check_groups(region, world, &wanted.security_groups)?;
        let mut security_groups = wanted.security_groups;
        if security_groups.is_empty() {
            // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html
            let mut groups = world.ec2.security_groups.values();
            let default = groups.find(|group| group.vpc_id == vpc_id && group.name == "default");
            security_groups.extend(default.map(|group| group.id.clone()));
        }
        let state = &mut world.elbv2;
        if state.load_balancers.iter().any(|one| one.name == wanted.name) {
            let message =
                format!("A load balancer with the same name '{}' exists, but with different settings", wanted.name);
            // https://github.com/fortinet/fortigate-terraform-deploy/issues/21
            return Err(AwsError::new("DuplicateLoadBalancerName", message));
        }
        give_addresses(state, &mut zones)?;
        let internal = if scheme == "internal" { "internal-" } else { "" };
        let settings = &region.settings;
        let load_balancer = LoadBalancer {
            arn: region.arn("elasticloadbalancing", &format!("loadbalancer/app/{}/{id}", wanted.name)),
            dns_name: format!("{internal}{}-{number}.{}.elb.{}", wanted.name, settings.region, settings.url_suffix),
            name: wanted.name,
            scheme,
            vpc_id,
            zones,
            security_groups,
            created,
            active: false,
            attributes,
            tags: wanted.tags,
        };
        let arn = load_balancer.arn.clone();
        put_interfaces(region, world, &load_balancer)?;
        world.elbv2.load_balancers.push(load_balancer);
        Ok(arn)
    })
}

/// Gives the load balancer a network interface in each of its subnets, in place of those it has, and its name their
/// addresses. Behind the edge that is the loopback address.
fn put_interfaces(region: &Region, world: &mut World, one: &LoadBalancer) -> Result<(), AwsError> {
    let network = &mut world.ec2.network;
    let description = format!("ELB {}", one.full_name());
    network.interfaces.retain(|_, interface| interface.description != description);
    for zone in &one.zones {
        let interface = NewInterface {
            subnet_id: zone.subnet_id.clone(),
            public_ip: zone.address.filter(|_| one.scheme == "internet-facing"),
            groups: one.security_groups.clone(),
            description: description.clone(),
            requester_managed: true,
            ..NewInterface::default()
        };
        network.create_interface(region, interface)?;
    }
    let addresses = one.zones.iter().map(|zone| zone.address.unwrap_or(Ipv4Addr::LOCALHOST));
    let mut addresses: Vec<Ipv4Addr> = addresses.collect();
    addresses.dedup();
    world.route53.service_names.insert(one.dns_name.to_ascii_lowercase(), addresses);
    Ok(())
}

fn check_groups(region: &Region, world: &World, groups: &[String]) -> Result<(), AwsError> {
    match groups.iter().find(|id| !world.ec2.security_groups.contains_key(*id)) {
        Some(id) => {
            let message = format!(
                "The security group '{id}' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: \
                 InvalidGroup.NotFound; Request ID: {}; Proxy: null)",
                region.random.uuid()
            );
            // https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2371
            Err(AwsError::new("InvalidSecurityGroup", message))
        }
        None => Ok(()),
    }
}

/// What can change in place.
#[derive(Debug, Default)]
pub struct Change {
    pub subnets: Option<Vec<String>>,
    pub security_groups: Option<Vec<String>>,
    /// List of `Key` and `Value`; attributes not named go back to their defaults.
    pub attributes: Option<Value>,
    pub tags: Option<Vec<(String, String)>>,
}

/// Changes subnets, security groups, attributes or tags.
///
/// # Errors
/// As at creation.
pub fn modify(region: &Region, arn: &str, change: Change) -> Result<(), AwsError> {
    region.world(|world| {
        let mut changed = world.elbv2.load_balancer(arn)?.clone();
        if let Some(subnets) = change.subnets {
            let (_, mut zones) = zones_of(world, &subnets, Some(&changed.vpc_id))?;
            let present = |id: &&String| changed.zones.iter().any(|zone| zone.subnet_id == **id);
            let new: Vec<String> = subnets.iter().filter(|id| !present(id)).cloned().collect();
            check_free_addresses(world, &new)?;
            for zone in &mut zones {
                let old = changed.zones.iter_mut().find(|old| old.name == zone.name);
                zone.address = old.and_then(|old| old.address.take());
            }
            let dropped = changed.zones.iter().filter_map(|zone| zone.address);
            world.elbv2.free_addresses.extend(dropped);
            if changed.zones.iter().chain(&zones).any(|zone| zone.address.is_some()) {
                give_addresses(&mut world.elbv2, &mut zones)?;
            }
            changed.zones = zones;
        }
        if let Some(groups) = change.security_groups {
            check_groups(region, world, &groups)?;
            changed.security_groups = groups;
        }
        if let Some(wanted) = change.attributes {
            let mut attributes = attributes::load_balancer_defaults();
            attributes::set_load_balancer(&mut attributes, &wanted)?;
            changed.attributes = attributes;
        }
        if let Some(tags) = change.tags {
            changed.tags = tags;
        }
        put_interfaces(region, world, &changed)?;
        if let Some(slot) = world.elbv2.load_balancers.iter_mut().find(|one| one.arn == arn) {
            *slot = changed;
        }
        Ok(())
    })
}

/// Ends provisioning: from now on its listeners take connections.
pub fn activate(region: &Region, arn: &str) {
    region.world(|world| {
        for one in world.elbv2.load_balancers.iter_mut().filter(|one| one.arn == arn) {
            one.active = true;
        }
    });
}

/// Deletes a load balancer with its listeners. One that is gone already is success.
///
/// # Errors
/// Deletion protection.
pub fn delete(region: &Region, arn: &str) -> Result<(), AwsError> {
    region.world(|world| {
        let state = &mut world.elbv2;
        let Some(at) = state.load_balancers.iter().position(|one| one.arn == arn) else { return Ok(()) };
        if state.load_balancers[at].switched_on("deletion_protection.enabled") {
            let message = format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
            // https://github.com/rebuy-de/aws-nuke/issues/258
            return Err(AwsError::new("OperationNotPermitted", message));
        }
        let deleted = state.load_balancers.remove(at);
        state.listeners.retain(|listener| listener.load_balancer_arn != arn);
        state.free_addresses.extend(deleted.zones.iter().filter_map(|zone| zone.address));
        world.route53.service_names.remove(&deleted.dns_name.to_ascii_lowercase());
        let description = format!("ELB {}", deleted.full_name());
        world.ec2.network.interfaces.retain(|_, interface| interface.description != description);
        Ok(())
    })
}

/// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
fn check_name(name: &str) -> Result<(), AwsError> {
    let legal = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    let problem = if name.len() > 32 {
        "cannot be longer than '32' characters"
    } else if !legal {
        "can only contain characters that are alphanumeric characters and hyphens(-)"
    } else if name.starts_with('-') || name.ends_with('-') {
        "cannot begin or end with '-'"
    } else if name.starts_with("internal-") {
        "cannot begin with 'internal-'"
    } else {
        return Ok(());
    };
    Err(AwsError::validation(format!("The load balancer name '{name}' {problem}")))
}

/// The VPC and the zones of these subnets: at least two zones, one subnet in each, all in the VPC where it is already.
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
fn zones_of(world: &World, subnets: &[String], vpc: Option<&String>) -> Result<(String, Vec<Zone>), AwsError> {
    let mut zones: Vec<Zone> = Vec::new();
    let mut vpc_id = vpc.cloned();
    for id in subnets {
        let missing = || AwsError::new("SubnetNotFound", format!("The subnet ID '{id}' does not exist"));
        let subnet = world.ec2.network.subnet(id).map_err(|_| missing())?;
        if zones.iter().any(|zone| zone.name == subnet.availability_zone) {
            return Err(AwsError::new(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            ));
        }
        if vpc_id.as_ref().is_some_and(|vpc| *vpc != subnet.vpc_id) {
            return Err(AwsError::new("InvalidSubnet", "All subnets must belong to the same VPC"));
        }
        vpc_id = Some(subnet.vpc_id.clone());
        zones.push(Zone { name: subnet.availability_zone.clone(), subnet_id: id.clone(), address: None });
    }
    match vpc_id {
        Some(vpc_id) if zones.len() >= 2 => Ok((vpc_id, zones)),
        _ => Err(AwsError::validation("At least two subnets in two different Availability Zones must be specified")),
    }
}

/// A load balancer needs room to grow in each of its subnets.
fn check_free_addresses(world: &World, subnets: &[String]) -> Result<(), AwsError> {
    const LEAST: u32 = 8;
    let network = &world.ec2.network;
    let small = |id: &&String| network.subnets.get(*id).is_some_and(|one| network.free_addresses(one) < LEAST);
    match subnets.iter().find(small) {
        // https://github.com/aws/aws-rfdk/pull/621
        Some(id) => Err(AwsError::new(
            "InvalidSubnet",
            format!(
                "Not enough IP space available in {id}. ELB requires at least {LEAST} free IP addresses in each subnet."
            ),
        )),
        None => Ok(()),
    }
}

/// Gives each zone without an address one of the pool, if the region has a pool.
fn give_addresses(state: &mut State, zones: &mut [Zone]) -> Result<(), AwsError> {
    let pooled = !state.free_addresses.is_empty()
        || state.load_balancers.iter().flat_map(|one| &one.zones).any(|zone| zone.address.is_some());
    if !pooled {
        return Ok(());
    }
    for zone in zones.iter_mut().filter(|zone| zone.address.is_none()) {
        if state.free_addresses.is_empty() {
            let message = format!(
                "Not enough IP space available in {}. ELB requires at least 8 free IP addresses in each subnet.",
                zone.subnet_id
            );
            // https://github.com/aws/aws-rfdk/pull/621
            return Err(AwsError::new("InvalidSubnet", message));
        }
        zone.address = Some(state.free_addresses.remove(0));
    }
    Ok(())
}

/// `DescribeLoadBalancers`.
pub(super) fn describe(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let (arns, names) = (strings(&input["LoadBalancerArns"]), strings(&input["Names"]));
    region.world(|world| {
        let state = &world.elbv2;
        for arn in &arns {
            state.load_balancer(arn)?;
        }
        if let Some(missing) = names.iter().find(|name| !state.load_balancers.iter().any(|one| one.name == **name)) {
            let message = format!("Load balancers '[{missing}]' not found");
            // https://github.com/hashicorp/terraform-provider-aws/issues/10669
            return Err(AwsError::new("LoadBalancerNotFound", message));
        }
        let chosen = state.load_balancers.iter().filter(|one| {
            (arns.is_empty() || arns.contains(&one.arn)) && (names.is_empty() || names.contains(&one.name))
        });
        page(input, "LoadBalancers", chosen.map(|one| described(region, one)).collect())
    })
}

fn described(region: &Region, one: &LoadBalancer) -> Value {
    let zones: Vec<Value> = one
        .zones
        .iter()
        .map(|zone| json!({"ZoneName": zone.name, "SubnetId": zone.subnet_id, "LoadBalancerAddresses": []}))
        .collect();
    json!({
        "LoadBalancerArn": one.arn,
        "LoadBalancerName": one.name,
        "DNSName": one.dns_name,
        "CanonicalHostedZoneId": canonical_zone(&region.settings.region),
        "CreatedTime": one.created,
        "Scheme": one.scheme,
        "VpcId": one.vpc_id,
        "State": {"Code": if one.active { "active" } else { "provisioning" }},
        "Type": "application",
        "AvailabilityZones": zones,
        "SecurityGroups": one.security_groups,
        "IpAddressType": "ipv4",
    })
}

/// `DescribeLoadBalancerAttributes`.
pub(super) fn describe_attributes(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arn = input["LoadBalancerArn"].as_str().unwrap_or_default();
    region.world(|world| Ok(attributes::describe(&world.elbv2.load_balancer(arn)?.attributes)))
}
