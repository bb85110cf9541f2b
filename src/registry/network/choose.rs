//! Chooses the subnets of the load balancer and the nodes, or checks those that were named. Pure.

use std::collections::BTreeSet;

use super::problem::MIN_FREE_ADDRESSES;
use super::{NetworkProblem, Rejected, Rejection, Route, Standing, Subnet, Vpc, ZoneKind};

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
    /// Where the registry is until now, if it stands.
    pub standing: Option<Standing>,
    /// The availability zones for the nodes; empty for any.
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

    /// Whether the load balancer of a standing registry is in this subnet.
    fn has_balancer_in(&self, subnet: &Subnet) -> bool {
        self.standing.as_ref().is_some_and(|standing| standing.load_balancer_subnets.contains(&subnet.id))
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
    pool.sort_by_key(|subnet| {
        let elsewhere = (!wish.has_balancer_in(subnet), !wish.availability_zones.contains(&subnet.zone));
        (elsewhere, &subnet.zone, !subnet.is_default, std::cmp::Reverse(subnet.free_addresses), &subnet.id)
    });

    let role_of_nodes = |subnet: &Subnet| node_fault(subnet, wish);
    let role_of_balancer = |subnet: &Subnet| balancer_fault(subnet, wish);
    let both = |subnet: &Subnet| role_of_nodes(subnet).or_else(|| role_of_balancer(subnet));

    let mut rejected = Vec::new();
    let (nodes, balancer) = match (nodes.is_empty(), balancer.is_empty()) {
        (true, true) => {
            let chosen = pick(&vpc, &pool, (ZONES, ZONES), both, &mut rejected)?;
            (chosen.clone(), chosen)
        }
        (true, false) => {
            let shared: Vec<_> = balancer.iter().copied().filter(|subnet| role_of_nodes(subnet).is_none()).collect();
            let nodes = if shared.is_empty() {
                pick(&vpc, &near(&pool, &balancer), (1, ZONES), role_of_nodes, &mut rejected)?
            } else {
                shared
            };
            (nodes, balancer)
        }
        (false, true) => {
            let balancer = in_front_of(&nodes, &vpc, &pool, role_of_balancer, &mut rejected)?;
            (nodes, balancer)
        }
        (false, false) => (nodes, balancer),
    };
    check(&vpc, &nodes, &balancer, role_of_nodes, role_of_balancer)?;
    let node_public_address = nodes.iter().any(|subnet| subnet.route == Route::InternetGateway);
    Ok(Selection { vpc, subnets: nodes, load_balancer_subnets: balancer, node_public_address, rejected })
}

/// The load balancer's subnets for nodes in these: the same ones where they fit, else a fitting one of each of their
/// zones; and one of another zone where that is one zone only.
fn in_front_of<'a>(
    nodes: &[&'a Subnet],
    vpc: &str,
    pool: &[&'a Subnet],
    fault: impl Fn(&Subnet) -> Option<Rejection>,
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<&'a Subnet>, NetworkProblem> {
    let mut chosen: Vec<_> = nodes.to_vec();
    if nodes.iter().any(|subnet| fault(subnet).is_some()) {
        let others = near(pool, nodes).into_iter().filter(|subnet| !nodes.contains(subnet));
        let order: Vec<_> = nodes.iter().copied().chain(others).collect();
        chosen = pick(vpc, &order, (0, nodes.len()), &fault, rejected)?;
        if let Some(bare) = nodes.iter().find(|subnet| near(&[subnet], &chosen).is_empty()) {
            return Err(first_fault(&[bare], fault).unwrap_or_else(|| without_balancer(bare)));
        }
    }
    let first = chosen.first().map(|subnet| subnet.zone.clone());
    if chosen.iter().all(|subnet| Some(&subnet.zone) == first.as_ref()) {
        let others: Vec<_> = pool.iter().copied().filter(|subnet| Some(&subnet.zone) != first.as_ref()).collect();
        let second = pick(vpc, &others, (0, 1), fault, rejected)?;
        if second.is_empty() {
            let (vpc, rejected) = (vpc.to_owned(), std::mem::take(rejected));
            return Err(NetworkProblem::TooFewZones { vpc, found: 1, rejected });
        }
        chosen.extend(second);
    }
    Ok(chosen)
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
    match nodes.iter().find(|node| near(&[node], balancer).is_empty()) {
        Some(node) => Err(without_balancer(node)),
        None => Ok(()),
    }
}

fn without_balancer(node: &Subnet) -> NetworkProblem {
    NetworkProblem::ZoneWithoutBalancer { subnet: node.id.clone(), zone: node.zone.clone(), steps: None }
}

fn first_fault(subnets: &[&Subnet], fault: impl Fn(&Subnet) -> Option<Rejection>) -> Option<NetworkProblem> {
    subnets
        .iter()
        .find_map(|subnet| fault(subnet).map(|why| NetworkProblem::Unfit(Rejected { subnet: subnet.id.clone(), why })))
}

/// The first fitting subnet of each zone, so many of them; `pool` is in order of preference.
fn pick<'a>(
    vpc: &str,
    pool: &[&'a Subnet],
    (at_least, at_most): (usize, usize),
    fault: impl Fn(&Subnet) -> Option<Rejection>,
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<&'a Subnet>, NetworkProblem> {
    let mut chosen: Vec<&Subnet> = Vec::new();
    for subnet in pool {
        let spare = chosen.len() == at_most || chosen.iter().any(|other| other.zone == subnet.zone);
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
pub(super) fn near<'a>(pool: &[&'a Subnet], subnets: &[&Subnet]) -> Vec<&'a Subnet> {
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

fn place_fault(subnet: &Subnet) -> Option<Rejection> {
    if subnet.zone_kind == ZoneKind::Other {
        Some(Rejection::ZoneKind(subnet.zone.clone()))
    } else if subnet.free_addresses < MIN_FREE_ADDRESSES {
        Some(Rejection::Addresses(subnet.free_addresses))
    } else {
        None
    }
}

/// Why no nodes can be in the subnet. Where they are already, only what is asked for anew is judged.
fn node_fault(subnet: &Subnet, wish: &Wish) -> Option<Rejection> {
    let stand = wish.standing.as_ref().is_some_and(|standing| standing.subnets.contains(&subnet.id));
    let zone = || subnet.zone.clone();
    if let Some(fault) = place_fault(subnet).filter(|_| !stand) {
        Some(fault)
    } else if !wish.availability_zones.is_empty() && !wish.availability_zones.contains(&subnet.zone) {
        Some(Rejection::ZoneNotWanted(zone()))
    } else if !wish.instance_zones.contains(&subnet.zone) {
        Some(Rejection::NotOffered { instance_type: wish.instance_type.clone(), zone: zone() })
    } else {
        (subnet.route == Route::None && !stand && !wish.may_be_closed()).then_some(Rejection::NoRoute)
    }
}

/// Why the load balancer cannot be in the subnet; nothing, where it is already.
fn balancer_fault(subnet: &Subnet, wish: &Wish) -> Option<Rejection> {
    if wish.has_balancer_in(subnet) {
        return None;
    }
    place_fault(subnet)
        .or_else(|| (!wish.internal && subnet.route != Route::InternetGateway).then_some(Rejection::Private))
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
