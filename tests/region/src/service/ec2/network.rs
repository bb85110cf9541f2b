//! VPCs, subnets, route tables and network interfaces: what instances and load balancers are placed in.
//!
//! The words of errors are [U] where no source is cited.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::Serialize;
use serde_json::{Value, json};

use super::Tags;
use crate::{AwsError, Region};

/// A VPC.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Vpc {
    pub vpc_id: String,
    pub cidr_block: String,
    pub is_default: bool,
    pub state: &'static str,
    pub owner_id: String,
    pub instance_tenancy: &'static str,
    pub dhcp_options_id: String,
    pub tags: Tags,
}

/// A subnet; how many of its addresses are free is counted when asked.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Subnet {
    pub subnet_id: String,
    pub vpc_id: String,
    pub cidr_block: String,
    pub availability_zone: String,
    pub availability_zone_id: String,
    pub default_for_az: bool,
    pub map_public_ip_on_launch: bool,
    pub state: &'static str,
    pub owner_id: String,
    pub subnet_arn: String,
    pub tags: Tags,
}

impl Subnet {
    /// First address and prefix length of the CIDR block.
    pub fn block(&self) -> (Ipv4Addr, u32) {
        block(&self.cidr_block)
    }
}

/// A route of a route table.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Route {
    pub destination_cidr_block: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nat_gateway_id: Option<String>,
    pub origin: &'static str,
    pub state: &'static str,
}

/// A route table with the subnets it is associated with; the main one serves all others of its VPC.
#[derive(Debug, Clone)]
pub struct RouteTable {
    pub id: String,
    pub vpc_id: String,
    pub main: bool,
    /// By association id.
    pub subnets: BTreeMap<String, String>,
    pub routes: Vec<Route>,
    pub tags: Tags,
}

/// An internet gateway.
#[derive(Debug, Clone)]
pub struct InternetGateway {
    pub id: String,
    pub vpc_id: Option<String>,
    pub tags: Tags,
}

/// A NAT gateway.
#[derive(Debug, Clone)]
pub struct NatGateway {
    pub id: String,
    pub subnet_id: String,
    pub vpc_id: String,
    pub tags: Tags,
}

/// A network interface of an instance or a load balancer: what holds a private address and uses security groups.
#[derive(Debug, Clone)]
pub struct NetworkInterface {
    pub id: String,
    pub subnet_id: String,
    pub private_ip: Ipv4Addr,
    pub public_ip: Option<Ipv4Addr>,
    pub groups: Vec<String>,
    /// `ELB app/NAME/ID` for load balancers.
    pub description: String,
    /// `interface` or such as `network_load_balancer`; application load balancers have plain `interface`.
    pub interface_type: String,
    /// Made by a service for the account, as load balancers' are.
    pub requester_managed: bool,
    pub instance_id: Option<String>,
    pub tags: Tags,
}

/// What a network interface is made from.
#[derive(Debug, Clone, Default)]
pub struct NewInterface {
    pub subnet_id: String,
    /// None takes a free address of the subnet.
    pub private_ip: Option<Ipv4Addr>,
    pub public_ip: Option<Ipv4Addr>,
    pub groups: Vec<String>,
    pub description: String,
    pub requester_managed: bool,
    pub instance_id: Option<String>,
    pub tags: Vec<(String, String)>,
}

/// Networks of the account.
#[derive(Debug, Default)]
pub struct Network {
    pub vpcs: BTreeMap<String, Vpc>,
    pub subnets: BTreeMap<String, Subnet>,
    pub route_tables: BTreeMap<String, RouteTable>,
    pub gateways: BTreeMap<String, InternetGateway>,
    pub nat_gateways: BTreeMap<String, NatGateway>,
    pub interfaces: BTreeMap<String, NetworkInterface>,
}

impl Network {
    /// The subnet of this id.
    ///
    /// # Errors
    /// `InvalidSubnetID.NotFound`.
    pub fn subnet(&self, id: &str) -> Result<&Subnet, AwsError> {
        self.subnets.get(id).ok_or_else(|| not_found("InvalidSubnetID.NotFound", "subnet ID", id))
    }

    /// The VPC of this id.
    ///
    /// # Errors
    /// `InvalidVpcID.NotFound`.
    pub fn vpc(&self, id: &str) -> Result<&Vpc, AwsError> {
        self.vpcs.get(id).ok_or_else(|| not_found("InvalidVpcID.NotFound", "vpc ID", id))
    }

    /// Whether the subnet's route table leads to an internet gateway.
    pub fn is_public(&self, subnet: &Subnet) -> bool {
        self.leads_out(subnet, |route| route.gateway_id.as_deref().is_some_and(|id| id.starts_with("igw-")))
    }

    /// Whether the subnet's route table leads to a NAT gateway.
    pub fn has_nat(&self, subnet: &Subnet) -> bool {
        self.leads_out(subnet, |route| route.nat_gateway_id.is_some())
    }

    fn leads_out(&self, subnet: &Subnet, by: impl Fn(&Route) -> bool) -> bool {
        let own = self.route_tables.values().find(|table| table.subnets.values().any(|id| *id == subnet.subnet_id));
        let main = || self.route_tables.values().find(|table| table.main && table.vpc_id == subnet.vpc_id);
        own.or_else(main).is_some_and(|table| {
            table.routes.iter().any(|route| route.destination_cidr_block == "0.0.0.0/0" && by(route))
        })
    }

