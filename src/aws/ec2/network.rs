//! VPCs, subnets and route tables.

use aws_sdk_ec2::types::RouteState;
use std::collections::BTreeMap;

use super::{Aws, AwsCallError};
use crate::registry::network::{Route, RouteTable, Subnet, Vpc, ZoneKind, route_of};

/// Every VPC of the region.
pub async fn vpcs(aws: &Aws) -> Result<Vec<Vpc>, AwsCallError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let answer = aws.ec2().describe_vpcs().set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("DescribeVpcs", error))?;
        found.extend(page.vpcs().iter().filter_map(|vpc| {
            Some(Vpc { id: vpc.vpc_id()?.to_owned(), is_default: vpc.is_default().unwrap_or(false) })
        }));
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// Every subnet of the region with its zone's kind and its way to the internet.
pub async fn subnets(aws: &Aws) -> Result<Vec<Subnet>, AwsCallError> {
    let (mut subnets, kinds, tables) = tokio::try_join!(plain_subnets(aws), zone_kinds(aws), route_tables(aws))?;
    for subnet in &mut subnets {
        subnet.route = route_of(&subnet.id, &subnet.vpc, &tables);
        if let Some(kind) = kinds.get(&subnet.zone) {
            subnet.zone_kind = *kind;
        }
    }
    Ok(subnets)
}

async fn plain_subnets(aws: &Aws) -> Result<Vec<Subnet>, AwsCallError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let answer = aws.ec2().describe_subnets().set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("DescribeSubnets", error))?;
        found.extend(page.subnets().iter().filter_map(|subnet| {
            Some(Subnet {
                id: subnet.subnet_id()?.to_owned(),
                vpc: subnet.vpc_id()?.to_owned(),
                zone: subnet.availability_zone()?.to_owned(),
                zone_kind: if subnet.outpost_arn().is_some() { ZoneKind::Other } else { ZoneKind::Availability },
                free_addresses: subnet
                    .available_ip_address_count()
                    .and_then(|count| u32::try_from(count).ok())
                    .unwrap_or_default(),
                is_default: subnet.default_for_az().unwrap_or(false),
                route: Route::None,
            })
        }));
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// The kind of every zone that is no plain availability zone.
async fn zone_kinds(aws: &Aws) -> Result<BTreeMap<String, ZoneKind>, AwsCallError> {
    let answer = aws.ec2().describe_availability_zones().send().await;
    let output = answer.map_err(|error| AwsCallError::of("DescribeAvailabilityZones", error))?;
    let plain = |zone_type: Option<&str>| zone_type.is_none_or(|own| own == "availability-zone");
    let special = output.availability_zones().iter().filter(|zone| !plain(zone.zone_type()));
    Ok(special.filter_map(|zone| Some((zone.zone_name()?.to_owned(), ZoneKind::Other))).collect())
}

/// Every route table of the region, as far as it decides where internet traffic goes.
pub async fn route_tables(aws: &Aws) -> Result<Vec<RouteTable>, AwsCallError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let answer = aws.ec2().describe_route_tables().set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("DescribeRouteTables", error))?;
        found.extend(page.route_tables().iter().filter_map(table_of));
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

fn table_of(table: &aws_sdk_ec2::types::RouteTable) -> Option<RouteTable> {
    let default = table.routes().iter().find(|route| {
        route.destination_cidr_block() == Some("0.0.0.0/0") && route.state() != Some(&RouteState::Blackhole)
    });
    let target = default.and_then(|route| {
        route
            .gateway_id()
            .or(route.nat_gateway_id())
            .or(route.transit_gateway_id())
            .or(route.instance_id())
            .or(route.network_interface_id())
            .or(route.vpc_peering_connection_id())
    });
    let associations = table.associations();
    Some(RouteTable {
        vpc: table.vpc_id()?.to_owned(),
        is_main: associations.iter().any(|own| own.main().unwrap_or(false)),
        subnets: associations.iter().filter_map(|own| own.subnet_id().map(str::to_owned)).collect(),
        default_target: target.map(str::to_owned),
    })
}
