//! `status` of a registry that answers while one of its nodes does not.

use std::sync::Arc;

use dockreg_region::Options;
use dockreg_region::node::in_process::InProcess;
use dockreg_region::service::elbv2::targets::Health;
use serde_json::json;

use crate::harness::{Fixture, HOST, UP};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_not_well_is_named_and_counted() {
    let nodes = Arc::new(InProcess::default());
    let fixture = Fixture::with(Options { nodes: Some(Arc::clone(&nodes) as _), ..Options::default() }).await;
    fixture.run(&["up", "--domain", HOST, "--nodes", "2", "--yes", "-q"]).await.exits(0).ignored();
    let unwell = nodes.instance_ids().remove(0);
    nodes.stop_registry(&unwell, true);
    let region = fixture.region().region();
    let noticed = || {
        region.world(|world| {
            let mut targets = world.elbv2.target_groups.iter().flat_map(|group| &group.targets);
            targets.any(|target| matches!(target.health, Health::Unhealthy { .. }))
        })
    };
    fixture.until(noticed).await;
    // Else the group replaces it before it is looked at.
    region.clock.change(serde_json::from_value(json!({ "paused": true })).expect("a change")).expect("a pause");
    let output = fixture.run(&["status"]).await.exits(4);
    let said = "the registry answers, but of 2 nodes wanted 2 are in service and 1 healthy";
    assert!(output.stderr.contains(said), "{output}");
    assert!(output.stderr.contains(&format!("because: {unwell} is unhealthy: ")), "{output}");
    assert!(output.stdout.contains("✗  nodes          2 nodes wanted, 2 in service, 1 healthy\n"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_gone_is_made_again_by_the_command_that_is_told() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let region = fixture.region().region();
    // Else the group replaces the node that does not reach it.
    region.clock.change(serde_json::from_value(json!({ "paused": true })).expect("a change")).expect("a pause");
    let bucket = fixture.buckets().remove(0);
    region.world(|world| world.s3.buckets.remove(&bucket));
    let output = fixture.run(&["status"]).await.exits(4);
    assert!(output.stderr.contains("the registry does not reach its bucket"), "{output}");
    assert!(output.stderr.contains("next: `dockreg up` makes a bucket that is gone again; if it is there"), "{output}");
}
