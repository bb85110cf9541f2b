//! A stack's events, one page at a time.

use std::time::Duration;

use aws_sdk_cloudformation::config::{Config, retry::RetryConfig, timeout::TimeoutConfig};

use super::{Aws, AwsCallError};
use crate::stack::event::StackEvent;

/// One page of events, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<StackEvent>,
    /// Where older ones are.
    pub next: Option<String>,
}

/// A page of events that takes longer is asked for again: a watch must not stand still with a stalled answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads one page of a stack's events, newest first. Tries once: whoever watches tries again, and says so meanwhile.
pub async fn events(aws: &Aws, stack_id: &str, token: Option<String>) -> Result<EventPage, AwsCallError> {
    let call = aws.cloudformation().describe_stack_events().stack_name(stack_id).set_next_token(token);
    let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
    let once = Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts);
    let page = call
        .customize()
        .config_override(once)
        .send()
        .await
        .map_err(|error| AwsCallError::of("DescribeStackEvents", error))?;
    let events = page.stack_events().iter().filter_map(event_of).collect();
    Ok(EventPage { events, next: page.next_token().map(str::to_owned) })
}

/// An event without id, time or status says nothing and is left out.
fn event_of(event: &aws_sdk_cloudformation::types::StackEvent) -> Option<StackEvent> {
    let text = |value: Option<&str>| value.filter(|text| !text.is_empty()).map(str::to_owned);
    Some(StackEvent {
        id: event.event_id()?.to_owned(),
        at: crate::aws::timestamp(event.timestamp()?)?,
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        physical_id: text(event.physical_resource_id()),
        resource_type: event.resource_type().unwrap_or_default().to_owned(),
        status: event.resource_status()?.as_str().to_owned(),
        reason: text(event.resource_status_reason()),
        stack_id: event.stack_id().unwrap_or_default().to_owned(),
        token: text(event.client_request_token()),
    })
}
