//! Route 53: hosted zones, their name servers and their records.

use aws_sdk_route53::error::BuildError;
use aws_sdk_route53::types::{self, ChangeAction, ChangeBatch, GeoLocation, ResourceRecordSet, RrType};

use super::{Aws, AwsCallError};
use crate::registry::record::{Action, AliasTarget, Change, RecordSet, ResourceRecord};
use crate::registry::zone::Zone;

/// Every hosted zone of the account.
pub async fn zones(aws: &Aws) -> Result<Vec<Zone>, AwsCallError> {
    let client = aws_sdk_route53::Client::new(aws.config());
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let answer = client.list_hosted_zones().set_marker(marker).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListHostedZones", error))?;
        found.extend(page.hosted_zones().iter().map(|zone| {
            let private = zone.config().is_some_and(|config| config.private_zone());
            Zone::new(zone.id(), zone.name(), private)
        }));
        marker = page.next_marker().filter(|_| page.is_truncated()).map(str::to_owned);
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// The names of the servers that answer for a zone.
pub async fn name_servers(aws: &Aws, zone_id: &str) -> Result<Vec<String>, AwsCallError> {
    let answer = aws_sdk_route53::Client::new(aws.config()).get_hosted_zone().id(zone_id).send().await;
    let output = answer.map_err(|error| AwsCallError::of("GetHostedZone", error))?;
    Ok(output.delegation_set().map(|set| set.name_servers().to_vec()).unwrap_or_default())
}

/// The names of the servers that a zone may be delegated to: its own, and those that its NS record names beside them, as
/// white-label name servers are set up.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/white-label-name-servers.html>
pub async fn names_of_servers(aws: &Aws, zone: &Zone) -> Result<Vec<String>, AwsCallError> {
    let (mut names, records) = tokio::try_join!(name_servers(aws, &zone.id), record_sets(aws, &zone.id, &zone.name))?;
    for server in records.iter().filter(|own| own.kind == "NS").flat_map(RecordSet::targets) {
        let server = server.trim_end_matches('.').to_ascii_lowercase();
        if !names.contains(&server) {
            names.push(server);
        }
    }
    Ok(names)
}

/// The record sets of exactly this name in a zone, whatever their types and routing.
pub async fn record_sets(aws: &Aws, zone_id: &str, name: &str) -> Result<Vec<RecordSet>, AwsCallError> {
    const OPERATION: &str = "ListResourceRecordSets";
    let client = aws_sdk_route53::Client::new(aws.config());
    let mut found = Vec::new();
    // Records are listed in the order of their names from here on, so the name's own come first.
    let mut start = (name.to_owned(), None, None);
    loop {
        let (name_from, kind, identifier) = start;
        let call = client.list_resource_record_sets().hosted_zone_id(zone_id).start_record_name(name_from);
        let call = call.set_start_record_type(kind).set_start_record_identifier(identifier);
        let page = call.send().await.map_err(|error| AwsCallError::of(OPERATION, error))?;
        let of_name = |other: &str| other.trim_end_matches('.').eq_ignore_ascii_case(name.trim_end_matches('.'));
        found.extend(page.resource_record_sets().iter().filter(|set| of_name(set.name())).map(read));
        match page.next_record_name().filter(|next| page.is_truncated() && of_name(next)) {
            Some(next) => {
                let identifier = page.next_record_identifier().map(str::to_owned);
                start = (next.to_owned(), page.next_record_type().cloned(), identifier);
            }
            None => return Ok(found),
        }
    }
}

/// Makes these changes, all or none; `comment` says why.
pub async fn change(aws: &Aws, zone_id: &str, changes: &[Change], comment: &str) -> Result<(), AwsCallError> {
    const OPERATION: &str = "ChangeResourceRecordSets";
    let unsendable = |error: &dyn std::fmt::Display| AwsCallError::unsendable(OPERATION, error);
    let mut batch = ChangeBatch::builder().comment(comment);
    for change in changes {
        let action = match change.action {
            Action::Create => ChangeAction::Create,
            Action::Delete => ChangeAction::Delete,
        };
        let set = written(&change.resource_record_set).map_err(|error| unsendable(&error))?;
        let change = aws_sdk_route53::types::Change::builder().action(action).resource_record_set(set).build();
        batch = batch.changes(change.map_err(|error| unsendable(&error))?);
    }
    let batch = batch.build().map_err(|error| unsendable(&error))?;
    let client = aws_sdk_route53::Client::new(aws.config());
    let answer = client.change_resource_record_sets().hosted_zone_id(zone_id).change_batch(batch).send().await;
    answer.map(drop).map_err(|error| AwsCallError::of(OPERATION, error))
}

fn read(set: &ResourceRecordSet) -> RecordSet {
    let place = |place: &GeoLocation| {
        let codes = [
            ("ContinentCode", place.continent_code()),
            ("CountryCode", place.country_code()),
            ("SubdivisionCode", place.subdivision_code()),
        ];
        codes.into_iter().filter_map(|(name, code)| Some((name.to_owned(), code?.to_owned()))).collect()
    };
    let strange = match set {
        _ if set.traffic_policy_instance_id().is_some() => Some("a traffic policy made it"),
        _ if set.cidr_routing_config().is_some() => Some("it is routed by CIDR"),
        _ if set.geo_proximity_location().is_some() => Some("it is routed by geoproximity"),
        _ => None,
    };
    RecordSet {
        name: set.name().to_owned(),
        kind: set.r#type().as_str().to_owned(),
        set_identifier: set.set_identifier().map(str::to_owned),
        weight: set.weight(),
        region: set.region().map(|own| own.as_str().to_owned()),
        geo_location: set.geo_location().map(place),
        failover: set.failover().map(|own| own.as_str().to_owned()),
        multi_value_answer: set.multi_value_answer(),
        ttl: set.ttl(),
        resource_records: set
            .resource_records()
            .iter()
            .map(|own| ResourceRecord { value: own.value().to_owned() })
            .collect(),
        alias_target: set.alias_target().map(|own| AliasTarget {
            hosted_zone_id: own.hosted_zone_id().to_owned(),
            dns_name: own.dns_name().to_owned(),
            evaluate_target_health: own.evaluate_target_health(),
        }),
        health_check_id: set.health_check_id().map(str::to_owned),
        strange,
    }
}

fn written(set: &RecordSet) -> Result<ResourceRecordSet, BuildError> {
    let values = set.resource_records.iter().map(|own| types::ResourceRecord::builder().value(&own.value).build());
    let values: Vec<_> = values.collect::<Result<_, _>>()?;
    let alias = set.alias_target.as_ref().map(|own| {
        let target = types::AliasTarget::builder().hosted_zone_id(&own.hosted_zone_id).dns_name(&own.dns_name);
        target.evaluate_target_health(own.evaluate_target_health).build()
    });
    let place = set.geo_location.as_ref().map(|codes| {
        let code = |name: &str| codes.get(name).cloned();
        let place = GeoLocation::builder().set_continent_code(code("ContinentCode"));
        place.set_country_code(code("CountryCode")).set_subdivision_code(code("SubdivisionCode")).build()
    });
    ResourceRecordSet::builder()
        .name(&set.name)
        .r#type(RrType::from(set.kind.as_str()))
        .set_set_identifier(set.set_identifier.clone())
        .set_weight(set.weight)
        .set_region(set.region.as_deref().map(Into::into))
        .set_geo_location(place)
        .set_failover(set.failover.as_deref().map(Into::into))
        .set_multi_value_answer(set.multi_value_answer)
        .set_ttl(set.ttl)
        .set_resource_records((!values.is_empty()).then_some(values))
        .set_alias_target(alias.transpose()?)
        .set_health_check_id(set.health_check_id.clone())
        .build()
}