    /// Free addresses of a subnet: AWS keeps five of every block.
    // https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    pub fn free_addresses(&self, subnet: &Subnet) -> u32 {
        let used = self.interfaces.values().filter(|one| one.subnet_id == subnet.subnet_id).count();
        let size = 1_u32.checked_shl(32 - subnet.block().1).unwrap_or(u32::MAX);
        size.saturating_sub(5).saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
    }

    /// Makes a subnet with a route table of its own, which leads out by `way_out`: an internet gateway (`igw-…`), a NAT
    /// gateway (`nat-…`), or nowhere. Gives its id.
    ///
    /// # Errors
    /// `InvalidVpcID.NotFound`.
    pub fn create_subnet(
        &mut self,
        region: &Region,
        vpc_id: &str,
        (zone, zone_id): (&str, &str),
        cidr: &str,
        way_out: Option<&str>,
    ) -> Result<String, AwsError> {
        let vpc = self.vpc(vpc_id)?.clone();
        let id = format!("subnet-0{}", region.random.hex(16));
        let route = |destination: &str, target: &str, origin| Route {
            destination_cidr_block: destination.to_owned(),
            gateway_id: (!target.starts_with("nat-")).then(|| target.to_owned()),
            nat_gateway_id: target.starts_with("nat-").then(|| target.to_owned()),
            origin,
            state: "active",
        };
        let mut routes = vec![route(&vpc.cidr_block, "local", "CreateRouteTable")];
        routes.extend(way_out.map(|target| route("0.0.0.0/0", target, "CreateRoute")));
        let table = RouteTable {
            id: format!("rtb-0{}", region.random.hex(16)),
            vpc_id: vpc_id.to_owned(),
            main: false,
            subnets: BTreeMap::from([(format!("rtbassoc-0{}", region.random.hex(16)), id.clone())]),
            routes,
            tags: Tags::default(),
        };
        self.route_tables.insert(table.id.clone(), table);
        let subnet = Subnet {
            subnet_id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            cidr_block: cidr.to_owned(),
            availability_zone: zone.to_owned(),
            availability_zone_id: zone_id.to_owned(),
            default_for_az: false,
            map_public_ip_on_launch: false,
            state: "available",
            owner_id: vpc.owner_id,
            subnet_arn: region.arn("ec2", &format!("subnet/{id}")),
            tags: Tags::default(),
        };
        self.subnets.insert(id.clone(), subnet);
        Ok(id)
    }

    /// Makes a network interface in a subnet; gives a copy of it.
    ///
    /// # Errors
    /// `InvalidSubnetID.NotFound`, `InsufficientFreeAddressesInSubnet`.
    pub fn create_interface(&mut self, region: &Region, new: NewInterface) -> Result<NetworkInterface, AwsError> {
        let subnet = self.subnet(&new.subnet_id)?;
        let (first, prefix) = subnet.block();
        let used: Vec<Ipv4Addr> = self.interfaces.values().map(|one| one.private_ip).collect();
        let last = u32::from(first) + (1_u32.checked_shl(32 - prefix).unwrap_or(u32::MAX) - 1);
        let free = || (u32::from(first) + 4..last).map(Ipv4Addr::from).find(|address| !used.contains(address));
        let Some(private_ip) = new.private_ip.or_else(free) else {
            let message = format!(
                "There are not enough free addresses in subnet '{}' to satisfy the requested number of instances.",
                new.subnet_id
            );
            // https://github.com/osbuild/osbuild-composer/issues/1575
            return Err(AwsError::new("InsufficientFreeAddressesInSubnet", message));
        };
        let made = NetworkInterface {
            id: format!("eni-0{}", region.random.hex(16)),
            subnet_id: new.subnet_id,
            private_ip,
            public_ip: new.public_ip,
            groups: new.groups,
            description: new.description,
            interface_type: "interface".to_owned(),
            requester_managed: new.requester_managed,
            instance_id: new.instance_id,
            tags: new.tags.into(),
        };
        self.interfaces.insert(made.id.clone(), made.clone());
        Ok(made)
    }

    /// Frees a network interface; an unknown id is ignored.
    pub fn delete_interface(&mut self, id: &str) {
        self.interfaces.remove(id);
    }
}

impl RouteTable {
    pub(super) fn describe(&self, owner: &str) -> Value {
        let mut associations: Vec<Value> = self
            .subnets
            .iter()
            .map(|(id, subnet)| {
                json!({ "RouteTableAssociationId": id, "RouteTableId": self.id, "SubnetId": subnet, "Main": false,
                    "AssociationState": { "State": "associated" } })
            })
            .collect();
        if self.main {
            let id = self.id.replace("rtb-", "rtbassoc-");
            associations.push(json!({ "RouteTableAssociationId": id, "RouteTableId": self.id, "Main": true,
                "AssociationState": { "State": "associated" } }));
        }
        json!({ "RouteTableId": self.id, "VpcId": self.vpc_id, "OwnerId": owner, "Associations": associations,
            "Routes": self.routes, "PropagatingVgws": [], "Tags": self.tags })
    }
}

/// First address and prefix length of an IPv4 CIDR block; `0.0.0.0/0` for what is none.
pub fn block(cidr: &str) -> (Ipv4Addr, u32) {
    let parsed = cidr.split_once('/').and_then(|(address, prefix)| Some((address.parse().ok()?, prefix.parse().ok()?)));
    parsed.filter(|(_, prefix)| *prefix <= 32).unwrap_or((Ipv4Addr::UNSPECIFIED, 0))
}

// https://github.com/openshift/openshift-ansible/issues/1053 (a subnet), https://github.com/pulumi/pulumi-awsx/issues/598
// (a VPC)
pub(super) fn not_found(code: &str, kind: &str, id: &str) -> AwsError {
    AwsError::new(code, format!("The {kind} '{id}' does not exist"))
}
