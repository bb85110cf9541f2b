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
        changes.push(Change { action, record: RecordSet::read(&change["ResourceRecordSet"])? });
    }
    let comment = batch["Comment"].as_str().map(str::to_owned);
    let id = state.change(region, input["HostedZoneId"].as_str().unwrap_or_default(), changes, comment)?;
    Ok(json!({ "ChangeInfo": state.change_info(&id, now) }))
}

fn create(region: &Region, state: &mut State, input: &Value, now: f64) -> Result<Value, AwsError> {
    let reference = input["CallerReference"].as_str().unwrap_or_default();
    if state.zones.values().any(|zone| zone.caller_reference == reference) {
        let message =
            format!("A hosted zone has already been created with the specified caller reference: {reference}");
        return Err(AwsError::new("HostedZoneAlreadyExists", message).with_status(409));
    }
    let vpc = Some(input["VPC"].clone()).filter(|vpc| !vpc.is_null());
    let comment = input["HostedZoneConfig"]["Comment"].as_str().map(str::to_owned);
    let id = state.create_zone(region, input["Name"].as_str().unwrap_or_default(), reference, comment, vpc);
    let zone = state.zone(&id)?;
    let location = format!("https://route53.{}/2013-04-01/hostedzone/{id}", region.settings.url_suffix);
    let change =
        json!({ "Id": format!("/change/C{}", region.random.upper(20)), "Status": "PENDING", "SubmittedAt": now });
    let servers = json!({ "NameServers": zone.name_servers });
    Ok(json!({ "HostedZone": describe(zone), "ChangeInfo": change, "DelegationSet": servers, "Location": location }))
}

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

/// `MaxItems` is text on this wire; 100 is the default and the most.
fn limit(input: &Value) -> usize {
    input["MaxItems"]
        .as_str()
        .and_then(|limit| limit.parse().ok())
        .filter(|limit| (1..=100).contains(limit))
        .unwrap_or(100)
}

fn list(state: &State, input: &Value) -> Result<Value, AwsError> {
    let limit = limit(input);
    let marker = input["Marker"].as_str().unwrap_or_default();
    let mut rest = state.zones.values().filter(|zone| zone.id.as_str() >= marker);
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
    let limit = limit(input);
    let place = |name: &str, id: &str| (Key::new(name, ""), id.to_owned());
    let mut zones: Vec<&Zone> = state.zones.values().collect();
    zones.sort_by_key(|zone| place(&zone.name, &zone.id));
    let mut answer = json!({ "IsTruncated": false, "MaxItems": limit.to_string() });
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

/// Pages of at most 300, from `StartRecordName` and `StartRecordType` on.
fn records(state: &State, input: &Value) -> Result<Value, AwsError> {
    let id = input["HostedZoneId"].as_str().unwrap_or_default();
    let zone = state.zones.get(bare(id)).ok_or_else(|| no_such_zone(id))?;
    let limit = input["MaxItems"]
        .as_str()
        .and_then(|limit| limit.parse().ok())
        .filter(|limit| (1..=300).contains(limit))
        .unwrap_or(300_usize);
    let (name, kind) = (input["StartRecordName"].as_str(), input["StartRecordType"].as_str());
    if kind.is_some() && name.is_none() {
        return Err(AwsError::new("InvalidInput", "The input is not valid: a record type needs a record name"));
    }
    let start = name.map(|name| Key::new(name, kind.unwrap_or_default()));
    let mut rest = zone.records.iter().filter(|(key, _)| start.as_ref().is_none_or(|start| *key >= start));
    let page: Vec<Value> = rest.by_ref().take(limit).map(|(_, record)| record.describe()).collect();
    let mut answer = json!({ "ResourceRecordSets": page, "IsTruncated": false, "MaxItems": limit.to_string() });
    if let Some((_, next)) = rest.next() {
        answer["IsTruncated"] = json!(true);
        answer["NextRecordName"] = json!(next.name);
        answer["NextRecordType"] = json!(next.kind);
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
