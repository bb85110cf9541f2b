//! Ctrl-C, SIGINT and SIGTERM in every phase: what is offered, what goes on, what is cleaned up. Nothing is ever deleted
//! by an interrupt alone.

use std::time::Duration;

use dockreg_region::Options;
use serde_json::json;

use crate::harness::{CTRL_C, Fixture, HOST, UP, signal};

/// A region in which a creation never ends while a test runs.
async fn slow() -> Fixture {
    Fixture::with(Options { speed: 1.0, ..Options::default() }).await
}

/// A region in which an operation takes some seconds.
async fn brisk() -> Fixture {
    Fixture::with(Options { speed: 60.0, ..Options::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_watching_may_go_on() {
    let fixture = brisk().await;
    let mut terminal = fixture.terminal(&UP);
    terminal.shows("Creating docker-registry").await.types(CTRL_C).await;
    terminal.shows("k, d or c?").await.types("\r").await;
    let output = terminal.ended().await.exits(0);
    assert!(output.stdout.contains("https://docker.example.test is ready"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn detaching_and_a_second_press_leave_the_operation_running() {
    for answer in ["d\r", CTRL_C] {
        let fixture = slow().await;
        let mut terminal = fixture.terminal(&UP);
        terminal
            .shows("stack CREATE_IN_PROGRESS")
            .await
            .types(CTRL_C)
            .await
            .shows("k, d or c?")
            .await
            .types(answer)
            .await;
        let output = terminal.ended().await.exits(130);
        assert!(output.stdout.contains("interrupted; the operation goes on in AWS"), "{output}");
        assert!(output.stdout.contains("to follow it: dockreg up"), "{output}");
        assert_eq!(fixture.status().await, "CREATE_IN_PROGRESS");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_detaches_without_a_question_even_on_a_terminal() {
    let fixture = slow().await;
    let mut terminal = fixture.terminal(&UP);
    terminal.shows("stack CREATE_IN_PROGRESS").await.signals("TERM").await;
    let output = terminal.ended().await.exits(130);
    assert!(!output.stdout.contains("k, d or c?"), "{output}");
    assert_eq!(fixture.status().await, "CREATE_IN_PROGRESS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_is_cancelled_only_by_typing_its_name() {
    let fixture = slow().await;
    let mut terminal = fixture.terminal(&UP);
    terminal.shows("stack CREATE_IN_PROGRESS").await.types(CTRL_C).await.shows("k, d or c?").await.types("c\r").await;
    terminal.shows("Type its name").await.types("something\r").await;
    terminal.shows("Creating docker-registry").await;
    assert!(!fixture.mutations().contains(&"DeleteStack".to_owned()), "{:?}", fixture.mutations());
    terminal.types(CTRL_C).await.shows("k, d or c?").await.types("c\r").await;
    terminal.shows("Type its name").await.types("docker-registry\r").await;
    let output = terminal.shows("cancelling, as chosen").await.ended().await.exits(130);
    assert!(output.stdout.contains("cancelled: what was made is deleted"), "{output}");
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_update_is_undone_and_said_to_be() {
    let fixture = brisk().await;
    fixture.run(&UP).await.exits(0).ignored();
    let mut terminal = fixture.terminal(&["up", "--instance-type", "t3.medium", "--yes"]);
    terminal.shows("stack UPDATE_IN_PROGRESS").await.types(CTRL_C).await;
    terminal.shows("k, d or c?").await.types("c\r").await;
    let output = terminal.ended().await.exits(130);
    assert!(output.stdout.contains("cancelled: the update is undone"), "{output}");
    assert!(!output.stdout.contains("first failure"), "{output}");
    assert_eq!(fixture.status().await, "UPDATE_ROLLBACK_COMPLETE");
    fixture.run(&["status"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_ends_by_ctrl_c_and_by_sigterm_and_leaves_nothing() {
    for by_signal in [false, true] {
        let fixture = Fixture::new().await;
        let mut terminal = fixture.terminal(&["up", "--domain", HOST]);
        terminal.shows("Create it? [y/N]").await;
        if by_signal {
            terminal.signals("TERM").await;
        } else {
            terminal.types(CTRL_C).await;
        }
        let output = terminal.ended().await.exits(130);
        assert!(output.stdout.contains("interrupted; nothing was changed"), "{output}");
        assert!(fixture.stacks().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn down_at_its_question_changes_nothing() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let mut terminal = fixture.terminal(&["down"]);
    terminal.shows("Type the stack's name").await.types(CTRL_C).await;
    terminal.ended().await.exits(130).ignored();
    assert_eq!(fixture.status().await, "CREATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_both_signals_detach_and_say_how_to_resume() {
    for name in ["INT", "TERM"] {
        let fixture = slow().await;
        let child = fixture.spawn(&UP);
        let process = child.id().expect("a process").to_string();
        fixture.called("DescribeStackEvents", 2).await;
        signal(&process, name);
        let output = fixture.ended(child, &UP).await.exits(130);
        assert!(output.stderr.contains("next: to follow it: dockreg up"), "{output}");
        assert_eq!(fixture.status().await, "CREATE_IN_PROGRESS");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_change_set_and_while_it_is_made_nothing_is_left() {
    for operation in ["DescribeSubnets", "DescribeChangeSet"] {
        let fixture = Fixture::new().await;
        fixture.plant(json!({ "operation": operation, "effect": "stall" }));
        let child = fixture.spawn(&UP);
        let process = child.id().expect("a process").to_string();
        let before = if operation == "DescribeSubnets" { "DescribeStacks" } else { "CreateChangeSet" };
        fixture.called(before, 1).await;
        signal(&process, "INT");
        let output = fixture.ended(child, &UP).await.exits(130);
        assert!(output.stderr.contains("interrupted; nothing was changed"), "{operation}: {output}");
        assert!(fixture.stacks().await.is_empty(), "{operation}");
        assert!(fixture.buckets().is_empty(), "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_registry_is_checked_the_stack_stands() {
    let mut fixture = Fixture::new().await;
    // It is never found to work: its certificate is not trusted.
    fixture.unset("DOCKREG_CA_FILE");
    let child = fixture.spawn(&UP);
    let process = child.id().expect("a process").to_string();
    fixture.called("DescribeTargetHealth", 1).await;
    while fixture.status().await != "CREATE_COMPLETE" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    signal(&process, "TERM");
    let output = fixture.ended(child, &UP).await.exits(130);
    assert!(output.stderr.contains("dockreg status") || output.stderr.contains("dockreg up"), "{output}");
    assert_eq!(fixture.status().await, "CREATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_whose_reply_is_lost_is_one_all_the_same() {
    let fixture = brisk().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.plant(json!({ "operation": "CancelUpdateStack", "times": 3, "effect": "cut_after" }));
    let mut terminal = fixture.terminal(&["up", "--instance-type", "t3.medium", "--yes"]);
    terminal.shows("stack UPDATE_IN_PROGRESS").await.types(CTRL_C).await;
    terminal.shows("k, d or c?").await.types("c\r").await;
    let output = terminal.ended().await.exits(130);
    assert!(output.stdout.contains("cancelled: the update is undone"), "{output}");
    assert!(!output.stdout.contains("not cancelled"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_cannot_be_cancelled_and_says_so() {
    let fixture = brisk().await;
    fixture.run(&UP).await.exits(0).ignored();
    let mut terminal = fixture.terminal(&["down", "--yes"]);
    terminal.shows("stack DELETE_IN_PROGRESS").await.types(CTRL_C).await;
    terminal.shows("cannot be cancelled").await.types("d\r").await;
    let output = terminal.ended().await.exits(130);
    assert!(output.stdout.contains("to follow it: dockreg down --yes"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn down_detaches_and_is_resumed() {
    let fixture = brisk().await;
    fixture.run(&UP).await.exits(0).ignored();
    let asked = fixture.region().region().journal.count("DescribeStackEvents");
    let child = fixture.spawn(&["down", "--yes"]);
    let process = child.id().expect("a process").to_string();
    fixture.called("DeleteStack", 1).await;
    fixture.called("DescribeStackEvents", asked + 2).await;
    signal(&process, "INT");
    let output = fixture.ended(child, &["down", "--yes"]).await.exits(130);
    assert!(output.stderr.contains("next: to follow it: dockreg down --yes"), "{output}");
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_clean_up_and_says_so() {
    let fixture = Fixture::new().await;
    fixture.plant(json!({ "operation": "DescribeChangeSet", "effect": "stall" }));
    fixture.plant(json!({ "operation": "DescribeStacks", "after": 1, "effect": "stall" }));
    let mut child = fixture.spawn(&["up", "--domain", HOST, "--yes", "--output", "json"]);
    let process = child.id().expect("a process").to_string();
    fixture.called("CreateChangeSet", 1).await;
    while child.try_wait().expect("a state").is_none() {
        signal(&process, "INT");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let output = fixture.ended(child, &UP).await.exits(130);
    assert_eq!(output.document()["error"]["kind"], "interrupted", "{output}");
    assert!(output.stderr.contains("interrupted again"), "{output}");
}
