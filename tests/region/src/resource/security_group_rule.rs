//! `AWS::EC2::SecurityGroupIngress` and `AWS::EC2::SecurityGroupEgress`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::service::ec2::{Direction, Peer, Permission};

/// A rule that stands on its own, of either direction.
pub struct SecurityGroupRule(pub Direction);

const SERVICE: &str = "Ec2";

#[async_trait]
impl ResourceType for SecurityGroupRule {
    fn name(&self) -> &'static str {
        match self.0 {
            Direction::Ingress => "AWS::EC2::SecurityGroupIngress",
            Direction::Egress => "AWS::EC2::SecurityGroupEgress",
        }
    }

    fn typical_seconds(&self) -> f64 {
        3.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let group = properties.get("GroupId").and_then(Value::as_str).unwrap_or_default();
        let rule = permission(properties, self.0);
        let region = &context.region;
        let id = region
            .world(|world| world.ec2.authorize(region, group, rule))
            .map_err(|error| context.refused(SERVICE, &error))?;
        Ok(made(&id))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        // Only the description can change in place.
        let description = new.get("Description").and_then(Value::as_str).map(str::to_owned);
        context.region.world(|world| {
            let mut groups = world.ec2.security_groups.values_mut();
            if let Some(rule) = groups.find_map(|group| group.rules.get_mut(physical_id)) {
                rule.description = description;
            }
        });
        Ok(made(physical_id))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        // A rule that is gone is as good as deleted.
        let _ = context.region.world(|world| world.ec2.revoke(physical_id));
        Ok(())
    }
}

fn made(id: &str) -> Made {
    Made { physical_id: id.to_owned(), attributes: Map::from_iter([("Id".to_owned(), json!(id))]) }
}

/// Whether two rules allow the same traffic.
pub(super) fn same(one: &Permission, other: &Permission) -> bool {
    (one.direction, &one.protocol, one.ports, &one.peer) == (other.direction, &other.protocol, other.ports, &other.peer)
}

/// Reads a rule's properties.
pub(super) fn permission(rule: &Map<String, Value>, direction: Direction) -> Permission {
    let text = |name: &str| rule.get(name).and_then(Value::as_str).map(str::to_owned);
    let port = |name: &str| rule.get(name).and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    let protocol = text("IpProtocol").unwrap_or_default();
    let ports = port("FromPort").zip(port("ToPort")).filter(|_| protocol != "-1");
    let (group, prefix_list) = match direction {
        Direction::Ingress => ("SourceSecurityGroupId", "SourcePrefixListId"),
        Direction::Egress => ("DestinationSecurityGroupId", "DestinationPrefixListId"),
    };
    let peer = text(group)
        .map(Peer::Group)
        .or_else(|| text("CidrIp").map(Peer::Ipv4))
        .or_else(|| text("CidrIpv6").map(Peer::Ipv6))
        .or_else(|| text(prefix_list).map(Peer::PrefixList))
        .unwrap_or_else(|| Peer::Ipv4(String::new()));
    Permission { direction, protocol, ports, peer, description: text("Description") }.kept()
}
