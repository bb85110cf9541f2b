//! `up` on a stack that an update has left in a bad state: it says what happened, and leads out of it.

use dockreg_region::fault::{Effect, Fault};
use serde_json::{Value, json};

use crate::harness::{Fixture, UP};

/// Makes the next changes of a resource fail.
fn fail(fixture: &Fixture, action: &str, resource: &str, times: u32) {
    fixture.region().region().plant(Fault {
        service: Some("cloudformation".into()),
        operation: Some(action.into()),
        resource: Some(resource.into()),
        times: Some(times),
        effect: Effect::FailResource { reason: "the test says no".into() },
        ..Fault::default()
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_that_failed_is_finished_then_the_change_is_made() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    // The update fails, and the way back too.
    fail(&fixture, "UPDATE", "NodeGroup", 2);
    let failed = fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(3);
    assert!(failed.stderr.contains("UPDATE_ROLLBACK_FAILED"), "{failed}");
    let seen = fixture.run(&["up", "--dry-run"]).await.exits(0);
    assert!(seen.stdout.contains("the rollback of docker-registry would be finished first"), "{seen}");
    fixture.run(&["up"]).await.exits(1).ignored();
    assert_eq!(fixture.settled("docker-registry").await, "UPDATE_ROLLBACK_FAILED", "nothing without consent");
    let repaired = fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(0);
    insta::assert_snapshot!("repair_rollback_finished", repaired.transcript());
    assert_eq!(fixture.settled("docker-registry").await, "UPDATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_blocks_a_rollback_is_left_out_only_by_name() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fail(&fixture, "UPDATE", "NodeGroup", 3);
    fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(3).ignored();
    let blocked = fixture.run(&["up", "--yes"]).await.exits(3);
    assert!(blocked.stderr.contains("dockreg up --skip NodeGroup"), "{blocked}");
    let strange = fixture.run(&["up", "--yes", "--skip", "Bucket"]).await.exits(1);
    assert!(strange.stderr.contains("those that do: NodeGroup"), "{strange}");
    let skipped = fixture.run(&["up", "--yes", "--skip", "NodeGroup"]).await.exits(0);
    insta::assert_snapshot!("repair_rollback_skipped", skipped.transcript());
    assert_eq!(fixture.settled("docker-registry").await, "UPDATE_ROLLBACK_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_update_that_was_left_as_it_was_is_rolled_back() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fail(&fixture, "UPDATE", "NodeGroup", 1);
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let parameters = described["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|own| match &own["ParameterKey"] {
            key if key == "Nodes" => json!({ "ParameterKey": key, "ParameterValue": "2" }),
            key => json!({ "ParameterKey": key, "UsePreviousValue": true }),
        })
        .collect();
    let input = json!({
        "StackName": "docker-registry",
        "UsePreviousTemplate": true,
        "DisableRollback": true,
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": parameters,
    });
    fixture.call("cloudformation", "UpdateStack", input).await;
    assert_eq!(fixture.settled("docker-registry").await, "UPDATE_FAILED");
    let repaired = fixture.run(&["up", "--yes"]).await.exits(0);
    insta::assert_snapshot!("repair_rolled_back", repaired.transcript());
    assert_eq!(fixture.settled("docker-registry").await, "UPDATE_ROLLBACK_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_deleted_under_a_standing_stack_is_made_again_as_it_was() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let kept = || {
        fixture.region().region().world(|world| {
            let bucket = world.s3.buckets.values().next().expect("a bucket");
            let own = bucket.tags.iter().filter(|(key, _)| key == "dockreg:stack").cloned().collect::<Vec<_>>();
            let days = bucket.settings["LifecycleConfiguration"]["Rules"][0]["AbortIncompleteMultipartUpload"].clone();
            (bucket.name.clone(), bucket.policy.clone(), own, days, bucket.ownership.name())
        })
    };
    let before = kept();
    fixture.region().region().world(|world| world.s3.buckets.clear());
    fixture.run(&["up"]).await.exits(1).ignored();
    assert!(fixture.buckets().is_empty(), "nothing is made that nobody agreed to");
    let output = fixture.run(&UP).await.exits(0);
    assert!(output.stderr.contains("it is made again, empty"), "{output}");
    assert!(output.stdout.contains("is ready"), "{output}");
    assert_eq!(kept(), before);
    let again = fixture.run(&UP).await.exits(0);
    assert!(!again.stderr.contains("is gone"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_made_again_with_a_change_only_when_the_change_is_agreed_to() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.region().region().world(|world| world.s3.buckets.clear());
    let two = ["up", "--nodes", "2"];
    let mut terminal = fixture.terminal(&two);
    terminal.shows("Change it?").await.types("n\r").await;
    let declined = terminal.ended().await.exits(1);
    assert!(declined.stdout.contains("is gone, and every image that was"), "{declined}");
    assert!(declined.stdout.contains("declined; nothing was changed"), "{declined}");
    assert!(fixture.buckets().is_empty(), "nothing is made that nobody agreed to");
    let agreed = fixture.run(&[&two[..], &["--yes"]].concat()).await.exits(0);
    assert!(agreed.stderr.contains("it is made again, empty; push the images again"), "{agreed}");
    assert_eq!(fixture.buckets().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_look_for_the_bucket_is_told() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.plant(json!({ "operation": "GetBucketLocation", "effect": "denied" }));
    let output = fixture.run(&UP).await.exits(0);
    assert!(output.stderr.contains("is still there could not be seen: "), "{output}");
    assert!(output.stderr.contains("s3:GetBucketLocation"), "the action that is missing: {output}");
}
