//! Which load balancer a server name means, and which target gets a request.

use std::net::SocketAddr;

use serde_json::Value;

use super::certificate::{self, Pem};
use crate::Region;
use crate::region::World;
use crate::service::elbv2::{Health, Listener, LoadBalancer, State, ssl_policies};
use crate::service::route53::Key;

/// The listener on port 443 of the load balancer that this server name leads to: by the region's DNS, by the load
/// balancer's own name, or because there is only one. Only active load balancers are found.
pub(super) fn by_server_name(region: &Region, name: Option<&str>) -> Option<String> {
    region.world(|world| {
        let alias = name.and_then(|name| alias_of(world, name));
        let wanted = alias.as_deref().or(name).unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let wanted = wanted.strip_prefix("dualstack.").unwrap_or(&wanted);
        let active: Vec<&LoadBalancer> = world.elbv2.load_balancers.iter().filter(|one| one.active).collect();
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

/// What the account's alias record of this name points to.
fn alias_of(world: &World, name: &str) -> Option<String> {
    let key = Key::new(name, "A");
    let record = world.route53.zones.values().find_map(|zone| zone.records.get(&key))?;
    record.alias.as_ref().map(|alias| alias.dns_name.clone())
}

/// The certificate and the policy of a listener, as they are now.
pub(super) fn certificate_of(region: &Region, listener_arn: &str) -> Option<(Pem, String)> {
    region.world(|world| {
        let settings = &world.elbv2.listener(listener_arn).ok()?.settings;
        let pem = certificate::find(world, settings.certificate.as_deref()?)?;
        let policy = settings.ssl_policy.clone().unwrap_or_else(|| ssl_policies::DEFAULT.to_owned());
        Some((pem, policy))
    })
}

/// What is to be done with a request.
#[derive(Debug)]
pub(super) enum Decision {
    /// Send it to this target; `None` if nothing listens there.
    Forward { address: Option<SocketAddr>, idle_seconds: u64, port: u16, secure: bool },
    /// Answer `fixed-response` or `redirect` from this action.
    Answer { action: Value },
    /// No target is registered.
    NoTarget,
    /// The listener is gone.
    Gone,
}

/// Decides by the listener's default action: round robin over the healthy targets, or over all of them when none is.
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
pub(super) fn decide(region: &Region, listener_arn: &str) -> Decision {
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
        match next(state, &group, &zones) {
            Some((instance_id, target_port)) => Ok((instance_id, target_port, idle_seconds, port, secure)),
            None => Err(Decision::NoTarget),
        }
    });
    match chosen {
        Ok((instance_id, target_port, idle_seconds, port, secure)) => {
            let address = region.nodes.address(&instance_id, target_port);
            Decision::Forward { address, idle_seconds, port, secure }
        }
        Err(decision) => decision,
    }
}

fn next(state: &mut State, group: &str, zones: &[String]) -> Option<(String, u16)> {
    let group = state.target_group_mut(group).ok()?;
    let served = |zone: &String| zones.contains(zone);
    let present: Vec<_> =
        group.targets.iter().filter(|one| one.health != Health::Draining && served(&one.zone)).collect();
    let healthy: Vec<_> = present.iter().copied().filter(|one| one.health == Health::Healthy).collect();
    let candidates = if healthy.is_empty() { present } else { healthy };
    let chosen = candidates.get(group.turn.checked_rem(candidates.len())?)?;
    let chosen = (chosen.instance_id.clone(), chosen.port);
    group.turn = group.turn.wrapping_add(1);
    Some(chosen)
}
