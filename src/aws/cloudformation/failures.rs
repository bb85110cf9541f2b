//! What `DescribeEvents` knows of failures and `DescribeStackEvents` does not: which property was refused, and why.

use std::time::Duration;

use aws_sdk_cloudformation::config::{Config, timeout::TimeoutConfig};
use aws_sdk_cloudformation::types::{EventFilter, OperationEvent};

use super::{Aws, AwsCallError};

/// A check or a step that failed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FailedEvent {
    /// The resource's name in the template.
    pub logical_id: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// AWS's words.
    pub reason: String,
    /// Where in the template or the resource, when a validation failed.
    pub path: Option<String>,
}

/// Where failures are looked for.
#[derive(Clone, Copy, Debug)]
pub enum FailuresOf<'a> {
    /// A stack, by ARN.
    Stack(&'a str),
    /// A change set, by ARN: its early validation.
    ChangeSet(&'a str),
}

/// What only adds to a failure that is known is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The newest failures, oldest first. `None` where AWS does not tell them: the operation is young, so that a policy may
/// lack it, and a partition may not know it.
pub async fn failed_events(aws: &Aws, of: FailuresOf<'_>) -> Option<Vec<FailedEvent>> {
    let call = aws.cloudformation().describe_events().filters(EventFilter::builder().failed_events(true).build());
    let call = match of {
        FailuresOf::Stack(id) => call.stack_name(id),
        FailuresOf::ChangeSet(id) => call.change_set_name(id),
    };
    let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
    let call = call.customize().config_override(Config::builder().timeout_config(timeouts));
    match call.send().await.map_err(|error| AwsCallError::of("DescribeEvents", error)) {
        Ok(page) => Some(page.operation_events().iter().rev().filter_map(failed_of).collect()),
        Err(error) => {
            tracing::debug!(%error, "failures are told by the stack's events alone");
            None
        }
    }
}

/// An event of the operation as a whole repeats what those of its resources say.
fn failed_of(event: &OperationEvent) -> Option<FailedEvent> {
    let reason = [event.validation_status_reason(), event.hook_status_reason(), event.resource_status_reason()];
    Some(FailedEvent {
        logical_id: event.logical_resource_id()?.to_owned(),
        resource_type: event.resource_type().unwrap_or_default().to_owned(),
        reason: reason.into_iter().flatten().find(|text| !text.is_empty())?.to_owned(),
        path: event.validation_path().filter(|path| !path.is_empty()).map(str::to_owned),
    })
}
