//! `AWS::Route53::RecordSet`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::service::route53::{Action, Change, RecordSet as Record};

/// The type.
pub struct RecordSet;

const SERVICE: &str = "Route53";

#[async_trait]
impl ResourceType for RecordSet {
    fn name(&self) -> &'static str {
        "AWS::Route53::RecordSet"
    }

    /// Until the change is in sync.
    fn typical_seconds(&self) -> f64 {
        20.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        // A record that somebody else made is never overwritten.
        let record = record(properties).map_err(|error| context.refused(SERVICE, &error))?;
        change(context, properties, vec![Change { action: Action::Create, record }])?;
        Ok(made(properties))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        _physical_id: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let refused = |error: AwsError| context.refused(SERVICE, &error);
        let (before, after) = (record(old).map_err(refused)?, record(new).map_err(refused)?);
        let changes = if before.key() == after.key() {
            vec![Change { action: Action::Upsert, record: after }]
        } else {
            let gone = Change { action: Action::Delete, record: before };
            vec![gone, Change { action: Action::Create, record: after }]
        };
        change(context, new, changes)?;
        Ok(made(new))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        _physical_id: &str,
        properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        let record = record(properties).map_err(|error| context.refused(SERVICE, &error))?;
        match change(context, properties, vec![Change { action: Action::Delete, record }]) {
            Err(failure) if failure.reason.contains("but it was not found") || failure.code == "NotFound" => Ok(()),
            other => other,
        }
    }
}

fn made(properties: &Map<String, Value>) -> Made {
    let name = properties.get("Name").and_then(Value::as_str).unwrap_or_default();
    Made { physical_id: name.trim_end_matches('.').to_owned(), attributes: Map::new() }
}

/// The record in the words of Route 53's own API, where a TTL is a number and records are objects.
fn record(properties: &Map<String, Value>) -> Result<Record, AwsError> {
    let mut input = properties.clone();
    if let Some(ttl) = properties.get("TTL").and_then(Value::as_str) {
        input.insert("TTL".to_owned(), json!(ttl.parse::<u64>().unwrap_or_default()));
    }
    if let Some(values) = properties.get("ResourceRecords").and_then(Value::as_array) {
        let records: Vec<Value> = values.iter().map(|value| json!({"Value": value})).collect();
        input.insert("ResourceRecords".to_owned(), records.into());
    }
    Record::read("CREATE", &Value::Object(input))
}

fn change(
    context: &ResourceContext,
    properties: &Map<String, Value>,
    batch: Vec<Change>,
) -> Result<(), ResourceFailure> {
    let text = |name: &str| properties.get(name).and_then(Value::as_str);
    let region = &context.region;
    let changed = region.world(|world| {
        let zone = match (text("HostedZoneId"), text("HostedZoneName")) {
            (Some(id), _) => id.to_owned(),
            (None, name) => zone_of(world, name.unwrap_or_default())?,
        };
        world.route53.change(region, &zone, batch, None)
    });
    changed.map(drop).map_err(|error| context.refused(SERVICE, &error))
}

/// The zone of a name, which must end with a dot; two zones of the name need an id.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordset.html
fn zone_of(world: &crate::region::World, name: &str) -> Result<String, AwsError> {
    if !name.ends_with('.') {
        return Err(AwsError::new(
            "InvalidInput",
            format!("{name} is not a valid hosted zone name: it has no final dot"),
        )); // [U]
    }
    let same = world.route53.zones.values().filter(|zone| zone.name == name.to_ascii_lowercase());
    let ids: Vec<String> = same.map(|zone| zone.id.clone()).collect();
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        // https://github.com/toshke/big-blue-button-cloudformation-cfhl/issues/15
        [] => Err(AwsError::new("NoSuchHostedZone", format!("No hosted zones named {name} found"))),
        _ => Err(AwsError::new("InvalidInput", format!("Found multiple hosted zones named {name}"))), // [U]
    }
}
