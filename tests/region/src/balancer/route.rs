//! Which load balancer a server name means, and which target gets a request.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::Value;

use super::certificate::{self, Pem};
use super::firewall;
use crate::Region;
use crate::region::World;
use crate::service::elbv2::load_balancers::Zone;
use crate::service::elbv2::{Health, Listener, LoadBalancer, State, Target, ssl_policies};
use crate::service::route53::Key;

/// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html (HTTP 504)
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The listener on port 443 of the load balancer that this server name leads to: by the region's DNS, by the load
/// balancer's own name, or because there is only one. Only active load balancers are found, and of those that face the
/// internet only what has a route to it.
pub(super) fn by_server_name(region: &Region, name: Option<&str>) -> Option<String> {
    region.world(|world| {
        let alias = name.and_then(|name| alias_of(world, name));
        let wanted = alias.as_deref().or(name).unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let wanted = wanted.strip_prefix("dualstack.").unwrap_or(&wanted);
        let active: Vec<&LoadBalancer> =
            world.elbv2.load_balancers.iter().filter(|one| one.active && reachable(world, one)).collect();
        let chosen = active.iter().find(|one| one.dns_name.eq_ignore_ascii_case(wanted));
        let chosen = match (chosen, active.as_slice()) {
            (Some(chosen), _) => chosen,
            (None, [only]) => only,
            _ => return None,
        };
        let listens = |one: &&Listener| one.load_balancer_arn == chosen.arn && one.settings.port == 443;
        world.elbv2.listeners.iter().find(listens).map(|listener| listener.arn.clone())
    })
}

/// An internet-facing load balancer in private subnets is made, and nobody reaches it.
/// https://repost.aws/knowledge-center/public-load-balancer-private-ec2
fn reachable(world: &World, one: &LoadBalancer) -> bool {
    let network = &world.ec2.network;
    let public = |zone: &Zone| network.subnets.get(&zone.subnet_id).is_some_and(|subnet| network.is_public(subnet));
    one.scheme == "internal" || one.zones.iter().any(public)
}

/// Whether security groups let clients connect to this listener.
pub(super) fn admitted(region: &Region, listener_arn: &str) -> bool {
    region.world(|world| {
        let Ok(listener) = world.elbv2.listener(listener_arn) else { return false };
        let load_balancer = world.elbv2.load_balancer(&listener.load_balancer_arn);
        load_balancer.is_ok_and(|one| firewall::admits(world, one, listener.settings.port))
    })
}

/// What the account's alias record of this name points to.
fn alias_of(world: &World, name: &str) -> Option<String> {
    let key = Key::new(name, "A");
    let record = world.route53.zones.values().find_map(|zone| zone.records.get(&key))?;
    record.alias.as_ref().map(|alias| alias.dns_name.clone())
}

/// The certificate and the policy of a listener, as they are now: of several certificates the first that has the name
/// that the client asks for, else the default.
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
pub(super) fn certificate_of(region: &Region, listener_arn: &str, name: Option<&str>) -> Option<(Pem, String)> {
    region.world(|world| {
        let listener = world.elbv2.listener(listener_arn).ok()?;
        let settings = &listener.settings;
        let default = certificate::find(world, settings.certificate.as_deref()?)?;
        let more = listener.more_certificates.iter().filter_map(|arn| certificate::find(world, arn));
        let mut all = std::iter::once(default.clone()).chain(more);
        let pem = name.and_then(|name| all.find(|pem| pem.covers(name))).unwrap_or(default);
        let policy = settings.ssl_policy.clone().unwrap_or_else(|| ssl_policies::DEFAULT.to_owned());
        Some((pem, policy))
    })
}

/// What is to be done with a request.
#[derive(Debug)]
pub(super) enum Decision {
    /// Send it to this target; its address is `None` if nothing listens there.
    Forward { address: Option<SocketAddr>, flight: InFlight, idle_seconds: u64, port: u16, secure: bool },
    /// Security groups keep the load balancer from this target, so nothing is ever answered.
    Blocked { flight: InFlight, patience: Duration },
    /// Answer `fixed-response` or `redirect` from this action.
    Answer { action: Value },
    /// No target is registered.
    NoTarget,
    /// The listener is gone.
    Gone,
}

