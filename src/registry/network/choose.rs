//! Chooses the subnets of the load balancer and the nodes, or checks those that were named. Pure.

use std::collections::BTreeSet;

use super::problem::MIN_FREE_ADDRESSES;
use super::{NetworkProblem, Rejected, Rejection, Route, Subnet, Vpc, ZoneKind};

/// A load balancer wants subnets in this many zones; more would only cost more addresses.
const ZONES: usize = 2;

/// What the user and the instance type ask of the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The VPC asked for; otherwise that of the named subnets, otherwise the default one.
    pub vpc: Option<String>,
    /// The nodes' subnets asked for; empty to choose.
    pub subnets: Vec<String>,
    /// The load balancer's subnets asked for; empty for those of the nodes where these fit.
    pub load_balancer_subnets: Vec<String>,
    /// The availability zones to stay in; empty for any.
    pub availability_zones: Vec<String>,
    /// Whether the load balancer is reached from inside the network only.
    pub internal: bool,
    /// The nodes' instance type.
    pub instance_type: String,
    /// The zones that offer it.
    pub instance_zones: BTreeSet<String>,
    /// Whether the user named the nodes' image, which may hold all that others fetch.
    pub own_image: bool,
}

impl Wish {
    /// Whether nodes may be where nothing leads to the internet: only by both words.
    fn may_be_closed(&self) -> bool {
        self.own_image && !self.subnets.is_empty()
    }
}

/// The subnets to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection<'a> {
    /// The VPC they lie in.
    pub vpc: String,
    /// The nodes' subnets.
    pub subnets: Vec<&'a Subnet>,
    /// The load balancer's subnets; the same ones unless these are not public.
    pub load_balancer_subnets: Vec<&'a Subnet>,
    /// Whether nodes need a public address to reach the internet.
    pub node_public_address: bool,
    /// The subnets that were passed over, each with its reason.
    pub rejected: Vec<Rejected>,
}

/// Chooses subnets by the wish: two zones, each subnet with addresses to spare, where the instance type is offered
/// and whose traffic reaches the internet. What the user named is checked and never replaced.
pub fn choose<'a>(vpcs: &[Vpc], subnets: &'a [Subnet], wish: &Wish) -> Result<Selection<'a>, NetworkProblem> {
    let nodes = find(subnets, &wish.subnets)?;
    let balancer = find(subnets, &wish.load_balancer_subnets)?;
    let vpc = vpc_of(vpcs, wish, nodes.first().or(balancer.first()).copied())?;
    if let Some(stranger) = nodes.iter().chain(&balancer).find(|subnet| subnet.vpc != vpc) {
        let (subnet, other) = (stranger.id.clone(), stranger.vpc.clone());
        return Err(NetworkProblem::OtherVpc { subnet, vpc: other, expected: vpc });
    }
    let mut pool: Vec<&Subnet> = subnets.iter().filter(|subnet| subnet.vpc == vpc).collect();
    pool.sort_by_key(|subnet| (&subnet.zone, !subnet.is_default, std::cmp::Reverse(subnet.free_addresses), &subnet.id));

    let role_of_nodes = |subnet: &Subnet| node_fault(subnet, wish);
    let role_of_balancer = |subnet: &Subnet| balancer_fault(subnet, wish);
    let both = |subnet: &Subnet| role_of_nodes(subnet).or_else(|| role_of_balancer(subnet));

    let mut rejected = Vec::new();
    let (nodes, balancer) = match (nodes.is_empty(), balancer.is_empty()) {
        (true, true) => {
            let chosen = pick(&vpc, &pool, ZONES, both, &mut rejected)?;
            (chosen.clone(), chosen)
        }
        (true, false) => {
            let shared: Vec<_> = balancer.iter().copied().filter(|subnet| role_of_nodes(subnet).is_none()).collect();
            let nodes = if shared.is_empty() {
                pick(&vpc, &near(&pool, &balancer), 1, role_of_nodes, &mut rejected)?
            } else {
                shared
            };
            (nodes, balancer)
        }
        (false, true) if nodes.iter().all(|subnet| role_of_balancer(subnet).is_none()) => (nodes.clone(), nodes),
        (false, true) => {
            let found = pick(&vpc, &near(&pool, &nodes), ZONES, role_of_balancer, &mut rejected);
            let found = found.map_err(|problem| first_fault(&nodes, role_of_balancer).unwrap_or(problem))?;
            (nodes, found)
        }
        (false, false) => (nodes, balancer),
    };
    check(&vpc, &nodes, &balancer, role_of_nodes, role_of_balancer)?;
    let node_public_address = nodes.iter().any(|subnet| subnet.route == Route::InternetGateway);
    Ok(Selection { vpc, subnets: nodes, load_balancer_subnets: balancer, node_public_address, rejected })
}

