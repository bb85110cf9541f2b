//! Who answers for a name in the eyes of the world: the registries of parent domains, and NS records in parent zones.

use super::{Answer, State, Zone, answer, name_of};

/// What a parent's name server says about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Referral {
    /// The zone of that name is served by these, each with the final dot.
    To(Vec<String>),
    /// There is no zone of that name.
    Nowhere,
}

/// The referral for exactly this name.
// https://datatracker.ietf.org/doc/html/rfc1034 (section 4.3.2)
pub fn referral(state: &mut State, now: f64, name: &str) -> Referral {
    state.zones.values_mut().for_each(|zone| zone.settle(now));
    let name = name_of(name);
    let servers = match state.delegations.get(&name) {
        Some(servers) => Some(servers.clone()),
        None => visible(state, parent(&name)).and_then(|zone| listed(zone, &name)),
    };
    servers.map_or(Referral::Nowhere, |servers| Referral::To(servers.iter().map(|server| name_of(server)).collect()))
}

/// Answers as a resolver somewhere in the world does: only by zones that are delegated to.
pub fn seen(state: &mut State, now: f64, name: &str, kind: &str) -> Answer {
    state.zones.values_mut().for_each(|zone| zone.settle(now));
    let name = name_of(name);
    match visible(state, &name).map(|zone| zone.id.clone()) {
        Some(zone) => answer::of_zone(state, now, &zone, &name, kind),
        // A zone of the account that nobody is sent to is none.
        None if state.zones.values().any(|zone| zone.vpc.is_none() && within(&name, &zone.name)) => {
            Answer::NoSuchName { zone: None }
        }
        None => answer::lookup(state, now, &name, kind),
    }
}

/// The zone of the account that the world is sent to for a name, from the registry's cut down.
fn visible<'s>(state: &'s State, name: &str) -> Option<&'s Zone> {
    let registered = state.delegations.iter().filter(|(zone, _)| within(name, zone));
    let (cut, servers) = registered.max_by_key(|(zone, _)| zone.len())?;
    let mut zone = serving(state, cut, servers)?;
    loop {
        let cuts = zone
            .published
            .values()
            .filter(|own| own.kind == "NS" && own.name.len() > zone.name.len() && within(name, &own.name));
        let Some(cut) = cuts.min_by_key(|own| own.name.len()) else { return Some(zone) };
        zone = serving(state, &cut.name, &cut.values)?;
    }
}

/// The zone of this name that one of these servers answers for.
fn serving<'s>(state: &'s State, name: &str, servers: &[String]) -> Option<&'s Zone> {
    let named = |zone: &&Zone| zone.vpc.is_none() && zone.name == name;
    let served =
        |zone: &&Zone| zone.name_servers.iter().any(|own| servers.iter().any(|server| name_of(server) == name_of(own)));
    state.zones.values().filter(named).find(served)
}

/// The servers of an NS record that a zone has below itself.
fn listed(zone: &Zone, name: &str) -> Option<Vec<String>> {
    let own = zone.published.values().find(|own| own.kind == "NS" && own.name == *name && own.name != zone.name)?;
    Some(own.values.clone())
}

fn parent(name: &str) -> &str {
    name.split_once('.').map_or("", |(_, parent)| parent)
}

fn within(name: &str, zone: &str) -> bool {
    name == zone || name.ends_with(&format!(".{zone}"))
}
