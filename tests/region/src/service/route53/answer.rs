//! What the name servers answer: the published records, aliases resolved, and AWS's own names.

use std::net::Ipv4Addr;

use super::{RecordSet, Routing, State, name_of, routing};

/// Seconds an alias to a load balancer lives.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html
const ALIAS_TTL: u64 = 60;

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Values in presentation form, with their time to live. `kind` is `CNAME` when the name is one and the question
    /// was for another type.
    Found { kind: String, ttl: u64, values: Vec<String> },
    /// The name exists, without that type. `zone` is its zone's name when it is one of the account's.
    NoData { zone: Option<String> },
    /// No such name.
    NoSuchName { zone: Option<String> },
}

/// Answers as the name servers of the account's public zones and of AWS do at `now`.
pub fn lookup(state: &mut State, now: f64, name: &str, kind: &str) -> Answer {
    for zone in state.zones.values_mut() {
        zone.settle(now);
    }
    let name = name_of(name);
    let zone = state
        .zones
        .values()
        .filter(|zone| zone.vpc.is_none() && (name == zone.name || name.ends_with(&format!(".{}", zone.name))))
        // Of two zones of one name, people mean the one that the world is sent to.
        .max_by_key(|zone| (zone.name.len(), state.delegations.get(&zone.name) == Some(&zone.name_servers)));
    match zone.map(|zone| zone.id.clone()) {
        Some(zone) => of_zone(state, now, &zone, &name, kind),
        None => service_name(state, &name, kind),
    }
}

/// Answers as the name servers of one zone do. `name` is in lower case with the final dot, and in the zone.
pub(super) fn of_zone(state: &mut State, now: f64, zone: &str, name: &str, kind: &str) -> Answer {
    let Some(zone) = state.zones.get(zone) else { return Answer::NoSuchName { zone: None } };
    let exists =
        zone.published.values().any(|record| record.name == *name || record.name.ends_with(&format!(".{name}")));
    let wildcard = name.split_once('.').map(|(_, parent)| format!("*.{parent}")).filter(|_| !exists);
    let own = Some(zone.name.clone());
    let at = |name: &str, kind: &str| -> Vec<&RecordSet> {
        zone.published.values().filter(|record| record.name == name && record.kind == kind).collect()
    };
    let found = |kind: &str| {
        let exact = at(name, kind);
        if exact.is_empty() { wildcard.as_deref().map(|name| at(name, kind)).unwrap_or_default() } else { exact }
    };
    let mut records = found(kind);
    if records.is_empty() {
        records = found("CNAME");
    }
    let by_policy: Vec<(&Routing, ())> = records.iter().filter_map(|one| Some((one.routing.as_ref()?, ()))).collect();
    let draw = |end: usize| state.draws.as_ref().map(|draws| draws.below(end)).unwrap_or_default();
    let chosen = if by_policy.is_empty() { Some(0) } else { routing::choose(&by_policy, draw) };
    let Some(first) = records.first() else {
        let by_wildcard =
            wildcard.is_some_and(|wildcard| zone.published.values().any(|record| record.name == wildcard));
        return if exists || by_wildcard { Answer::NoData { zone: own } } else { Answer::NoSuchName { zone: own } };
    };
    if chosen.is_none() && matches!(first.routing, Some(Routing::Geolocation(_))) {
        // Nobody asks from a place that has no record and no default one.
        return Answer::NoData { zone: own };
    }
    let Some(record) = chosen.and_then(|index| records.get(index)) else {
        // Up to eight of the values of a multivalue answer.
        // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-multivalue.html
        let values = records.iter().flat_map(|record| record.values.clone()).take(8).collect();
        return Answer::Found { kind: first.kind.clone(), ttl: first.ttl.unwrap_or(ALIAS_TTL), values };
    };
    let Some(alias) = &record.alias else {
        let (kind, values) = (record.kind.clone(), record.values.clone());
        return Answer::Found { kind, ttl: record.ttl.unwrap_or(ALIAS_TTL), values };
    };
    let target = alias.dns_name.clone();
    match if target == name { Answer::NoData { zone: None } } else { lookup(state, now, &target, kind) } {
        Answer::Found { kind, values, .. } => Answer::Found { kind, ttl: ALIAS_TTL, values },
        _ => Answer::NoData { zone: own },
    }
}

/// Names outside the account's zones: load balancers, service endpoints, name servers.
fn service_name(state: &State, name: &str, kind: &str) -> Answer {
    let bare = name.trim_end_matches('.');
    // `dualstack.NAME` is the same load balancer; CloudFormation's console makes such aliases.
    let bare = bare.strip_prefix("dualstack.").unwrap_or(bare);
    let addresses: Option<Vec<Ipv4Addr>> = state.service_names.get(bare).cloned().or_else(|| {
        let ours = bare.ends_with(".amazonaws.com") || bare.ends_with(".api.aws") || bare.contains(".awsdns-");
        ours.then(|| vec![state.server_address.unwrap_or(Ipv4Addr::LOCALHOST)])
    });
    // A load balancer that is gone leaves no name behind, unlike a service endpoint.
    let gone = bare.ends_with(".elb.amazonaws.com") && !state.service_names.contains_key(bare);
    match addresses.filter(|_| !gone) {
        None => Answer::NoSuchName { zone: None },
        Some(_) if kind != "A" => Answer::NoData { zone: None },
        Some(addresses) => {
            let values = addresses.iter().map(ToString::to_string).collect();
            Answer::Found { kind: "A".to_owned(), ttl: ALIAS_TTL, values }
        }
    }
}