/// Checks the subnets as AWS will: each fit for its role, the load balancer's in at least two different zones and in
/// every zone of the nodes.
fn check(
    vpc: &str,
    nodes: &[&Subnet],
    balancer: &[&Subnet],
    node_fault: impl Fn(&Subnet) -> Option<Rejection>,
    balancer_fault: impl Fn(&Subnet) -> Option<Rejection>,
) -> Result<(), NetworkProblem> {
    for (index, second) in balancer.iter().enumerate() {
        if let Some(first) = balancer[..index].iter().find(|first| first.zone == second.zone) {
            let (first, second, zone) = (first.id.clone(), second.id.clone(), second.zone.clone());
            return Err(NetworkProblem::SameZone { first, second, zone });
        }
    }
    if let Some(problem) = first_fault(nodes, node_fault).or_else(|| first_fault(balancer, balancer_fault)) {
        return Err(problem);
    }
    if balancer.len() < ZONES {
        return Err(NetworkProblem::TooFewZones { vpc: vpc.to_owned(), found: balancer.len(), rejected: Vec::new() });
    }
    match nodes.iter().find(|node| balancer.iter().all(|subnet| subnet.zone != node.zone)) {
        Some(node) => Err(NetworkProblem::ZoneWithoutBalancer { subnet: node.id.clone(), zone: node.zone.clone() }),
        None => Ok(()),
    }
}

fn first_fault(subnets: &[&Subnet], fault: impl Fn(&Subnet) -> Option<Rejection>) -> Option<NetworkProblem> {
    subnets
        .iter()
        .find_map(|subnet| fault(subnet).map(|why| NetworkProblem::Unfit(Rejected { subnet: subnet.id.clone(), why })))
}

/// The first fitting subnet of each zone, at most two of them and at least `at_least`; `pool` is in order of preference.
fn pick<'a>(
    vpc: &str,
    pool: &[&'a Subnet],
    at_least: usize,
    fault: impl Fn(&Subnet) -> Option<Rejection>,
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<&'a Subnet>, NetworkProblem> {
    let mut chosen: Vec<&Subnet> = Vec::new();
    for subnet in pool {
        let spare = chosen.len() == ZONES || chosen.iter().any(|other| other.zone == subnet.zone);
        match fault(subnet).or_else(|| spare.then_some(Rejection::NotNeeded)) {
            Some(why) => rejected.push(Rejected { subnet: subnet.id.clone(), why }),
            None => chosen.push(subnet),
        }
    }
    if chosen.len() < at_least {
        let (vpc, rejected) = (vpc.to_owned(), std::mem::take(rejected));
        return Err(NetworkProblem::TooFewZones { vpc, found: chosen.len(), rejected });
    }
    Ok(chosen)
}

/// Those of the pool that lie in a zone of the given subnets.
fn near<'a>(pool: &[&'a Subnet], subnets: &[&Subnet]) -> Vec<&'a Subnet> {
    pool.iter().copied().filter(|subnet| subnets.iter().any(|other| other.zone == subnet.zone)).collect()
}

fn find<'a>(subnets: &'a [Subnet], ids: &[String]) -> Result<Vec<&'a Subnet>, NetworkProblem> {
    let missing: Vec<_> = ids.iter().filter(|id| subnets.iter().all(|subnet| subnet.id != **id)).cloned().collect();
    if !missing.is_empty() {
        return Err(NetworkProblem::UnknownSubnets(missing));
    }
    Ok(ids.iter().filter_map(|id| subnets.iter().find(|subnet| subnet.id == *id)).collect())
}

fn vpc_of(vpcs: &[Vpc], wish: &Wish, named: Option<&Subnet>) -> Result<String, NetworkProblem> {
    match (&wish.vpc, named) {
        (Some(wanted), _) if vpcs.iter().any(|vpc| vpc.id == *wanted) => Ok(wanted.clone()),
        (Some(wanted), _) => Err(NetworkProblem::UnknownVpc(wanted.clone())),
        (None, Some(subnet)) => Ok(subnet.vpc.clone()),
        (None, None) => {
            vpcs.iter().find(|vpc| vpc.is_default).map(|vpc| vpc.id.clone()).ok_or(NetworkProblem::NoDefaultVpc)
        }
    }
}

fn place_fault(subnet: &Subnet, wish: &Wish) -> Option<Rejection> {
    if subnet.zone_kind == ZoneKind::Other {
        Some(Rejection::ZoneKind(subnet.zone.clone()))
    } else if !wish.availability_zones.is_empty() && !wish.availability_zones.contains(&subnet.zone) {
        Some(Rejection::ZoneNotWanted(subnet.zone.clone()))
    } else if subnet.free_addresses < MIN_FREE_ADDRESSES {
        Some(Rejection::Addresses(subnet.free_addresses))
    } else {
        None
    }
}

fn node_fault(subnet: &Subnet, wish: &Wish) -> Option<Rejection> {
    place_fault(subnet, wish).or_else(|| {
        if !wish.instance_zones.contains(&subnet.zone) {
            let (instance_type, zone) = (wish.instance_type.clone(), subnet.zone.clone());
            return Some(Rejection::NotOffered { instance_type, zone });
        }
        (subnet.route == Route::None && !wish.may_be_closed()).then_some(Rejection::NoRoute)
    })
}

fn balancer_fault(subnet: &Subnet, wish: &Wish) -> Option<Rejection> {
    place_fault(subnet, wish)
        .or_else(|| (!wish.internal && subnet.route != Route::InternetGateway).then_some(Rejection::Private))
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
