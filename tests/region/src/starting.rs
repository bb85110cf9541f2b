//! The starting world: what an account has before anybody has done anything, and what `--domain` adds.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::Region;
use crate::authority::Authority;
use crate::region::World;
use crate::service::Principal;
use crate::service::ec2::catalog::Image;
use crate::service::ec2::network::{InternetGateway, Route, RouteTable, Subnet, Vpc};
use crate::service::ec2::{Direction, Peer, Permission, SecurityGroup, Tags};
use crate::service::iam::credentials::Key;
use crate::service::route53::name_of;
use crate::service::ssm::Parameter;

/// Access key of the account's own user.
pub const ACCESS_KEY: &str = "AKIADOCKREGREGION000";
/// Its secret: the region is no secret.
pub const SECRET_KEY: &str = "dockreg/region/no/secret/0000000000000000";

/// Fills an empty world.
///
/// # Errors
/// When the domain is not a host name with a parent.
pub(crate) fn fill(region: &Region, authority: &Authority, domain: Option<&str>) -> anyhow::Result<()> {
    region.world(|world| {
        let arn = region.global_arn("iam", "user/operator");
        let operator =
            Key { secret: SECRET_KEY.to_owned(), token: None, principal: Principal::Operator { arn }, expires: None };
        world.iam.keys.insert(ACCESS_KEY.to_owned(), operator);
        network(region, world);
        images(region, world);
        world.ec2.key_pairs.insert("operator".to_owned(), format!("key-0{}", region.random.hex(16)));
        domain.map_or(Ok(()), |domain| host(region, world, authority, domain))
    })
}

/// The default VPC: 172.31.0.0/16, a default /20 subnet in each zone, a route to the internet.
// https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
fn network(region: &Region, world: &mut World) {
    let id = |prefix: &str| format!("{prefix}-0{}", region.random.hex(16));
    let owner = region.settings.account.clone();
    let vpc_id = id("vpc");
    let vpc = Vpc {
        vpc_id: vpc_id.clone(),
        cidr_block: "172.31.0.0/16".to_owned(),
        is_default: true,
        state: "available",
        owner_id: owner.clone(),
        instance_tenancy: "default",
        dhcp_options_id: id("dopt"),
        tags: Tags::default(),
    };
    let network = &mut world.ec2.network;
    network.vpcs.insert(vpc_id.clone(), vpc);
    for (index, letter) in ('a'..='f').enumerate() {
        let zone = format!("{}{letter}", region.settings.region);
        let zone_id = format!("{}-az{}", short(&region.settings.region), (index + 3) % 6 + 1);
        world.ec2.zones.push((zone.clone(), zone_id.clone()));
        let subnet_id = id("subnet");
        let subnet = Subnet {
            subnet_id: subnet_id.clone(),
            vpc_id: vpc_id.clone(),
            cidr_block: format!("172.31.{}.0/20", index * 16),
            availability_zone: zone,
            availability_zone_id: zone_id,
            default_for_az: true,
            map_public_ip_on_launch: true,
            state: "available",
            owner_id: owner.clone(),
            subnet_arn: region.arn("ec2", &format!("subnet/{subnet_id}")),
            tags: Tags::default(),
        };
        network.subnets.insert(subnet_id, subnet);
    }
    let gateway = InternetGateway { id: id("igw"), vpc_id: Some(vpc_id.clone()), tags: Tags::default() };
    let route = |destination: &str, target: &str, origin| Route {
        destination_cidr_block: destination.to_owned(),
        gateway_id: Some(target.to_owned()),
        nat_gateway_id: None,
        origin,
        state: "active",
    };
    let routes =
        vec![route("172.31.0.0/16", "local", "CreateRouteTable"), route("0.0.0.0/0", &gateway.id, "CreateRoute")];
    let (subnets, tags) = (BTreeMap::new(), Tags::default());
    let table = RouteTable { id: id("rtb"), vpc_id: vpc_id.clone(), main: true, subnets, routes, tags };
    network.gateways.insert(gateway.id.clone(), gateway);
    network.route_tables.insert(table.id.clone(), table);
    let group_id = id("sg");
    let rule =
        |direction, peer| Permission { direction, protocol: "-1".to_owned(), ports: None, peer, description: None };
    let rules = BTreeMap::from([
        (id("sgr"), rule(Direction::Ingress, Peer::Group(group_id.clone()))),
        (id("sgr"), rule(Direction::Egress, Peer::Ipv4("0.0.0.0/0".to_owned()))),
    ]);
    let (name, description) = ("default".to_owned(), "default VPC security group".to_owned());
    let group = SecurityGroup { id: group_id.clone(), name, description, vpc_id, rules, tags: Tags::default() };
    world.ec2.security_groups.insert(group_id, group);
}

