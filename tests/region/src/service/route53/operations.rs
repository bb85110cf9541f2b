//! The operations of Route 53, on the state in `mod`.

use serde_json::{Value, json};

use super::{Action, Answer, Change, Key, RecordSet, State, Zone, bare, lookup, name_of, no_such_zone};
use crate::{AwsError, Region};

pub(super) fn run(region: &Region, operation: &str, input: &Value) -> Result<Value, AwsError> {
    let now = region.clock.epoch();
    region.world(|world| {
        let state = &mut world.route53;
        match operation {
            "ChangeResourceRecordSets" => change(region, state, input, now),
            "CreateHostedZone" => create(region, state, input, now),
            "GetChange" => {
                let id = input["Id"].as_str().unwrap_or_default();
                let info = state.change_info(id, now).ok_or_else(|| {
                    let message = format!("Could not find resource with ID: {}", bare(id));
                    AwsError::new("NoSuchChange", message).with_status(404)
                })?;
                Ok(json!({ "ChangeInfo": info }))
            }
            "GetHostedZone" => get(state.zone(input["Id"].as_str().unwrap_or_default())?),
            "ListHostedZones" => list(state, input),
            "ListHostedZonesByName" => list_by_name(state, input),
            "ListResourceRecordSets" => records(state, input),
            "TestDNSAnswer" => test(state, input, now),
            other => Err(AwsError::new("InvalidAction", format!("{other} is not an operation of Route 53 here"))),
        }
    })
}

fn change(region: &Region, state: &mut State, input: &Value, now: f64) -> Result<Value, AwsError> {
    let batch = &input["ChangeBatch"];
    let mut changes = Vec::new();
    for change in batch["Changes"].as_array().into_iter().flatten() {
        let action = match change["Action"].as_str() {
            Some("CREATE") => Action::Create,
            Some("DELETE") => Action::Delete,
            _ => Action::Upsert,
        };
        let named = change["Action"].as_str().unwrap_or_default();
        changes.push(Change { action, record: RecordSet::read(named, &change["ResourceRecordSet"])? });
    }
    let comment = batch["Comment"].as_str().map(str::to_owned);
    let id = state.change(region, input["HostedZoneId"].as_str().unwrap_or_default(), changes, comment)?;
    Ok(json!({ "ChangeInfo": state.change_info(&id, now) }))
}

fn create(region: &Region, state: &mut State, input: &Value, now: f64) -> Result<Value, AwsError> {
    let reference = input["CallerReference"].as_str().unwrap_or_default();
    let name = name_of(input["Name"].as_str().unwrap_or_default());
    let vpc = Some(input["VPC"].clone()).filter(|vpc| !vpc.is_null());
    if state.zones.values().any(|zone| zone.caller_reference == reference) {
        let message = "A hosted zone has already been created with the specified caller reference.";
        // https://github.com/saltstack/salt/issues/40655
        return Err(AwsError::new("HostedZoneAlreadyExists", message).with_status(409));
    }
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html; the words [U]
    let label = |label: &str| (1..=63).contains(&label.len()) && !label.contains([' ', '*']);
    if !name.trim_end_matches('.').split('.').all(label) || name.len() > 256 {
        return Err(AwsError::new("InvalidDomainName", format!("{name} is not a valid domain name")));
    }
    if vpc.is_none() && !name.trim_end_matches('.').contains('.') {
        // https://github.com/awslabs/aws-saas-boost/issues/404
        return Err(AwsError::new("InvalidDomainName", format!("{name} is reserved by AWS!")));
    }
    if let Some(set) = input["DelegationSetId"].as_str() {
        let message = format!("No delegation set found with ID: {}", bare(set));
        return Err(AwsError::new("NoSuchDelegationSet", message));
    }
    // https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html; the words [U]
    if input["HostedZoneConfig"]["PrivateZone"] == true && vpc.is_none() {
        return Err(AwsError::new(
            "InvalidInput",
            "When you're creating a private hosted zone, you must specify a VPC",
        ));
    }
    if let Some(vpc) = &vpc
        && let Some(other) = state.zones.values().find(|zone| zone.name == name && zone.vpc.as_ref() == Some(vpc))
    {
        let message = format!(
            "The VPC that you chose, {} in region {}, is already associated with another private hosted zone that has an \
             overlapping name space, {}.",
            vpc["VPCId"].as_str().unwrap_or_default(),
            vpc["VPCRegion"].as_str().unwrap_or_default(),
            other.name
        );
        // https://github.com/infrablocks/terraform-aws-base-networking/issues/4
        return Err(AwsError::new("ConflictingDomainExists", message));
    }
    // Four name servers of 2048 in each of four sets: zones of one name are many, but not without end.
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html (500 zones per account)
    if state.zones.len() >= ZONES {
        let message =
            format!("Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more than {ZONES} hosted zones.");
        return Err(AwsError::new("TooManyHostedZones", message));
    }
    let comment = input["HostedZoneConfig"]["Comment"].as_str().map(str::to_owned);
    let id = state.create_zone(region, &name, reference, comment, vpc);
    let change = state.submitted(region, None);
    let change = state.change_info(&change, now);
    let zone = state.zone(&id)?;
    let location = format!("https://route53.{}/2013-04-01/hostedzone/{id}", region.settings.url_suffix);
    let mut answer = json!({ "HostedZone": describe(zone), "ChangeInfo": change, "Location": location });
    match &zone.vpc {
        Some(vpc) => answer["VPC"] = vpc.clone(),
        None => answer["DelegationSet"] = json!({ "NameServers": zone.name_servers }),
    }
    Ok(answer)
}

