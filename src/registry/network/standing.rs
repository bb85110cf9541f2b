//! The network of a registry that stands: what is not said stays, and every node that serves stays served. Pure.

use std::collections::BTreeSet;

use super::choose::{choose, near};
use super::{NetworkProblem, Selection, Subnet, Vpc, Wish};

/// Where a registry is until now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The nodes' subnets.
    pub subnets: Vec<String>,
    /// The load balancer's subnets.
    pub load_balancer_subnets: Vec<String>,
    /// Whether these are the nodes' and go where the nodes go.
    pub balancer_follows: bool,
}

/// The way to another network on which every node is served: the nodes move while the load balancer is in the zones of
/// the old and the new ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// Where the nodes go.
    pub subnets: Vec<String>,
    /// Where the load balancer is meanwhile.
    pub meanwhile: Vec<String>,
    /// Where it ends.
    pub finally: Vec<String>,
}

/// Chooses as [`choose`] does, for a registry that stands: subnets that the wish does not name stay. CloudFormation
/// changes the load balancer before it replaces nodes, and no request reaches nodes of a zone that it has left.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-subnets.html>
pub fn change<'a>(vpcs: &[Vpc], subnets: &'a [Subnet], wish: &Wish) -> Result<Selection<'a>, NetworkProblem> {
    let Some(standing) = &wish.standing else { return choose(vpcs, subnets, wish) };
    let mut wish = wish.clone();
    if wish.subnets.is_empty() || same(&wish.subnets, &standing.subnets) {
        wish.subnets.clone_from(&standing.subnets);
    }
    let kept = wish.load_balancer_subnets.is_empty() && !standing.balancer_follows;
    if kept || same(&wish.load_balancer_subnets, &standing.load_balancer_subnets) {
        wish.load_balancer_subnets.clone_from(&standing.load_balancer_subnets);
    }
    let steps = |goal: &Selection| Steps {
        subnets: wish.subnets.clone(),
        meanwhile: union(&goal.load_balancer_subnets, &of(subnets, &standing.load_balancer_subnets)),
        finally: ids(&goal.load_balancer_subnets),
    };
    let selection = match choose(vpcs, subnets, &wish) {
        Err(NetworkProblem::ZoneWithoutBalancer { subnet, zone, .. }) if kept => {
            let goal = choose(vpcs, subnets, &Wish { load_balancer_subnets: Vec::new(), ..wish.clone() })?;
            return Err(NetworkProblem::ZoneWithoutBalancer { subnet, zone, steps: Some(steps(&goal)) });
        }
        other => other?,
    };
    let balancer = &selection.load_balancer_subnets;
    let serving = of(subnets, &standing.subnets);
    let left = serving.iter().filter(|subnet| near(&[subnet], balancer).is_empty());
    let zones: BTreeSet<_> = left.map(|subnet| subnet.zone.clone()).collect();
    if zones.is_empty() {
        return Ok(selection);
    }
    Err(NetworkProblem::NodesLeftBehind { zones: zones.into_iter().collect(), steps: steps(&selection) })
}

/// The goal's subnets, and of the present ones those in other zones: a load balancer takes one subnet of each zone.
fn union(goal: &[&Subnet], present: &[&Subnet]) -> Vec<String> {
    let more: Vec<_> = present.iter().copied().filter(|subnet| near(&[subnet], goal).is_empty()).collect();
    [ids(goal), ids(&more)].concat()
}

fn of<'a>(subnets: &'a [Subnet], ids: &[String]) -> Vec<&'a Subnet> {
    subnets.iter().filter(|subnet| ids.contains(&subnet.id)).collect()
}

fn ids(subnets: &[&Subnet]) -> Vec<String> {
    subnets.iter().map(|subnet| subnet.id.clone()).collect()
}

/// The same subnets: another order is no other network.
fn same(named: &[String], present: &[String]) -> bool {
    named.len() == present.len() && named.iter().all(|id| present.contains(id))
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