/// `us-east-1` as zone ids begin: `use1`.
// https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html
fn short(region: &str) -> String {
    let parts: Vec<&str> = region.split('-').collect();
    match parts[..] {
        [area, side, number] => {
            let side: String = match side {
                "northeast" => "ne".to_owned(),
                "northwest" => "nw".to_owned(),
                "southeast" => "se".to_owned(),
                "southwest" => "sw".to_owned(),
                other => other.chars().take(1).collect(),
            };
            format!("{area}{side}{number}")
        }
        _ => region.replace('-', ""),
    }
}

/// Images that public parameters name: parameter, name, owner, root device, gigabytes.
/// Root devices of Debian and Amazon Linux: [U]; the parameters: public repositories.
const IMAGES: [(&str, &str, &str, &str, u32); 10] = [
    ("/aws/service/debian/release/13/latest/amd64", "debian-13-amd64-20261012-2262", "136693071363", "/dev/xvda", 8),
    ("/aws/service/debian/release/13/latest/arm64", "debian-13-arm64-20261012-2262", "136693071363", "/dev/xvda", 8),
    ("/aws/service/debian/release/12/latest/amd64", "debian-12-amd64-20261005-2255", "136693071363", "/dev/xvda", 8),
    ("/aws/service/debian/release/12/latest/arm64", "debian-12-arm64-20261005-2255", "136693071363", "/dev/xvda", 8),
    (
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261015",
        "099720109477",
        "/dev/sda1",
        8,
    ),
    (
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261015",
        "099720109477",
        "/dev/sda1",
        8,
    ),
    (
        "/aws/service/canonical/ubuntu/server/26.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        "ubuntu/images/hvm-ssd-gp3/ubuntu-26.04-amd64-server-20261020",
        "099720109477",
        "/dev/sda1",
        8,
    ),
    (
        "/aws/service/canonical/ubuntu/server/26.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
        "ubuntu/images/hvm-ssd-gp3/ubuntu-26.04-arm64-server-20261020",
        "099720109477",
        "/dev/sda1",
        8,
    ),
    (
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
        "al2023-ami-2023.9.20261027.0-kernel-6.1-x86_64",
        "137112412989",
        "/dev/xvda",
        8,
    ),
    (
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
        "al2023-ami-2023.9.20261027.0-kernel-6.1-arm64",
        "137112412989",
        "/dev/xvda",
        8,
    ),
];

fn images(region: &Region, world: &mut World) {
    for (parameter, name, owner_id, root_device_name, volume_gigabytes) in IMAGES {
        let image_id = format!("ami-0{}", region.random.hex(16));
        let architecture = if name.contains("arm64") { "arm64" } else { "x86_64" };
        let image = Image {
            image_id: image_id.clone(),
            name: name.to_owned(),
            description: format!("{name} (simulated)"),
            architecture,
            owner_id,
            root_device_name,
            volume_gigabytes,
            creation_date: "2026-10-12T00:00:00.000Z".to_owned(),
        };
        world.ec2.images.push(image);
        let made = Parameter { kind: "String".to_owned(), values: vec![image_id] };
        world.ssm.parameters.insert(parameter.to_owned(), made);
    }
}

/// A newer image under a public parameter, as its publisher releases one: another of the same kind, and the parameter's next
/// version. Answers its id; `None` when no image has that parameter.
/// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
pub fn release(region: &Region, world: &mut World, parameter: &str, name: &str) -> Option<String> {
    let published = world.ssm.parameters.get_mut(parameter)?;
    let latest = published.values.last()?;
    let mut image = world.ec2.images.iter().find(|image| image.image_id == *latest)?.clone();
    image.image_id = format!("ami-0{}", region.random.hex(16));
    image.name = name.to_owned();
    image.description = format!("{name} (simulated)");
    published.values.push(image.image_id.clone());
    let id = image.image_id.clone();
    world.ec2.images.push(image);
    Some(id)
}

/// A public zone for the domain's parent, and an IAM server certificate for the domain.
fn host(region: &Region, world: &mut World, authority: &Authority, domain: &str) -> anyhow::Result<()> {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let (_, zone) = domain
        .split_once('.')
        .filter(|(_, zone)| zone.contains('.'))
        .context("the domain must be a host in a zone, such as docker.example.test")?;
    world.route53.create_zone(region, &name_of(zone), &format!("start-{zone}"), None, None);
    let issued = authority.issue(std::slice::from_ref(&domain))?;
    world.iam.upload_certificate(
        region,
        &domain,
        "/",
        &issued.certificate,
        Some(&issued.chain),
        &issued.private_key,
    )?;
    world.iam.found_at_once();
    Ok(())
}
