//! The read-only operations on networks, images, types and key pairs.
//!
//! The words of errors are [U] where no source is cited.

use serde_json::{Value, json};

use super::catalog::{INSTANCE_TYPES, Image};
use super::filter::{by_id, keep, page};
use super::network::{NetworkInterface, RouteTable};
use super::security_groups::SecurityGroup;
use crate::region::World;
use crate::{AwsError, Region};

/// Runs a look-up.
pub(super) fn run(region: &Region, operation: &str, input: &Value) -> Result<Value, AwsError> {
    region.world(|world| match operation {
        "DescribeVpcs" => vpcs(world, input),
        "DescribeSubnets" => subnets(world, input),
        "DescribeAvailabilityZones" => zones(region, world, input),
        "DescribeRouteTables" => route_tables(region, world, input),
        "DescribeInternetGateways" => gateways(region, world, input),
        "DescribeNatGateways" => nat_gateways(world, input),
        "DescribeSecurityGroups" => security_groups(region, world, input),
        "DescribeImages" => images(world, input),
        "DescribeInstanceTypes" => types(input),
        "DescribeInstanceTypeOfferings" => offerings(region, world, input),
        "DescribeKeyPairs" => key_pairs(world, input),
        "DescribeNetworkInterfaces" => interfaces(region, world, input),
        "GetEbsDefaultKmsKeyId" => Ok(json!({ "KmsKeyId": world.ec2.ebs_key.as_deref().unwrap_or("alias/aws/ebs") })),
        "GetEbsEncryptionByDefault" => Ok(json!({ "EbsEncryptionByDefault": world.ec2.ebs_key.is_some() })),
        // https://github.com/cognitect-labs/aws-api/issues/6
        other => Err(AwsError::new("InvalidAction", format!("The action {other} is not valid for this web service."))),
    })
}

fn shown<T: serde::Serialize>(item: &T) -> Value {
    serde_json::to_value(item).unwrap_or_default()
}

fn vpcs(world: &World, input: &Value) -> Result<Value, AwsError> {
    let all = world.ec2.network.vpcs.values().map(shown).collect();
    let all = by_id(all, input, "VpcIds", "VpcId", "InvalidVpcID.NotFound", "vpc ID")?;
    let known = [
        ("vpc-id", "VpcId"),
        ("is-default", "IsDefault"),
        ("isDefault", "IsDefault"),
        ("cidr", "CidrBlock"),
        ("state", "State"),
        ("owner-id", "OwnerId"),
        ("dhcp-options-id", "DhcpOptionsId"),
    ];
    page(keep(all, input, &known)?, input, "Vpcs")
}

fn subnets(world: &World, input: &Value) -> Result<Value, AwsError> {
    let network = &world.ec2.network;
    let show = |subnet: &super::network::Subnet| {
        let mut answer = shown(subnet);
        answer["AvailableIpAddressCount"] = json!(network.free_addresses(subnet));
        answer["AssignIpv6AddressOnCreation"] = json!(false);
        answer["Ipv6Native"] = json!(false);
        answer
    };
    let all = network.subnets.values().map(show).collect();
    let all = by_id(all, input, "SubnetIds", "SubnetId", "InvalidSubnetID.NotFound", "subnet ID")?;
    let known = [
        ("vpc-id", "VpcId"),
        ("subnet-id", "SubnetId"),
        ("availability-zone", "AvailabilityZone"),
        ("availabilityZone", "AvailabilityZone"),
        ("availability-zone-id", "AvailabilityZoneId"),
        ("default-for-az", "DefaultForAz"),
        ("map-public-ip-on-launch", "MapPublicIpOnLaunch"),
        ("cidr-block", "CidrBlock"),
        ("state", "State"),
        ("owner-id", "OwnerId"),
        ("available-ip-address-count", "AvailableIpAddressCount"),
    ];
    page(keep(all, input, &known)?, input, "Subnets")
}

fn zones(region: &Region, world: &World, input: &Value) -> Result<Value, AwsError> {
    let name = &region.settings.region;
    let all = world.ec2.zones.iter().map(|(zone, id)| {
        json!({ "ZoneName": zone, "ZoneId": id, "RegionName": name, "State": "available", "ZoneType": "availability-zone",
            "OptInStatus": "opt-in-not-required", "GroupName": format!("{name}-zg-1"), "NetworkBorderGroup": name, "Messages": [] })
    });
    let all = by_id(all.collect(), input, "ZoneNames", "ZoneName", "InvalidParameterValue", "availability zone")?;
    let known = [
        ("zone-name", "ZoneName"),
        ("zone-id", "ZoneId"),
        ("zone-type", "ZoneType"),
        ("state", "State"),
        ("region-name", "RegionName"),
        ("opt-in-status", "OptInStatus"),
        ("group-name", "GroupName"),
    ];
    Ok(json!({ "AvailabilityZones": keep(all, input, &known)? }))
}

