//! `down` where a deletion is not that simple: protected, blocked, half done; and what becomes of the images.

use dockreg_region::fault::{Effect, Fault};
use serde_json::json;

use crate::harness::{Fixture, UP};

/// What the tests block: nothing depends on it.
const BLOCKED: &str = "HttpSecret";

/// Blocks the deletion of a resource.
fn block(fixture: &Fixture, resource: &str, times: u32) {
    fixture.region().region().plant(Fault {
        service: Some("cloudformation".into()),
        operation: Some("DELETE".into()),
        resource: Some(resource.into()),
        times: Some(times),
        effect: Effect::FailResource { reason: "the test holds it".into() },
        ..Fault::default()
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_blocks_a_deletion_is_told_and_left_behind_only_by_name() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    block(&fixture, BLOCKED, 2);
    let unknown = fixture.run(&["down", "--yes", "--retain", "Nothing"]).await.exits(1);
    assert!(unknown.stderr.contains("the stack has no such resource"), "{unknown}");
    let blocked = fixture.run(&["down", "--yes"]).await.exits(3);
    insta::assert_snapshot!("down_blocked", blocked.transcript());
    let again = fixture.run(&["down", "--yes", "--retain", BLOCKED]).await.exits(0);
    insta::assert_snapshot!("down_retained", again.transcript());
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_behind_may_block_something_else() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    block(&fixture, "LoadBalancerSecurityGroup", 1);
    // A group that another group's rules name cannot go before that one.
    let first = fixture.run(&["down", "--yes", "--retain", "LoadBalancerSecurityGroup"]).await.exits(3);
    assert!(first.stderr.contains("--retain NodeSecurityGroup"), "{first}");
    let second = fixture.run(&["down", "--yes", "--retain", "NodeSecurityGroup"]).await.exits(0);
    for left in ["LoadBalancerSecurityGroup (AWS::EC2", "NodeSecurityGroup (AWS::EC2"] {
        assert!(second.stderr.contains(left), "no {left:?} in\n{second}");
    }
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_agreed_to_by_force_ends_in_one_run() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    block(&fixture, BLOCKED, 2);
    let forced = fixture.run(&["down", "--yes", "--force"]).await.exits(0);
    assert!(
        forced.stderr.contains("left in the account, as you asked: HttpSecret (AWS::SecretsManager::Secret arn:"),
        "{forced}"
    );
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_it_offers_to_leave_behind_what_blocks() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    block(&fixture, BLOCKED, 1);
    let output = fixture.run_on_terminal(&["down", "--yes"], "y\r").await.exits(0);
    assert!(output.stdout.contains("Leave HttpSecret behind"), "{output}");
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_stack_is_deleted_only_after_its_protection_is_lifted() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let input = json!({ "StackName": "docker-registry", "EnableTerminationProtection": true });
    fixture.call("cloudformation", "UpdateTerminationProtection", input).await;
    let refused = fixture.run(&["down", "--yes"]).await.exits(1);
    insta::assert_snapshot!("down_protected", refused.transcript());
    assert_eq!(fixture.stacks().await, ["docker-registry"]);
    let declined = fixture.run_on_terminal(&["down", "--yes"], "n\r").await.exits(1);
    assert!(declined.stdout.contains("is protected from deletion. Lift the protection?"), "{declined}");
    fixture.run(&["down", "--yes", "--lift-protection"]).await.exits(0).ignored();
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_somebody_deleted_by_hand_is_missed_and_no_obstacle() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.region().region().world(|world| world.s3.buckets.clear());
    let output = fixture.run(&["down", "--yes"]).await.exits(0);
    assert!(output.stdout.contains("was gone before"), "{output}");
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn images_go_only_for_whoever_names_the_stack() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let unnamed = fixture.run(&["down", "--yes", "--delete-images"]).await.exits(1);
    insta::assert_snapshot!("down_images_unnamed", unnamed.transcript());
    let other = ["down", "--yes", "--delete-images", "--confirm-stack", "other"];
    fixture.run(&other).await.exits(1).ignored();
    let typed = fixture.run_on_terminal(&["down", "--yes", "--delete-images"], "something-else\r").await.exits(1);
    assert!(typed.stdout.contains("every image in it: "), "{typed}");
    assert_eq!((fixture.stacks().await.len(), fixture.buckets().len()), (1, 1), "nothing is gone");
    let named = ["down", "--yes", "--delete-images", "--confirm-stack", "docker-registry"];
    let output = fixture.run(&named).await.exits(0);
    insta::assert_snapshot!("down_images", output.transcript());
    assert_eq!((fixture.stacks().await.len(), fixture.buckets().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_a_stack_that_is_gone_go_too_if_it_is_named() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
    fixture.run_on_terminal(&["down", "--delete-images"], "docker-registr\r").await.exits(1).ignored();
    assert_eq!(fixture.buckets().len(), 1);
    let output = fixture.run_on_terminal(&["down", "--delete-images"], "docker-registry\r").await.exits(0);
    assert!(output.stdout.contains("1 bucket with 0 objects deleted"), "{output}");
    assert!(fixture.buckets().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_after_a_deletion_is_named_and_no_success() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let region = fixture.region().region();
    region.world(|world| world.cloudformation.put(&region, "docker-registry", "DELETE_IN_PROGRESS", None));
    let before = region.journal.count("DescribeStackEvents");
    let child = fixture.spawn(&["down"]);
    fixture.until(|| region.journal.count("DescribeStackEvents") > before).await;
    // The stack goes; what it held stays.
    region.world(|world| world.cloudformation.put(&region, "docker-registry", "DELETE_COMPLETE", None));
    let output = fixture.ended(child, &["down"]).await.exits(3);
    for left in ["OperatorSecret (AWS::SecretsManager::Secret arn:", "LoadBalancer (AWS::ElasticLoadBalancingV2"] {
        assert!(output.stderr.contains(left), "no {left:?} in\n{output}");
    }
}
