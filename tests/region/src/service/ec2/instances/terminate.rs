//! Terminating instances, and `TerminateInstances`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Lifecycle, console, not_found};
use crate::{AwsError, Region};

/// Seconds an instance is `shutting-down` [U].
const SHUTTING_DOWN: Duration = Duration::from_secs(20);

/// Terminates an instance and returns when it is gone. One that is unknown or terminated is left alone.
pub async fn terminate(region: &Arc<Region>, id: &str, code: &str, message: &str) {
    if !begin(region, id, code, message) {
        return;
    }
    let output = region.nodes.console_output(id).await;
    region.nodes.terminate(id).await;
    console::post(region, id, output);
    let number = region.world(|world| world.ec2.instances.number_of(id));
    region.clock.sleep(region.random.duration(&format!("instance {number} shuts down"), SHUTTING_DOWN)).await;
    end(region, id);
}

/// Marks an instance that never ran.
pub(super) fn at_launch(region: &Region, id: &str, code: &str, message: &str) {
    if begin(region, id, code, message) {
        end(region, id);
    }
}

fn begin(region: &Region, id: &str, code: &str, message: &str) -> bool {
    region.world(|world| {
        let Some(instance) = world.ec2.instances.by_id.get_mut(id) else { return false };
        if matches!(instance.lifecycle, Lifecycle::ShuttingDown | Lifecycle::Terminated) {
            return false;
        }
        instance.lifecycle = Lifecycle::ShuttingDown;
        instance.reason = Some((code.to_owned(), format!("{code}: {message}")));
        true
    })
}

fn end(region: &Region, id: &str) {
    region.world(|world| {
        if let Some(instance) = world.ec2.instances.by_id.get_mut(id) {
            instance.lifecycle = Lifecycle::Terminated;
            let interface = instance.interface_id.clone();
            world.ec2.network.delete_interface(&interface);
        }
    });
}

/// `TerminateInstances`: answers at once, the instances end by themselves.
pub(super) fn call(region: &Arc<Region>, input: &Value) -> Result<Value, AwsError> {
    let ids: Vec<String> =
        input["InstanceIds"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let before = region.world(|world| {
        let known = &world.ec2.instances.by_id;
        let missing: Vec<String> = ids.iter().filter(|id| !known.contains_key(*id)).cloned().collect();
        if missing.is_empty() {
            Ok(ids.iter().map(|id| known[id].lifecycle).collect::<Vec<_>>())
        } else {
            Err(not_found(&missing))
        }
    })?;
    let state = |lifecycle: Lifecycle| {
        let (code, name) = lifecycle.code_and_name();
        json!({"Code": code, "Name": name})
    };
    let mut changes = Vec::new();
    for (id, previous) in ids.iter().zip(before) {
        let current = if previous == Lifecycle::Terminated { previous } else { Lifecycle::ShuttingDown };
        changes.push(json!({
            "InstanceId": id, "PreviousState": state(previous), "CurrentState": state(current),
        }));
        let (weak, id) = (Arc::downgrade(region), id.clone());
        tokio::spawn(async move {
            if let Some(region) = weak.upgrade() {
                terminate(&region, &id, "Client.UserInitiatedShutdown", "User initiated shutdown").await;
            }
        });
    }
    Ok(json!({ "TerminatingInstances": changes }))
}