fn route_tables(region: &Region, world: &World, input: &Value) -> Result<Value, AwsError> {
    let show = |table: &RouteTable| table.describe(&region.settings.account);
    let all = world.ec2.network.route_tables.values().map(show).collect();
    let all = by_id(all, input, "RouteTableIds", "RouteTableId", "InvalidRouteTableID.NotFound", "routeTable ID")?;
    let known = [
        ("vpc-id", "VpcId"),
        ("route-table-id", "RouteTableId"),
        ("association.main", "Associations.[].Main"),
        ("association.subnet-id", "Associations.[].SubnetId"),
        ("route.gateway-id", "Routes.[].GatewayId"),
        ("route.destination-cidr-block", "Routes.[].DestinationCidrBlock"),
        ("route.nat-gateway-id", "Routes.[].NatGatewayId"),
    ];
    page(keep(all, input, &known)?, input, "RouteTables")
}

fn gateways(region: &Region, world: &World, input: &Value) -> Result<Value, AwsError> {
    let all = world.ec2.network.gateways.values().map(|gateway| {
        let attachments: Vec<Value> =
            gateway.vpc_id.iter().map(|vpc| json!({ "VpcId": vpc, "State": "available" })).collect();
        json!({ "InternetGatewayId": gateway.id, "OwnerId": region.settings.account, "Attachments": attachments,
            "Tags": gateway.tags })
    });
    let all = by_id(
        all.collect(),
        input,
        "InternetGatewayIds",
        "InternetGatewayId",
        "InvalidInternetGatewayID.NotFound",
        "internetGateway ID",
    )?;
    let known = [("attachment.vpc-id", "Attachments.[].VpcId"), ("internet-gateway-id", "InternetGatewayId")];
    page(keep(all, input, &known)?, input, "InternetGateways")
}

fn nat_gateways(world: &World, input: &Value) -> Result<Value, AwsError> {
    let all = world.ec2.network.nat_gateways.values().map(|one| {
        json!({ "NatGatewayId": one.id, "SubnetId": one.subnet_id, "VpcId": one.vpc_id, "State": "available",
            "ConnectivityType": "public", "Tags": one.tags })
    });
    // This operation alone calls its member `Filter`.
    let input = json!({ "Filters": input["Filter"], "NatGatewayIds": input["NatGatewayIds"],
        "MaxResults": input["MaxResults"], "NextToken": input["NextToken"] });
    let (code, kind) = ("NatGatewayNotFound", "natGateway ID");
    let all = by_id(all.collect(), &input, "NatGatewayIds", "NatGatewayId", code, kind)?;
    let known =
        [("vpc-id", "VpcId"), ("subnet-id", "SubnetId"), ("state", "State"), ("nat-gateway-id", "NatGatewayId")];
    page(keep(all, &input, &known)?, &input, "NatGateways")
}

fn security_groups(region: &Region, world: &World, input: &Value) -> Result<Value, AwsError> {
    let all = world.ec2.security_groups.values().map(|group: &SecurityGroup| group.describe(region)).collect();
    let all = by_id(all, input, "GroupIds", "GroupId", "InvalidGroup.NotFound", "security group")?;
    let all = by_id(all, input, "GroupNames", "GroupName", "InvalidGroup.NotFound", "security group")?;
    let known = [
        ("group-id", "GroupId"),
        ("group-name", "GroupName"),
        ("vpc-id", "VpcId"),
        ("description", "Description"),
        ("owner-id", "OwnerId"),
        ("ip-permission.from-port", "IpPermissions.[].FromPort"),
        ("ip-permission.group-id", "IpPermissions.[].UserIdGroupPairs.[].GroupId"),
    ];
    page(keep(all, input, &known)?, input, "SecurityGroups")
}

/// `Owners` knows account ids and `amazon` (Amazon's own here: AL2023).
fn images(world: &World, input: &Value) -> Result<Value, AwsError> {
    let all = world.ec2.images.iter().map(Image::describe).collect();
    let mut all = match by_id(all, input, "ImageIds", "ImageId", "InvalidAMIID.NotFound", "image id") {
        Ok(all) => all,
        Err(error) => {
            return Err(AwsError {
                message: error.message.replace("The image id '", "The image id '[").replace("' does", "]' does"),
                ..error
            });
        }
    };
    if let Some(owners) = input["Owners"].as_array().filter(|owners| !owners.is_empty()) {
        all.retain(|image| {
            owners.contains(&image["OwnerId"])
                || (image["OwnerId"] == "137112412989" && owners.contains(&json!("amazon")))
        });
    }
    let known = [
        ("name", "Name"),
        ("architecture", "Architecture"),
        ("image-id", "ImageId"),
        ("owner-id", "OwnerId"),
        ("state", "State"),
        ("image-type", "ImageType"),
        ("is-public", "Public"),
        ("root-device-type", "RootDeviceType"),
        ("root-device-name", "RootDeviceName"),
        ("virtualization-type", "VirtualizationType"),
        ("description", "Description"),
    ];
    page(keep(all, input, &known)?, input, "Images")
}