/// Zones of an account.
const ZONES: usize = 500;

fn describe(zone: &Zone) -> Value {
    let mut config = json!({ "PrivateZone": zone.vpc.is_some() });
    if let Some(comment) = &zone.comment {
        config["Comment"] = json!(comment);
    }
    json!({ "Id": format!("/hostedzone/{}", zone.id), "Name": zone.name, "CallerReference": zone.caller_reference,
        "Config": config, "ResourceRecordSetCount": zone.records.len() })
}

fn get(zone: &Zone) -> Result<Value, AwsError> {
    let mut answer = json!({ "HostedZone": describe(zone) });
    match &zone.vpc {
        Some(vpc) => answer["VPCs"] = json!([vpc]),
        None => answer["DelegationSet"] = json!({ "NameServers": zone.name_servers }),
    }
    Ok(answer)
}

/// `MaxItems` is text on this wire: the most unless given.
///
/// # Errors
/// `InvalidInput` for what is no number above 0.
fn limit(input: &Value, most: usize) -> Result<usize, AwsError> {
    let Some(text) = input["MaxItems"].as_str() else { return Ok(most) };
    match text.parse::<usize>() {
        Ok(limit) if limit > 0 => Ok(limit.min(most)),
        _ => Err(AwsError::new("InvalidInput", "maxItems is not a number above 0")), // [U]
    }
}

fn list(state: &State, input: &Value) -> Result<Value, AwsError> {
    let limit = limit(input, 100)?;
    let marker = input["Marker"].as_str().unwrap_or_default();
    if !marker.is_empty() && !state.zones.contains_key(marker) {
        // A marker is a zone's id: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZones.html; the words [U]
        return Err(AwsError::new("InvalidInput", format!("The marker {marker} is not valid")));
    }
    if let Some(set) = input["DelegationSetId"].as_str() {
        let message = format!("No delegation set found with ID: {}", bare(set));
        return Err(AwsError::new("NoSuchDelegationSet", message));
    }
    let private_only = input["HostedZoneType"] == "PrivateHostedZone";
    let wanted = |zone: &&Zone| zone.id.as_str() >= marker && (!private_only || zone.vpc.is_some());
    let mut rest = state.zones.values().filter(wanted);
    let page: Vec<Value> = rest.by_ref().take(limit).map(describe).collect();
    let mut answer =
        json!({ "HostedZones": page, "Marker": marker, "IsTruncated": false, "MaxItems": limit.to_string() });
    if let Some(next) = rest.next() {
        answer["IsTruncated"] = json!(true);
        answer["NextMarker"] = json!(next.id);
    }
    Ok(answer)
}

