//! What was put to the URLs of wait condition handles.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};

use crate::resource::{ResourceContext, ResourceFailure};
use crate::{AwsError, Region};

/// Reports by unique id, by URL without scheme and host.
pub(super) type Handles = BTreeMap<String, BTreeMap<String, Report>>;

/// One report. A unique id that reports again replaces what it said before.
#[derive(Debug, Clone)]
pub(super) struct Report {
    success: bool,
    reason: String,
    data: String,
}

/// From now on the URL takes reports.
pub fn open_handle(region: &Region, url: &str) {
    region.world(|world| world.cloudformation.handles.insert(path(url).to_owned(), BTreeMap::new()));
}

/// Takes what was put to the URL with this path and query.
///
/// # Errors
/// Nobody signed this URL, or the body is not a report.
pub fn report_to_handle(region: &Region, path_and_query: &str, body: &[u8]) -> Result<(), AwsError> {
    let report: Option<Value> = serde_json::from_slice(body).ok().filter(Value::is_object);
    region.world(|world| {
        let state = &mut world.cloudformation;
        let Some(reports) = state.handles.get_mut(path_and_query) else {
            let message = "The request signature we calculated does not match the signature you provided. Check your \
                           key and signing method.";
            return Err(AwsError::new("SignatureDoesNotMatch", message).with_status(403));
        };
        // S3 takes anything; CloudFormation overlooks what is not a report. [U]
        let Some(report) = report else { return Ok(()) };
        let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
        let (id, status) = (text("UniqueId"), text("Status"));
        if ["SUCCESS", "FAILURE"].contains(&status.as_str()) && !id.is_empty() {
            let data = text("Data");
            reports.insert(id, Report { success: status == "SUCCESS", reason: text("Reason"), data });
            state.signalled.notify_waiters();
        }
        Ok(())
    })
}

/// Waits until `count` have reported success; gives their data by unique id. `timeout` is in simulated time.
///
/// # Errors
/// One reported failure, or the time is over.
pub async fn await_handle(
    context: &ResourceContext,
    url: &str,
    count: usize,
    timeout: Duration,
) -> Result<Value, ResourceFailure> {
    let signalled = context.region.world(|world| world.cloudformation.signalled.clone());
    let clock = context.region.node_clock();
    let mut patience = pin!(clock.patience(timeout));
    loop {
        let mut arrival = pin!(signalled.notified());
        arrival.as_mut().enable();
        let reports = context.region.world(|world| world.cloudformation.handles.get(path(url)).cloned());
        let reports = reports.unwrap_or_default();
        if let Some((id, failed)) = reports.iter().find(|(_, report)| !report.success) {
            let reason = format!("WaitCondition received failed message: '{}' for uniqueId: {id}", failed.reason);
            // https://github.com/aws-samples/vpn-gateway-strongswan/issues/28
            return Err(ResourceFailure::new("NotStabilized", reason));
        }
        if reports.len() >= count {
            return Ok(reports.iter().map(|(id, report)| (id.clone(), json!(report.data))).collect());
        }
        let arrived = tokio::select! {
            () = arrival => true,
            () = &mut patience => false,
        };
        if !arrived {
            let reason =
                format!("WaitCondition timed out. Received {} conditions when expecting {count}", reports.len());
            // https://github.com/aws-samples/immersive-media-refarch/issues/7
            return Err(ResourceFailure::new("NotStabilized", reason));
        }
    }
}

/// The part of a URL after its host.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |start| &rest[start..])
}