/// A request on its way to a target; it is over when this is dropped.
#[derive(Debug)]
pub(super) struct InFlight {
    region: Weak<Region>,
    target_group: String,
    instance_id: String,
    registration: u64,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let Some(region) = self.region.upgrade() else { return };
        region.world(|world| {
            let Ok(group) = world.elbv2.target_group_mut(&self.target_group) else { return };
            for target in &mut group.targets {
                if target.instance_id == self.instance_id && target.registration == self.registration {
                    target.in_flight = target.in_flight.saturating_sub(1);
                }
            }
        });
    }
}

/// Decides by the listener's default action: round robin over the healthy targets, or over all of them when none is;
/// with `least_outstanding_requests`, over those of them that have the fewest requests in flight.
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
pub(super) fn decide(region: &Arc<Region>, listener_arn: &str) -> Decision {
    let chosen = region.world(|world| {
        let state = &mut world.elbv2;
        let Ok(listener) = state.listener(listener_arn) else { return Err(Decision::Gone) };
        let Ok(load_balancer) = state.load_balancer(&listener.load_balancer_arn) else { return Err(Decision::Gone) };
        let idle = load_balancer.attributes.get("idle_timeout.timeout_seconds");
        let idle_seconds = idle.and_then(|value| value.parse().ok()).unwrap_or(60);
        let (port, secure) = (listener.settings.port, listener.settings.protocol == "HTTPS");
        let Some(group) = listener.target_group() else {
            let action = listener.settings.actions.last().cloned().unwrap_or_default();
            return Err(Decision::Answer { action });
        };
        let zones = load_balancer.zones.iter().map(|zone| zone.name.clone()).collect::<Vec<_>>();
        let load_balancer = load_balancer.clone();
        let Some(target) = next(state, &group, &zones) else { return Err(Decision::NoTarget) };
        let instance = world.ec2.instances.instance(&target.instance_id);
        let open = instance.is_ok_and(|one| firewall::passes(world, &load_balancer, one, target.port));
        Ok((group, target, open, idle_seconds, port, secure))
    });
    match chosen {
        Ok((target_group, target, open, idle_seconds, port, secure)) => {
            let address = region.nodes.address(&target.instance_id, target.port);
            let flight = InFlight {
                region: Arc::downgrade(region),
                target_group,
                instance_id: target.instance_id,
                registration: target.registration,
            };
            if !open {
                return Decision::Blocked { flight, patience: region.node_clock().scaled(CONNECT_TIMEOUT) };
            }
            Decision::Forward { address, flight, idle_seconds, port, secure }
        }
        Err(decision) => decision,
    }
}

/// Chooses a target and counts the request as one of its own.
fn next(state: &mut State, group: &str, zones: &[String]) -> Option<Target> {
    let group = state.target_group_mut(group).ok()?;
    let fewest = group.attributes.get("load_balancing.algorithm.type").is_some_and(|one| one != "round_robin");
    let mut candidates: Vec<usize> = Vec::new();
    for wanted in [true, false] {
        let fits = |one: &Target| {
            one.health != Health::Draining && zones.contains(&one.zone) && (!wanted || one.health == Health::Healthy)
        };
        candidates = (0..group.targets.len()).filter(|index| fits(&group.targets[*index])).collect();
        if !candidates.is_empty() {
            break;
        }
    }
    if fewest {
        let least = candidates.iter().map(|index| group.targets[*index].in_flight).min();
        candidates.retain(|index| Some(group.targets[*index].in_flight) == least);
    }
    let chosen = candidates[group.turn.checked_rem(candidates.len())?];
    group.turn = group.turn.wrapping_add(1);
    group.targets[chosen].in_flight += 1;
    Some(group.targets[chosen].clone())
}