/// In order of the reversed labels, from `DNSName` (and `HostedZoneId`) on.
fn list_by_name(state: &State, input: &Value) -> Result<Value, AwsError> {
    let limit = limit(input, 100)?;
    let place = |name: &str, id: &str| (Key::new(name, ""), id.to_owned());
    let mut zones: Vec<&Zone> = state.zones.values().collect();
    zones.sort_by_key(|zone| place(&zone.name, &zone.id));
    let mut answer = json!({ "IsTruncated": false, "MaxItems": limit.to_string() });
    // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByName.html; the words [U]
    if input["DNSName"].is_null() && !input["HostedZoneId"].is_null() {
        return Err(AwsError::new("InvalidInput", "A hosted zone ID needs a DNS name"));
    }
    if let Some(from) = input["DNSName"].as_str() {
        let start = place(from, input["HostedZoneId"].as_str().map(bare).unwrap_or_default());
        zones.retain(|zone| place(&zone.name, &zone.id) >= start);
        answer["DNSName"] = json!(name_of(from));
    }
    if let Some(next) = zones.get(limit) {
        answer["IsTruncated"] = json!(true);
        answer["NextDNSName"] = json!(next.name);
        answer["NextHostedZoneId"] = json!(next.id);
    }
    answer["HostedZones"] = zones.into_iter().take(limit).map(describe).collect::<Vec<_>>().into();
    Ok(answer)
}

/// Pages of at most 300, from `StartRecordName`, `StartRecordType` and `StartRecordIdentifier` on.
fn records(state: &State, input: &Value) -> Result<Value, AwsError> {
    let id = input["HostedZoneId"].as_str().unwrap_or_default();
    let zone = state.zones.get(bare(id)).ok_or_else(|| no_such_zone(id))?;
    let limit = limit(input, 300)?;
    let text = |name: &str| input[name].as_str();
    let (name, kind, identifier) = (text("StartRecordName"), text("StartRecordType"), text("StartRecordIdentifier"));
    // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html; the words [U]
    if (kind.is_some() && name.is_none()) || (identifier.is_some() && kind.is_none()) {
        return Err(AwsError::new("InvalidInput", "The input is not valid: a record type needs a record name"));
    }
    let start = name.map(|name| Key::of(name, kind.unwrap_or_default(), identifier.unwrap_or_default()));
    let mut rest = zone.records.iter().filter(|(key, _)| start.as_ref().is_none_or(|start| *key >= start));
    let page: Vec<Value> = rest.by_ref().take(limit).map(|(_, record)| record.describe()).collect();
    let mut answer = json!({ "ResourceRecordSets": page, "IsTruncated": false, "MaxItems": limit.to_string() });
    if let Some((_, next)) = rest.next() {
        answer["IsTruncated"] = json!(true);
        answer["NextRecordName"] = json!(next.name);
        answer["NextRecordType"] = json!(next.kind);
        if let Some(identifier) = &next.set_identifier {
            answer["NextRecordIdentifier"] = json!(identifier);
        }
    }
    Ok(answer)
}

fn test(state: &mut State, input: &Value, now: f64) -> Result<Value, AwsError> {
    let zone = state.zone(input["HostedZoneId"].as_str().unwrap_or_default())?;
    let server = zone.name_servers[0].clone();
    let (name, kind) =
        (input["RecordName"].as_str().unwrap_or_default(), input["RecordType"].as_str().unwrap_or_default());
    let (code, data) = match lookup(state, now, name, kind) {
        Answer::Found { values, .. } => ("NOERROR", values),
        Answer::NoData { .. } => ("NOERROR", Vec::new()),
        Answer::NoSuchName { .. } => ("NXDOMAIN", Vec::new()),
    };
    Ok(
        json!({ "Nameserver": server, "RecordName": name, "RecordType": kind, "RecordData": data, "ResponseCode": code, "Protocol": "UDP" }),
    )
}
