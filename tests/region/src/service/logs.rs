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
                let described = groups.iter().filter(|(name, _)| name.starts_with(prefix));
                let described = described.map(|(name, group)| describe_group(region, name, group));
                page(described.collect(), "logGroups", input, 50)
            }
            "DescribeLogStreams" => describe_streams(region, group(groups, group_name)?, group_name, input),
            "GetLogEvents" => {
                let events =
                    group(groups, group_name)?.streams.get(stream_name).ok_or_else(|| missing("log stream"))?;
                get(events, input)
            }
            "FilterLogEvents" => filter(group(groups, group_name)?, input),
            // The event stream of a live tail is not on this wire.
            other => Err(AwsError::new("UnknownOperationException", other)),
        }
    })
}

fn describe_group(region: &Region, name: &str, group: &Group) -> Value {
    let arn = region.arn("logs", &format!("log-group:{name}"));
    let mut one = json!({ "logGroupName": name, "creationTime": group.created, "arn": format!("{arn}:*"),
        "logGroupArn": arn, "metricFilterCount": 0, "storedBytes": 0 });
    if let Some(days) = group.retention_days {
        one["retentionInDays"] = json!(days);
    }
    one
}

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
fn describe_streams(region: &Region, group: &Group, group_name: &str, input: &Value) -> Result<Value, AwsError> {
    let prefix = input["logStreamNamePrefix"].as_str().unwrap_or_default();
    let by_time = input["orderBy"] == "LastEventTime";
    if by_time && !prefix.is_empty() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let mut streams: Vec<_> = group.streams.iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    if by_time {
        streams.sort_by_key(|(_, events)| events.last().map(|event| event.timestamp));
    }
    if input["descending"].as_bool().unwrap_or(false) {
        streams.reverse();
    }
    let described = streams.into_iter().map(|(name, events)| {
        let mut one = json!({ "logStreamName": name, "storedBytes": 0,
            "arn": region.arn("logs", &format!("log-group:{group_name}:log-stream:{name}")) });
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            one["firstEventTimestamp"] = json!(first.timestamp);
            one["lastEventTimestamp"] = json!(last.timestamp);
            one["lastIngestionTime"] = json!(last.ingested);
        }
        one
    });
    page(described.collect(), "logStreams", input, 50)
}

/// A page of `list` under its own name.
///
/// # Errors
/// `InvalidParameterException` for a token that the list never gave.
fn page(all: Vec<Value>, list: &str, input: &Value, most: usize) -> Result<Value, AwsError> {
    let limit = input["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(most);
    let (page, next) = super::paging::page(all, list, input["nextToken"].as_str(), limit)
        .ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    let mut answer = json!({ list: page });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}

/// From the newest back, unless told to begin at the head. Tokens name a place between two events: the end of the
/// stream answers the token that was given.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
fn get(events: &[Event], input: &Value) -> Result<Value, AwsError> {
    let events: Vec<&Event> = within(events, input).collect();
    let limit = input["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10_000);
    let place = |token: &str| -> Option<usize> {
        let place = token.strip_prefix("f/").or_else(|| token.strip_prefix("b/"))?.parse().ok()?;
        Some(place).filter(|place| *place <= events.len())
    };
    let (start, end) = match input["nextToken"].as_str() {
        None if input["startFromHead"].as_bool().unwrap_or(false) => (0, limit.min(events.len())),
        None => (events.len().saturating_sub(limit), events.len()),
        Some(token) => {
            let place = place(token).ok_or_else(|| invalid("The specified nextToken is invalid."))?;
            match token.starts_with("f/") {
                true => (place, events.len().min(place.saturating_add(limit))),
                false => (place.saturating_sub(limit), place),
            }
        }
    };
    let shown: Vec<Value> = events[start..end]
        .iter()
        .map(|one| json!({ "timestamp": one.timestamp, "message": one.message, "ingestionTime": one.ingested }))
        .collect();
    Ok(json!({ "events": shown, "nextForwardToken": format!("f/{end}"), "nextBackwardToken": format!("b/{start}") }))
}

/// Milliseconds that an event may lie in the future, and in the past.
const FUTURE: i64 = 2 * 3_600_000;
const PAST: i64 = 14 * 86_400_000;

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
fn put(group: &mut Group, stream: &str, input: &Value, now: i64) -> Result<Value, AwsError> {
    let kept = group.retention_days.and_then(|days| i64::try_from(days).ok()).map(|days| days * 86_400_000);
    let events = group.streams.get_mut(stream).ok_or_else(|| missing("log stream"))?;
    let read = |event: &Value| Event {
        timestamp: event["timestamp"].as_i64().unwrap_or(now),
        message: event["message"].as_str().unwrap_or_default().to_owned(),
        ingested: now,
    };
    let batch: Vec<Event> = input["logEvents"].as_array().into_iter().flatten().map(read).collect();
    if !batch.is_sorted_by_key(|event| event.timestamp) {
        return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    let (first, last) = (batch.first().map(|one| one.timestamp), batch.last().map(|one| one.timestamp));
    if first.zip(last).is_some_and(|(first, last)| last - first > 86_400_000) {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    let size: usize = batch.iter().map(|event| event.message.len() + 26).sum();
    if size > 1_048_576 {
        return Err(invalid(&format!("Upload too large: {size} bytes exceeds limit of 1048576")));
    }
    let old = batch.iter().take_while(|event| event.timestamp < now - PAST).count();
    let expired = batch.iter().take_while(|event| kept.is_some_and(|kept| event.timestamp < now - kept)).count();
    let new = batch.iter().position(|event| event.timestamp > now + FUTURE);
    let mut rejected = json!({});
    for (name, count) in [("tooOldLogEventEndIndex", old), ("expiredLogEventEndIndex", expired)] {
        if count > 0 {
            rejected[name] = json!(count);
        }
    }
    if let Some(new) = new {
        rejected["tooNewLogEventStartIndex"] = json!(new);
    }
    let (from, until) = (old.max(expired), new.unwrap_or(batch.len()));
    events.extend(batch.into_iter().take(until).skip(from));
    events.sort_by_key(|event| event.timestamp);
    Ok(if rejected == json!({}) { json!({}) } else { json!({ "rejectedLogEventsInfo": rejected }) })
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
        return Err(invalid("Invalid filter pattern"));
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
    let mut answer = page(found.into_iter().map(|(_, event)| event).collect(), "events", input, 10_000)?;
    answer["searchedLogStreams"] = json!([]);
    Ok(answer)
}

/// The words of `InvalidParameterException`s [U].
fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterException", message)
}

fn group<'g>(groups: &'g mut BTreeMap<String, Group>, name: &str) -> Result<&'g mut Group, AwsError> {
    groups.get_mut(name).ok_or_else(|| missing("log group"))
}

fn missing(what: &str) -> AwsError {
    // https://github.com/osperlabs/logbeam/issues/7
    AwsError::new("ResourceNotFoundException", format!("The specified {what} does not exist."))
}

fn exists(what: &str) -> AwsError {
    // https://github.com/aws-robotics/cloudwatchlogs-ros1/issues/1
    AwsError::new("ResourceAlreadyExistsException", format!("The specified {what} already exists"))
}
