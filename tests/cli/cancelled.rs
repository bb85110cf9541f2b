//! Operations that somebody cancelled: that is why they ended so, whatever failed by it.

use std::time::Duration;

use dockreg_region::Options;
use serde_json::json;

use crate::harness::{CTRL_C, Fixture, UP};

const LARGER: [&str; 4] = ["up", "--instance-type", "t3.medium", "--yes"];

/// A region in which an operation takes some seconds.
async fn brisk() -> Fixture {
    Fixture::with(Options { speed: 60.0, ..Options::default() }).await
}

/// Waits until a resource is being updated.
async fn at_work(fixture: &Fixture, resource: &str) {
    let input = json!({ "StackName": "docker-registry", "LogicalResourceId": resource });
    let look = async {
        loop {
            let described = fixture.call("cloudformation", "DescribeStackResource", input.clone()).await;
            if described["StackResourceDetail"]["ResourceStatus"] == "UPDATE_IN_PROGRESS" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look).await.expect("it is at work");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_cancelled_elsewhere_did_not_fail_by_what_was_given_up() {
    let fixture = brisk().await;
    fixture.run(&UP).await.exits(0).ignored();
    let child = fixture.spawn(&LARGER);
    at_work(&fixture, "NodeGroup").await;
    fixture.call("cloudformation", "CancelUpdateStack", json!({ "StackName": "docker-registry" })).await;
    let output = fixture.ended(child, &LARGER).await.exits(3);
    assert!(output.stderr.contains("the update was cancelled: the stack is UPDATE_ROLLBACK_COMPLETE"), "{output}");
    assert!(output.stderr.contains("because: somebody cancelled it"), "{output}");
    assert!(!output.stderr.contains("first failure"), "{output}");
    assert!(!output.stderr.contains("Resource update cancelled"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_blocks_the_deletion_of_a_cancelled_creation_is_told() {
    let fixture = brisk().await;
    let effect = json!({ "fail_resource": { "reason": "the test holds it" } });
    fixture.plant(json!({ "operation": "DELETE", "resource": "HttpSecret", "effect": effect }));
    let mut terminal = fixture.terminal(&UP);
    terminal
        .shows("Creating docker-registry")
        .await
        .shows("DnsRecord  ")
        .await
        .types(CTRL_C)
        .await
        .shows("k, d or c?")
        .await
        .types("c\r")
        .await;
    terminal.shows("Type its name").await.types("docker-registry\r").await;
    let output = terminal.ended().await.exits(3);
    let said = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("deleting what the cancelled creation made failed: the stack is DELETE_FAILED"), "{output}");
    assert!(said.contains("HttpSecret: the test holds it"), "{output}");
    assert!(said.contains("to finish the deletion: dockreg down; begin again with: dockreg up"), "{output}");
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_failed_later_is_not_explained_by_an_older_failure() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let fails = |reason: &str| json!({ "fail_resource": { "reason": reason } });
    fixture.plant(json!({ "operation": "UPDATE", "resource": "NodeGroup", "effect": fails("an old story") }));
    fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(3).ignored();
    fixture.plant(json!({ "operation": "DELETE", "resource": "HttpSecret", "effect": fails("the test holds it") }));
    fixture.run(&["down", "--yes"]).await.exits(3).ignored();
    let output = fixture.run(&["up", "--yes"]).await.exits(0);
    assert!(output.stderr.contains("failed half-way: HttpSecret: the test holds it"), "{output}");
    assert!(!output.stderr.contains("an old story"), "{output}");
}
