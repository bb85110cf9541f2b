//! Route 53: hosted zones, their name servers and their records.

use aws_sdk_route53::types::RrType;

use super::{Aws, AwsCallError};
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

/// An address record of a host: an alias, or plain values.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AddressRecord {
    /// `A`, `AAAA` or `CNAME`.
    pub kind: String,
    /// Where it points: the alias's target, or the values.
    pub targets: Vec<String>,
    /// Whether it is an alias.
    pub alias: bool,
}

/// The address records of exactly this host in a zone.
pub async fn address_records(aws: &Aws, zone_id: &str, host: &str) -> Result<Vec<AddressRecord>, AwsCallError> {
    let client = aws_sdk_route53::Client::new(aws.config());
    // Records are listed in name order from here on, so the host's own come first; a name has one set of each type
    // unless routing policies multiply them, and one page holds a hundred.
    let call = client.list_resource_record_sets().hosted_zone_id(zone_id).start_record_name(host);
    let page = call.send().await.map_err(|error| AwsCallError::of("ListResourceRecordSets", error))?;
    let own = page.resource_record_sets().iter().filter(|set| {
        set.name().trim_end_matches('.').eq_ignore_ascii_case(host)
            && matches!(set.r#type(), RrType::A | RrType::Aaaa | RrType::Cname)
    });
    Ok(own
        .map(|set| AddressRecord {
            kind: set.r#type().as_str().to_owned(),
            alias: set.alias_target().is_some(),
            targets: match set.alias_target() {
                Some(alias) => vec![alias.dns_name().trim_end_matches('.').to_owned()],
                None => set.resource_records().iter().map(|record| record.value().to_owned()).collect(),
            },
        })
        .collect())
}
