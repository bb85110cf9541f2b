//! What Route 53 refuses of one record set beside those that are there: values, routing policies, aliases.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Key, RecordSet, Routing};

/// Where an alias may lead, in the eyes of one batch.
pub(super) struct Targets<'a> {
    /// Zone of the region's load balancers.
    pub balancers: &'a str,
    /// Names in AWS's own zones, without the final dot.
    pub service_names: &'a dyn Fn(&str) -> bool,
    /// The zone that is changed.
    pub own_zone: &'a str,
    pub own_name: &'a str,
}

/// The problem of a record set that is to be kept beside `records`, in the words of a batch's refusal.
pub(super) fn problem(record: &RecordSet, records: &BTreeMap<Key, RecordSet>, targets: &Targets) -> Option<String> {
    value_problem(record)
        .or_else(|| routing_problem(record, records))
        .or_else(|| record.alias.as_ref().and_then(|_| alias_problem(record, records, targets)))
}

// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html; the words [U]
fn value_problem(record: &RecordSet) -> Option<String> {
    let fatal = |what: &str, value: &str| {
        Some(format!("Invalid Resource Record: FATAL problem: {what} encountered with '{value}'"))
    };
    let mut seen: Vec<&str> = Vec::new();
    for value in &record.values {
        if seen.contains(&value.as_str()) {
            return Some(format!("Duplicate Resource Record: '{value}'"));
        }
        seen.push(value);
        let refused = match record.kind.as_str() {
            // https://github.com/gomodules/dns/issues/7
            "A" if value.parse::<Ipv4Addr>().is_err() => {
                fatal("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)", value)
            }
            "AAAA" if value.parse::<Ipv6Addr>().is_err() => {
                fatal("AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)", value)
            }
            // https://github.com/redhat-cop/infra-ansible/issues/376
            "TXT" | "SPF" if !(value.len() >= 2 && value.starts_with('"') && value.ends_with('"')) => {
                fatal("InvalidCharacterString (Value should be enclosed in quotation marks)", value)
            }
            "TXT" | "SPF" if !value.contains("\" \"") && value.len() > 257 => {
                fatal("CharacterStringTooLong (Value is too long)", value)
            }
            "CNAME" | "NS" if value.is_empty() || value.contains([' ', '/', ':']) => {
                fatal("DomainNameIllegal (Value is not a valid domain name)", value)
            }
            _ => None,
        };
        if refused.is_some() {
            return refused;
        }
    }
    // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html: one value for a CNAME; the words [U]
    (record.kind == "CNAME" && record.values.len() > 1)
        .then(|| format!("RRSet of type CNAME with DNS name {} must have exactly one resource record", record.name))
}

// https://github.com/aws/aws-sdk-go-v2/issues/518, https://github.com/kubernetes-sigs/external-dns/issues/4345,
// https://github.com/chef-boneyard/route53/issues/100
fn routing_problem(record: &RecordSet, records: &BTreeMap<Key, RecordSet>) -> Option<String> {
    let key = record.key();
    let same = |other: &&RecordSet| other.name == record.name && other.kind == record.kind && other.key() != key;
    let mut others = records.values().filter(same).peekable();
    others.peek()?;
    let Some(routing) = &record.routing else {
        return Some(format!(
            "RRSet with DNS name {}, type {} cannot be created as other RRSets exist with the same name and type.",
            record.name, record.kind
        ));
    };
    let named = format!(
        "RRSet with DNS name {}, type {}, SetIdentifier {} cannot be created",
        record.name,
        record.kind,
        record.set_identifier.as_deref().unwrap_or_default()
    );
    for other in others {
        let alike = other.routing.as_ref().is_some_and(|other| other.name() == routing.name());
        if !alike {
            let kind = routing.name();
            return Some(format!("{named} as a non-{kind} set exists with the same name and type."));
        }
        if matches!(routing, Routing::Weighted(_))
            && record.alias.is_none()
            && other.alias.is_none()
            && record.ttl != other.ttl
        {
            return Some(format!("{named} as weighted sets must contain the same TTL."));
        }
        if !matches!(routing, Routing::Weighted(_) | Routing::MultiValue) && other.routing.as_ref() == Some(routing) {
            // The words [U].
            return Some(format!("{named} as another {} set with the same value exists.", routing.name()));
        }
    }
    None
}

// https://github.com/aws/aws-cdk/issues/19643, https://github.com/barnybug/cli53/issues/213 and 227 (the words)
fn alias_problem(record: &RecordSet, records: &BTreeMap<Key, RecordSet>, targets: &Targets) -> Option<String> {
    let alias = record.alias.as_ref()?;
    let tried = format!(
        "Tried to create an alias that targets {}, type {} in zone {}, but",
        alias.dns_name, record.kind, alias.zone_id
    );
    let outside = || Some(format!("{tried} the alias target name does not lie within the target zone"));
    let missing = || Some(format!("{tried} that target was not found"));
    let target = alias.dns_name.trim_end_matches('.');
    if alias.zone_id == targets.own_zone {
        let within = alias.dns_name == targets.own_name || alias.dns_name.ends_with(&format!(".{}", targets.own_name));
        let there = records.values().any(|other| other.name == alias.dns_name && other.kind == record.kind);
        return if !within {
            outside()
        } else if there {
            None
        } else {
            missing()
        };
    }
    let balancer = target.contains(".elb.amazonaws.com");
    if balancer != (alias.zone_id == targets.balancers) {
        return outside();
    }
    let target = target.strip_prefix("dualstack.").unwrap_or(target);
    if balancer && !(targets.service_names)(target) {
        return missing();
    }
    None
}
