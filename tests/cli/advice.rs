//! What a message tells to type next can be typed, and does what it says.

use serde_json::json;

use crate::harness::{Fixture, HOST, UP};

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_asked_is_told_flags_of_the_very_command() {
    let fixture = Fixture::new().await;
    fixture.keep("old", &fixture.issue(&["old.example.test"], 90));
    let output = fixture.run(&["cert", "delete", "old"]).await.exits(1);
    assert!(output.stderr.ends_with("next: add --yes to agree in advance\n"), "{output}");
    fixture.run(&UP).await.exits(0).ignored();
    let output = fixture.run(&["down"]).await.exits(1);
    assert!(output.stderr.ends_with("next: add --yes to agree in advance\n"), "{output}");
    let output = fixture.run(&["up", "--nodes", "2"]).await.exits(1);
    assert!(output.stderr.contains("add --yes to agree in advance, or --dry-run to only see"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_change_is_begun_again_with_the_flags_it_had() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let effect = json!({ "fail_resource": { "reason": "no capacity" } });
    fixture.plant(json!({ "operation": "UPDATE", "resource": "NodeGroup", "effect": effect }));
    let output = fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(3);
    assert!(output.stderr.contains("next: begin again, with the same flags: dockreg up"), "{output}");
    // The event and the end: not a third time in between.
    assert_eq!(output.stderr.matches("no capacity").count(), 2, "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_do_something_is_told_where_the_policy_is() {
    let fixture = Fixture::new().await;
    fixture.plant(json!({ "operation": "CreateChangeSet", "effect": "denied" }));
    let output = fixture.run(&UP).await.exits(1);
    assert!(output.stderr.contains("`dockreg iam-policy` prints all that are needed"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_in_words_and_says_that_nothing_was_changed() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let output = fixture.run(&["up", "--allowed-cidr", "10.0.0.0/8", "--dry-run"]).await.exits(0);
    assert!(output.stdout.contains("\n      SecurityGroupIngress.0.CidrIp: 0.0.0.0/0 → 10.0.0.0/8\n"), "{output}");
    assert!(!output.stdout.contains("changeSet:"), "{output}");
    assert!(output.stdout.ends_with("Nothing was changed; without --dry-run the same command does it.\n"), "{output}");
    // On a terminal no word is broken at the edge.
    let output = fixture.terminal(&["up", "--nodes", "2", "--dry-run"]).ended().await.exits(0);
    assert!(output.stdout.lines().all(|line| line.trim_end().chars().count() <= 80), "{output}");
    assert!(output.stdout.contains("  (as until\r\n    now)\r\n"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_under_way_is_no_reason() {
    let fixture = Fixture::new().await;
    let slow = serde_json::from_value(json!({ "speed": 10.0 })).expect("a change of the clock");
    fixture.region().region().clock.change(slow).expect("a speed");
    fixture.run(&["up", "--domain", HOST, "--yes", "--detach"]).await.exits(0).ignored();
    let output = fixture.run(&["status"]).await.exits(4);
    assert!(output.stdout.contains("is CREATE_IN_PROGRESS\n"), "{output}");
    assert!(!output.stderr.contains("because:"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_keyboard_is_not_a_wrong_name() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let mut terminal = fixture.terminal(&["down"]);
    let output = terminal.shows("Type the stack's name").await.types("\x04").await.ended().await.exits(1);
    assert!(output.stdout.contains("declined; nothing was changed"), "{output}");
    assert!(!output.stdout.contains("what was typed"), "{output}");
}
