//! One test for each exit code of the README's table.

use dockreg_region::Options;
use dockreg_region::fault::{Effect, Fault};
use serde_json::json;

use crate::harness::{Fixture, HOST, UP, signal};

#[tokio::test(flavor = "multi_thread")]
async fn zero_when_done() {
    let fixture = Fixture::new().await;
    let output = fixture.run(&["template"]).await.exits(0);
    assert!(output.stdout.contains("\nAWSTemplateFormatVersion:"), "{output}");
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_when_refused() {
    let output = Fixture::new().await.run(&["status"]).await.exits(1);
    insta::assert_snapshot!("exit_1", output.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_when_the_command_line_is_wrong() {
    let output = Fixture::new().await.run(&["up", "--nodes", "many"]).await.exits(2);
    insta::assert_snapshot!("exit_2", output.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn three_when_the_operation_fails_and_is_rolled_back() {
    let fixture = Fixture::new().await;
    fixture.region().region().plant(Fault {
        service: Some("cloudformation".into()),
        operation: Some("CREATE".into()),
        resource: Some("Listener".into()),
        effect: Effect::FailResource { reason: "no such policy".into() },
        ..Fault::default()
    });
    let output = fixture.run(&UP).await.exits(3);
    insta::assert_snapshot!("exit_3_failed", output.transcript());
    fixture.run(&UP).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn three_when_the_time_is_up_and_the_operation_goes_on() {
    let fixture = Fixture::new().await;
    fixture.plant(json!({ "operation": "CREATE", "resource": "LoadBalancer", "effect": { "slow_resource": 1e7 } }));
    fixture.run(&["up", "--domain", HOST, "--yes", "--detach"]).await.exits(0).ignored();
    let output = fixture.run(&["up", "--yes", "--timeout", "3s"]).await.exits(3);
    assert!(output.stderr.contains("next: to follow it: dockreg up"), "{output}");
    let status = fixture.run(&["status"]).await.exits(4);
    assert!(status.stderr.contains("CREATE_IN_PROGRESS"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_when_the_registry_is_not_proven_to_work() {
    let mut fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.unset("DOCKREG_CA_FILE");
    let output = fixture.run(&["status"]).await.exits(4);
    insta::assert_snapshot!("exit_4", output.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_hundred_and_thirty_when_interrupted_and_the_operation_goes_on() {
    let fixture = Fixture::with(Options { speed: 1.0, ..Options::default() }).await;
    let child = fixture.spawn(&UP);
    let process = child.id().expect("a process").to_string();
    fixture.called("DescribeStackEvents", 1).await;
    signal(&process, "INT");
    let output = fixture.ended(child, &UP).await.exits(130);
    assert!(output.stderr.contains("dockreg up"), "{output}");
    assert_eq!(fixture.stacks().await, ["docker-registry"], "an interrupt deletes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn seventy_for_a_bug() {
    let fixture = Fixture::new().await;
    let mut panicked = false;
    // A process that may open almost no files: somewhere below the code meets what its authors ruled out.
    for files in 3..10 {
        let output = fixture.run_with_files(files, &["status", "--output", "json"]).await;
        if output.code == Some(70) {
            let document = output.document();
            assert_eq!(document["error"]["kind"], "bug", "{output}");
            assert!(output.stderr.contains("report this"), "{output}");
            panicked |= output.stdout.contains("panicked at");
        }
    }
    assert!(panicked, "a panic ends as a bug");
}
