//! Waits without an operation: whoever watches may leave them, and each ends by `--timeout` with its documented code.

use dockreg_region::Options;
use serde_json::json;

use crate::harness::{CTRL_C, Fixture, HOST, UP, signal};

/// A registry that stands and is never found to work: it cannot reach its bucket.
async fn unwell() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.plant(json!({ "operation": "ListObjectsV2", "effect": "internal_failure" }));
    fixture
}

/// A change after which nobody ever sees the nodes.
const UNSEEN: [&str; 4] = ["up", "--health-check-grace-period", "1200", "--yes"];

/// A registry whose nodes cannot be looked at any more.
async fn unseen() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.plant(json!({ "operation": "DescribeTargetHealth", "effect": "throttle" }));
    fixture
}

/// How often dockreg asked for this; nodes ask too.
fn asked(fixture: &Fixture, operation: &str) -> usize {
    let entries = fixture.region().region().journal.entries();
    entries.iter().filter(|entry| entry.operation == operation && entry.caller.contains("user/")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_the_registry_may_go_on_or_be_left() {
    for leave in ["l\r", CTRL_C] {
        let fixture = unwell().await;
        let before = fixture.mutations();
        let mut terminal = fixture.terminal(&["up", "--yes"]);
        terminal.shows("Checking docker.example.test").await.types(CTRL_C).await;
        terminal.shows("this waits for the registry to answer").await.types("\r").await;
        terminal.shows("Checking docker.example.test").await.types(CTRL_C).await;
        terminal.shows("k or l?").await.types(leave).await;
        let output = terminal.ended().await.exits(130);
        assert!(output.stdout.contains("interrupted; the stack stands"), "{output}");
        assert!(output.stdout.contains("to wait for it again: dockreg up"), "{output}");
        assert_eq!(fixture.mutations(), before, "nothing is changed by it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_nodes_may_be_left() {
    let fixture = unseen().await;
    let mut terminal = fixture.terminal(&UNSEEN);
    terminal.shows("AWS asks for fewer calls").await.types(CTRL_C).await;
    terminal.shows("this waits for its nodes").await.types("l\r").await;
    let output = terminal.ended().await.exits(130);
    assert!(output.stdout.contains("to wait for it again: dockreg up"), "{output}");
    assert_eq!(fixture.status().await, "UPDATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_leaves_without_a_question_even_on_a_terminal() {
    let fixture = unwell().await;
    let mut terminal = fixture.terminal(&["up", "--yes"]);
    terminal.shows("Checking docker.example.test").await.signals("TERM").await;
    let output = terminal.ended().await.exits(130);
    assert!(!output.stdout.contains("k or l?"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_both_signals_leave_and_say_how_to_resume() {
    for name in ["INT", "TERM"] {
        for (fixture, arguments, operation) in
            [(unwell().await, &UP, "GetSecretValue"), (unseen().await, &UNSEEN, "DescribeTargetHealth")]
        {
            let before = asked(&fixture, operation);
            let child = fixture.spawn(arguments);
            let process = child.id().expect("a process").to_string();
            fixture.until(|| asked(&fixture, operation) > before).await;
            signal(&process, name);
            let output = fixture.ended(child, arguments).await.exits(130);
            assert!(output.stderr.contains("next: to wait for it again: dockreg up"), "{name}: {output}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_nodes_that_cannot_be_seen_ends_by_timeout() {
    let fixture = unseen().await;
    let output = fixture.run(&[&UNSEEN[..], &["--timeout", "12s"]].concat()).await.exits(4);
    assert!(output.stderr.contains("whether its nodes are in service could not be seen"), "{output}");
    assert!(output.stderr.contains("next: to look again: dockreg up"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_never_worked_out_ends_by_timeout_and_leaves_nothing() {
    // A change set takes some seconds of AWS, and here an hour.
    let fixture = Fixture::with(Options { speed: 0.001, ..Options::default() }).await;
    let output = fixture.run(&["up", "--domain", HOST, "--yes", "--timeout", "4s"]).await.exits(3);
    assert!(output.stderr.contains("has not worked out in time what would change; nothing was changed"), "{output}");
    assert_eq!(fixture.mutations(), ["CreateChangeSet", "DeleteStack"]);
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_does_not_end_is_left_by_every_command_in_time() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.plant(json!({ "operation": "DELETE", "resource": "LoadBalancer", "effect": { "slow_resource": 1e7 } }));
    for (arguments, resume) in [
        (&["down", "--yes", "--timeout", "4s"][..], "to follow it: dockreg down --yes"),
        (&["status", "--watch", "--timeout", "2s"], "to follow it: dockreg status --watch"),
        (&["up", "--yes", "--timeout", "2s"], "to follow it: dockreg up"),
    ] {
        let output = fixture.run(arguments).await.exits(3);
        assert!(output.stderr.contains("--timeout passed; the operation goes on in AWS"), "{output}");
        assert!(output.stderr.contains(resume), "{output}");
    }
    assert_eq!(fixture.status().await, "DELETE_IN_PROGRESS");
}
