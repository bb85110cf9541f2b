//! `GetConsoleOutput`: what EC2 has posted of an instance's console, or, of newer instances, what is on it now.
//!
//! https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::service::ec2::catalog::InstanceType;
use crate::{AwsError, Region};

/// The last bytes that are kept.
const KEPT: usize = 64 * 1024;

/// From the start of an instance until its console is posted. [U]: "shortly after" a change of state; people report
/// minutes, <https://github.com/canonical/pycloudlib/pull/193> up to twenty.
const POSTED_AFTER: Duration = Duration::from_secs(240);

/// Posts the console some minutes from now, as after every start.
pub(super) fn post_later(region: &Arc<Region>, id: &str) {
    let (weak, id, wait) = (Arc::downgrade(region), id.to_owned(), region.node_clock().scaled(POSTED_AFTER));
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        let Some(region) = weak.upgrade() else { return };
        let output = region.nodes.console_output(&id).await;
        post(&region, &id, output);
    });
}

/// Posts what the console of an instance shows now.
pub(super) fn post(region: &Region, id: &str, output: String) {
    let now = region.clock.epoch();
    region.world(|world| world.ec2.instances.post_console(id, now, output));
}

/// `GetConsoleOutput`: Base64 of the last 64 KB; no `Output` before anything was posted.
pub(super) async fn output(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let id = input["InstanceId"].as_str().unwrap_or_default();
    let (kind, posted) = region.world(|world| {
        let instance = world.ec2.instances.instance(id)?;
        Ok::<_, AwsError>((InstanceType::named(&instance.instance_type), instance.posted_console.clone()))
    })?;
    let latest = input["Latest"].as_bool().unwrap_or_default();
    if latest && !kind.is_some_and(|kind| kind.nitro) {
        // [U] wording: tests of clients quote it
        let message = "This instance type does not support retrieving the latest console logs";
        return Err(AwsError::new("UnsupportedOperation", message));
    }
    let shown = if latest { Some((region.clock.epoch(), region.nodes.console_output(id).await)) } else { posted };
    let Some((at, output)) = shown else { return Ok(json!({"InstanceId": id, "Timestamp": region.clock.epoch()})) };
    let bytes = output.as_bytes();
    let tail = &bytes[bytes.len().saturating_sub(KEPT)..];
    Ok(json!({"InstanceId": id, "Timestamp": at, "Output": STANDARD.encode(tail)}))
}