fn types(input: &Value) -> Result<Value, AwsError> {
    let mut all: Vec<Value> = INSTANCE_TYPES.iter().map(super::catalog::InstanceType::describe).collect();
    if let Some(names) = input["InstanceTypes"].as_array().filter(|names| !names.is_empty()) {
        let unknown: Vec<&str> = names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| super::catalog::InstanceType::named(name).is_none())
            .collect();
        if !unknown.is_empty() {
            let message = format!("The following supplied instance types do not exist: [{}]", unknown.join(", "));
            // https://github.com/scylladb/scylla-cluster-tests/issues/12419
            return Err(AwsError::new("InvalidInstanceType", message));
        }
        all.retain(|one| names.contains(&one["InstanceType"]));
    }
    let known = [
        ("instance-type", "InstanceType"),
        ("current-generation", "CurrentGeneration"),
        ("hypervisor", "Hypervisor"),
        ("processor-info.supported-architecture", "ProcessorInfo.SupportedArchitectures.[]"),
        ("vcpu-info.default-vcpus", "VCpuInfo.DefaultVCpus"),
    ];
    page(keep(all, input, &known)?, input, "InstanceTypes")
}

fn offerings(region: &Region, world: &World, input: &Value) -> Result<Value, AwsError> {
    let kind = input["LocationType"].as_str().unwrap_or("region");
    let places: Vec<(&str, &str)> = match kind {
        "region" => vec![(region.settings.region.as_str(), "")],
        "availability-zone" => world.ec2.zones.iter().map(|(name, _)| (name.as_str(), name.as_str())).collect(),
        "availability-zone-id" => world.ec2.zones.iter().map(|(name, id)| (id.as_str(), name.as_str())).collect(),
        _ => Vec::new(),
    };
    let offers = places.iter().flat_map(|(place, zone)| {
        INSTANCE_TYPES
            .iter()
            .filter(|one| one.offered_in(zone))
            .map(move |one| json!({ "InstanceType": one.name, "LocationType": kind, "Location": place }))
    });
    let known = [("instance-type", "InstanceType"), ("location", "Location")];
    page(keep(offers.collect(), input, &known)?, input, "InstanceTypeOfferings")
}

fn key_pairs(world: &World, input: &Value) -> Result<Value, AwsError> {
    let all = world
        .ec2
        .key_pairs
        .iter()
        .map(|(name, id)| json!({ "KeyName": name, "KeyPairId": id, "KeyType": "ed25519", "Tags": [] }));
    let all = by_id(all.collect(), input, "KeyNames", "KeyName", "InvalidKeyPair.NotFound", "key pair")?;
    let known = [("key-name", "KeyName"), ("key-pair-id", "KeyPairId")];
    Ok(json!({ "KeyPairs": keep(all, input, &known)? }))
}

fn interfaces(region: &Region, world: &World, input: &Value) -> Result<Value, AwsError> {
    let ec2 = &world.ec2;
    let show = |one: &NetworkInterface| {
        let subnet = ec2.network.subnets.get(&one.subnet_id);
        let groups: Vec<Value> = one
            .groups
            .iter()
            .map(|id| json!({ "GroupId": id, "GroupName": ec2.security_groups.get(id).map(|group| group.name.clone()).unwrap_or_default() }))
            .collect();
        let mut answer = json!({
            "NetworkInterfaceId": one.id, "SubnetId": one.subnet_id, "VpcId": subnet.map(|subnet| subnet.vpc_id.clone()).unwrap_or_default(),
            "AvailabilityZone": subnet.map(|subnet| subnet.availability_zone.clone()).unwrap_or_default(),
            "Description": one.description, "Groups": groups, "InterfaceType": one.interface_type, "OwnerId": region.settings.account,
            "PrivateIpAddress": one.private_ip.to_string(), "RequesterManaged": one.requester_managed, "Status": "in-use",
            "SourceDestCheck": true, "TagSet": one.tags,
            "PrivateIpAddresses": [{ "Primary": true, "PrivateIpAddress": one.private_ip.to_string() }],
        });
        if let Some(public) = one.public_ip {
            answer["Association"] = json!({ "PublicIp": public.to_string(), "IpOwnerId": "amazon" });
        }
        if let Some(instance) = &one.instance_id {
            answer["Attachment"] =
                json!({ "InstanceId": instance, "DeviceIndex": 0, "Status": "attached", "DeleteOnTermination": true });
        }
        answer
    };
    let all = ec2.network.interfaces.values().map(show).collect();
    let all = by_id(
        all,
        input,
        "NetworkInterfaceIds",
        "NetworkInterfaceId",
        "InvalidNetworkInterfaceID.NotFound",
        "networkInterface ID",
    )?;
    let known = [
        ("vpc-id", "VpcId"),
        ("subnet-id", "SubnetId"),
        ("group-id", "Groups.[].GroupId"),
        ("description", "Description"),
        ("status", "Status"),
        ("attachment.instance-id", "Attachment.InstanceId"),
        ("requester-managed", "RequesterManaged"),
        ("private-ip-address", "PrivateIpAddress"),
        ("interface-type", "InterfaceType"),
        ("network-interface-id", "NetworkInterfaceId"),
    ];
    page(keep(all, input, &known)?, input, "NetworkInterfaces")
}
