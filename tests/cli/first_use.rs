//! An account that has never used load balancers or groups: AWS makes their service-linked roles at the first use, which
//! may come too early to use them.

use dockreg_region::Options;
use serde_json::{Value, json};

use crate::harness::{Fixture, UP};

async fn new_account(races: bool, caller_policy: Option<Value>) -> Fixture {
    let fixture = Fixture::with(Options { new_account: true, caller_policy, ..Options::default() }).await;
    fixture.region().region().world(|world| world.iam.service_linked_roles_race = races);
    fixture
}

fn executed(fixture: &Fixture) -> usize {
    fixture.region().region().journal.count("ExecuteChangeSet")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_that_comes_late_is_worth_one_more_try() {
    let fixture = new_account(true, None).await;
    let output = fixture.run(&UP).await.exits(0);
    for text in [
        "the account's first load balancer could not use its service-linked role yet, which was made just now: once more in",
        "the account's first Auto Scaling group could not use its service-linked role yet, which was made just now: once",
        "warning: the attempt before failed: LoadBalancer: ",
        "warning: the attempt before failed: NodeGroup: ",
    ] {
        assert!(output.stderr.contains(text), "no {text:?} in\n{output}");
    }
    assert_eq!(executed(&fixture), 3);
    assert_eq!((fixture.stacks().await.len(), fixture.buckets().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_in_time_take_one_try() {
    let fixture = new_account(false, None).await;
    fixture.run(&UP).await.exits(0).ignored();
    assert_eq!(executed(&fixture), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_never_comes_ends_after_the_second_try() {
    let fixture = Fixture::new().await;
    let reason = "Unable to assume the service linked role. Please verify that it exists.";
    let effect = json!({ "fail_resource": { "reason": reason } });
    fixture.plant(json!({ "operation": "CREATE", "resource": "LoadBalancer", "times": 9, "effect": effect }));
    let output = fixture.run(&UP).await.exits(3);
    assert!(output.stderr.contains(reason), "{output}");
    assert_eq!(executed(&fixture), 2);
    assert_eq!(fixture.status().await, "ROLLBACK_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_make_the_role_is_told_so_at_once() {
    let all_but_that = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "NotAction": "iam:CreateServiceLinkedRole", "Resource": "*" }] });
    let fixture = new_account(false, Some(all_but_that)).await;
    let output = fixture.run(&UP).await.exits(3);
    assert!(output.stderr.contains("lack the permission iam:CreateServiceLinkedRole"), "{output}");
    assert_eq!(executed(&fixture), 1);
}
