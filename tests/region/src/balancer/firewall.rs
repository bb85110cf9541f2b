//! What security groups let through: clients to a load balancer, the load balancer to its targets. An answer needs no
//! rule of its own. Packets that no rule allows are dropped without a word.
//!
//! https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

use std::net::Ipv4Addr;

use crate::region::World;
use crate::service::ec2::instances::Instance;
use crate::service::ec2::network::block;
use crate::service::ec2::{Direction, Peer, Permission};
use crate::service::elbv2::LoadBalancer;

/// Whether clients may connect to `port`. All of them are on this machine, whose address says nothing of where they
/// would be in the world, so a rule for any range of addresses admits them.
pub(super) fn admits(world: &World, load_balancer: &LoadBalancer, port: u16) -> bool {
    let by_address = |rule: &Permission| matches!(rule.peer, Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::PrefixList(_));
    any(world, &load_balancer.security_groups, Direction::Ingress, port, by_address)
}

/// Whether the load balancer's groups let it out to `port` of the instance, and the instance's groups let it in.
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html
pub(super) fn passes(world: &World, load_balancer: &LoadBalancer, instance: &Instance, port: u16) -> bool {
    let description = format!("ELB {}", load_balancer.full_name());
    let interfaces = world.ec2.network.interfaces.values().filter(|one| one.description == description);
    let sources: Vec<Ipv4Addr> = interfaces.map(|one| one.private_ip).collect();
    let out = |rule: &Permission| match &rule.peer {
        Peer::Ipv4(range) => within(range, instance.private_ip),
        Peer::Group(id) => instance.security_groups.contains(id),
        Peer::Ipv6(_) | Peer::PrefixList(_) => false,
    };
    let into = |rule: &Permission| match &rule.peer {
        Peer::Ipv4(range) => sources.iter().any(|source| within(range, *source)),
        Peer::Group(id) => load_balancer.security_groups.contains(id),
        Peer::Ipv6(_) | Peer::PrefixList(_) => false,
    };
    any(world, &load_balancer.security_groups, Direction::Egress, port, out)
        && any(world, &instance.security_groups, Direction::Ingress, port, into)
}

/// Whether a rule of one of the groups is about TCP to `port` and fits.
fn any(world: &World, groups: &[String], direction: Direction, port: u16, fits: impl Fn(&Permission) -> bool) -> bool {
    let groups = groups.iter().filter_map(|id| world.ec2.security_groups.get(id));
    groups.flat_map(|group| group.rules.values()).any(|rule| {
        let protocol = ["tcp", "6", "-1"].contains(&rule.protocol.as_str());
        let ports = rule.protocol == "-1" || rule.ports.is_none_or(|(from, to)| (from..=to).contains(&port));
        rule.direction == direction && protocol && ports && fits(rule)
    })
}

fn within(range: &str, address: Ipv4Addr) -> bool {
    let (first, prefix) = block(range);
    let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
    u32::from(first) & mask == u32::from(address) & mask
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_range_holds_its_own_addresses() {
        let address = [172, 31, 16, 9].into();
        for (range, holds) in
            [("0.0.0.0/0", true), ("172.31.16.0/20", true), ("172.31.0.0/20", false), ("172.31.16.9/32", true)]
        {
            assert_eq!(within(range, address), holds, "{range}");
        }
    }
}
