//! CloudWatch Logs: groups, streams and events, as far as nodes and their reader use them.
//!
//! The words of errors are [U] where no source is cited.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Call;
use crate::{AwsError, Region};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
}

/// A log group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Milliseconds since 1970.
    pub created: i64,
    pub retention_days: Option<u64>,
    /// Streams by name: events in the order of their time.
    pub streams: BTreeMap<String, Vec<Event>>,
}

/// A log event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Milliseconds since 1970.
    pub timestamp: i64,
    pub message: String,
    /// When it came, milliseconds since 1970.
    pub ingested: i64,
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    let (input, now) = (&call.input, region.clock.now().as_millisecond());
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let (group_name, stream_name) = (text("logGroupName"), text("logStreamName"));
    region.world(|world| {
        let groups = &mut world.logs.groups;
        match call.operation.as_str() {
            "CreateLogGroup" if groups.contains_key(group_name) => Err(exists("log group")),
            "CreateLogGroup" => {
                groups.insert(group_name.to_owned(), Group { created: now, ..Group::default() });
                Ok(json!({}))
            }
            "CreateLogStream" => {
                let streams = &mut group(groups, group_name)?.streams;
                if streams.contains_key(stream_name) {
                    return Err(exists("log stream"));
                }
                streams.insert(stream_name.to_owned(), Vec::new());
                Ok(json!({}))
            }
            "PutLogEvents" => put(group(groups, group_name)?, stream_name, input, now),
            "DescribeLogGroups" => {
                let prefix = text("logGroupNamePrefix");
                let described = groups.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(name, group)| {
                    let arn = region.arn("logs", &format!("log-group:{name}"));
                    let mut one = json!({ "logGroupName": name, "creationTime": group.created, "arn": format!("{arn}:*"),
                        "logGroupArn": arn, "metricFilterCount": 0, "storedBytes": 0 });
                    if let Some(days) = group.retention_days {
                        one["retentionInDays"] = json!(days);
                    }
                    one
                });
                Ok(json!({ "logGroups": described.collect::<Vec<_>>() }))
            }
            "DescribeLogStreams" => {
                let prefix = text("logStreamNamePrefix");
                let streams = &group(groups, group_name)?.streams;
                let described = streams.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(name, events)| {
                    let mut one = json!({ "logStreamName": name, "storedBytes": 0,
                        "arn": region.arn("logs", &format!("log-group:{group_name}:log-stream:{name}")) });
                    if let (Some(first), Some(last)) = (events.first(), events.last()) {
                        one["firstEventTimestamp"] = json!(first.timestamp);
                        one["lastEventTimestamp"] = json!(last.timestamp);
                        one["lastIngestionTime"] = json!(last.ingested);
                    }
                    one
                });
                Ok(json!({ "logStreams": described.collect::<Vec<_>>() }))
            }
            "GetLogEvents" => {
                let events = group(groups, group_name)?.streams.get(stream_name).ok_or_else(|| missing("log stream"))?;
                let shown: Vec<Value> = within(events, input)
                    .map(|one| json!({ "timestamp": one.timestamp, "message": one.message, "ingestionTime": one.ingested }))
                    .collect();
                Ok(json!({ "events": shown, "nextForwardToken": "f/end", "nextBackwardToken": "b/start" }))
            }
            "FilterLogEvents" => filter(group(groups, group_name)?, input),
            // The event stream of a live tail is not on this wire.
            other => Err(AwsError::new("UnknownOperationException", other)),
        }
    })
}

fn put(group: &mut Group, stream: &str, input: &Value, now: i64) -> Result<Value, AwsError> {
    let events = group.streams.get_mut(stream).ok_or_else(|| missing("log stream"))?;
    for event in input["logEvents"].as_array().into_iter().flatten() {
        let message = event["message"].as_str().unwrap_or_default().to_owned();
        events.push(Event { timestamp: event["timestamp"].as_i64().unwrap_or(now), message, ingested: now });
    }
    events.sort_by_key(|event| event.timestamp);
    Ok(json!({}))
}

fn within<'e>(events: &'e [Event], input: &Value) -> impl Iterator<Item = &'e Event> {
    let (start, end) = (input["startTime"].as_i64(), input["endTime"].as_i64());
    events.iter().filter(move |one| {
        start.is_none_or(|start| one.timestamp >= start) && end.is_none_or(|end| one.timestamp < end)
    })
}

/// A filter pattern is taken as one term that must occur; more of its language is refused.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
fn filter(group: &Group, input: &Value) -> Result<Value, AwsError> {
    let pattern = input["filterPattern"].as_str().unwrap_or_default().trim_matches('"');
    if pattern.contains(['{', '[', '?', '%']) {
        return Err(AwsError::new("InvalidParameterException", "Invalid filter pattern"));
    }
    let wanted = input["logStreamNames"].as_array();
    let prefix = input["logStreamNamePrefix"].as_str().unwrap_or_default();
    let mut found: Vec<(i64, Value)> = group
        .streams
        .iter()
        .filter(|(name, _)| {
            name.starts_with(prefix) && wanted.is_none_or(|wanted| wanted.iter().any(|one| one == name.as_str()))
        })
        .flat_map(|(name, events)| {
            within(events, input).filter(|one| one.message.contains(pattern)).enumerate().map(move |(index, one)| {
                let shown = json!({ "logStreamName": name, "timestamp": one.timestamp, "message": one.message,
                    "ingestionTime": one.ingested, "eventId": format!("{}{index:06}", one.timestamp) });
                (one.timestamp, shown)
            })
        })
        .collect();
    found.sort_by_key(|(timestamp, _)| *timestamp);
    Ok(json!({ "events": found.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), "searchedLogStreams": [] }))
}

fn group<'g>(groups: &'g mut BTreeMap<String, Group>, name: &str) -> Result<&'g mut Group, AwsError> {
    groups.get_mut(name).ok_or_else(|| missing("log group"))
}

fn missing(what: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", format!("The specified {what} does not exist."))
}

fn exists(what: &str) -> AwsError {
    AwsError::new("ResourceAlreadyExistsException", format!("The specified {what} already exists"))
}
