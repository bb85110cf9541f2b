//! Every state that a stack can be in × `up`, `status`, `down`: each has its row, and no state is left out.

use std::collections::BTreeSet;

use dockreg::stack::status::StackStatus;
use serde_json::json;

use crate::harness::{Fixture, HOST, Output, UP};

/// A status that no version of CloudFormation knows today.
const NEW: &str = "PAUSED_BY_AWS";

/// One row: the status the stack is in; the one it gets while the command watches; the exit code; what is said.
type Row = (&'static str, Option<&'static str>, i32, &'static str);

/// The rows name every status there is, and one that there is not.
fn assert_complete(rows: impl IntoIterator<Item = &'static str>) {
    let rows: BTreeSet<_> = rows.into_iter().collect();
    let all: BTreeSet<_> = StackStatus::words().chain([NEW]).collect();
    assert_eq!(rows, all);
}

fn put(fixture: &Fixture, stack: &str, status: &'static str, resources: Option<&'static str>) {
    let region = fixture.region().region();
    region.world(|world| world.cloudformation.put(&region, stack, status, resources));
}

/// Runs a command on a stack in a state; once it watches the stack, that goes on to the next state.
async fn in_state(fixture: &Fixture, stack: &str, row: Row, arguments: &[&str]) -> Output {
    let (status, then, code, said) = row;
    put(fixture, stack, status, None);
    let region = fixture.region().region();
    let before = region.journal.count("DescribeStackEvents");
    let child = fixture.spawn(arguments);
    if let Some(then) = then {
        fixture.until(|| region.journal.count("DescribeStackEvents") > before).await;
        put(fixture, stack, then, (then == "DELETE_COMPLETE").then_some(then));
    }
    let output = fixture.ended(child, arguments).await;
    assert_eq!(output.code, Some(code), "{status}\n{output}");
    assert!(output.stdout.contains(said) || output.stderr.contains(said), "{status}: no {said:?} in\n{output}");
    output
}

/// A stack that carries our mark and holds one thing.
async fn small_stack(fixture: &Fixture, name: &str) {
    let group = json!({ "Type": "AWS::EC2::SecurityGroup", "Properties": { "GroupDescription": "small" } });
    let body = json!({ "Description": "dockreg: small", "Resources": { "Group": group } });
    let input = json!({ "StackName": name, "TemplateBody": body.to_string() });
    fixture.call("cloudformation", "CreateStack", input).await;
    fixture.settled(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_has_an_answer_to_every_state() {
    const ROWS: [Row; 24] = [
        ("CREATE_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("CREATE_FAILED", None, 4, "to set it right: dockreg up (says what failed"),
        ("CREATE_COMPLETE", None, 0, "https://docker.example.test works"),
        ("ROLLBACK_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("ROLLBACK_FAILED", None, 4, "to set it right: dockreg up (says what failed"),
        ("ROLLBACK_COMPLETE", None, 4, "to set it right: dockreg up (says what failed"),
        ("DELETE_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("DELETE_FAILED", None, 4, "to finish the deletion: dockreg down; to have the registry back: dockreg up"),
        ("UPDATE_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("UPDATE_COMPLETE", None, 0, "https://docker.example.test works"),
        ("UPDATE_FAILED", None, 4, "to set it right: dockreg up (says what failed, asks, rolls it back"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("UPDATE_ROLLBACK_FAILED", None, 4, "to set it right: dockreg up (says what blocks the rollback"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("UPDATE_ROLLBACK_COMPLETE", None, 0, "https://docker.example.test works"),
        ("REVIEW_IN_PROGRESS", None, 4, "a proposal, of which nothing is made yet"),
        ("IMPORT_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("IMPORT_COMPLETE", None, 0, "https://docker.example.test works"),
        ("IMPORT_ROLLBACK_IN_PROGRESS", None, 4, "to follow it: dockreg status --watch"),
        ("IMPORT_ROLLBACK_FAILED", None, 4, "finish or undo this in the CloudFormation console"),
        ("IMPORT_ROLLBACK_COMPLETE", None, 0, "https://docker.example.test works"),
        (NEW, None, 4, "the stack is PAUSED_BY_AWS"),
        // Last: a deleted stack has no name any more.
        ("DELETE_COMPLETE", None, 1, "there is no stack docker-registry"),
    ];
    assert_complete(ROWS.map(|row| row.0));
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let before = fixture.mutations();
    for row in ROWS {
        in_state(&fixture, "docker-registry", row, &["status"]).await.ignored();
    }
    assert_eq!(fixture.mutations(), before, "status changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn down_has_an_answer_to_every_state() {
    const DELETED: &str = "is deleted";
    const ROWS: [Row; 24] = [
        ("CREATE_IN_PROGRESS", Some("DELETE_COMPLETE"), 0, "It is being made right now; that is given up"),
        ("CREATE_FAILED", None, 0, DELETED),
        ("CREATE_COMPLETE", None, 0, DELETED),
        ("ROLLBACK_IN_PROGRESS", Some("ROLLBACK_COMPLETE"), 0, "it is followed to its end first"),
        ("ROLLBACK_FAILED", None, 0, DELETED),
        ("ROLLBACK_COMPLETE", None, 0, DELETED),
        ("DELETE_IN_PROGRESS", Some("DELETE_COMPLETE"), 0, "is being deleted: following it"),
        ("DELETE_FAILED", None, 0, "A deletion of it failed before"),
        ("DELETE_COMPLETE", None, 0, "there is no stack"),
        ("UPDATE_IN_PROGRESS", Some("UPDATE_COMPLETE"), 0, "it is followed to its end first"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Some("UPDATE_COMPLETE"), 0, "it is followed to its end first"),
        ("UPDATE_COMPLETE", None, 0, DELETED),
        ("UPDATE_FAILED", None, 0, DELETED),
        ("UPDATE_ROLLBACK_IN_PROGRESS", Some("UPDATE_ROLLBACK_FAILED"), 0, "it is followed to its end first"),
        ("UPDATE_ROLLBACK_FAILED", None, 0, DELETED),
        (
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            Some("UPDATE_ROLLBACK_COMPLETE"),
            0,
            "it is followed to its end first",
        ),
        ("UPDATE_ROLLBACK_COMPLETE", None, 0, DELETED),
        ("REVIEW_IN_PROGRESS", None, 0, "it holds a proposal and nothing else"),
        ("IMPORT_IN_PROGRESS", Some("IMPORT_COMPLETE"), 0, "it is followed to its end first"),
        ("IMPORT_COMPLETE", None, 0, DELETED),
        ("IMPORT_ROLLBACK_IN_PROGRESS", Some("IMPORT_ROLLBACK_COMPLETE"), 0, "it is followed to its end first"),
        ("IMPORT_ROLLBACK_FAILED", None, 0, DELETED),
        ("IMPORT_ROLLBACK_COMPLETE", None, 0, DELETED),
        (NEW, None, 0, DELETED),
    ];
    assert_complete(ROWS.map(|row| row.0));
    let fixture = Fixture::new().await;
    for (number, row) in ROWS.into_iter().enumerate() {
        let name = format!("small-{number}");
        small_stack(&fixture, &name).await;
        let output = in_state(&fixture, &name, row, &["down", "--yes", "--stack-name", &name]).await;
        assert!(fixture.stacks().await.is_empty(), "{}: it is left\n{output}", row.0);
    }
}

const READY: &str = "https://docker.example.test is ready";
const AGAIN: &str = "the attempt before failed";

/// States in which a complete stack stays as it is.
const STANDING: [Row; 14] = [
    ("CREATE_COMPLETE", None, 0, READY),
    ("UPDATE_COMPLETE", None, 0, READY),
    ("UPDATE_ROLLBACK_COMPLETE", None, 0, READY),
    ("IMPORT_COMPLETE", None, 0, READY),
    ("IMPORT_ROLLBACK_COMPLETE", None, 0, READY),
    ("CREATE_IN_PROGRESS", Some("CREATE_COMPLETE"), 0, READY),
    ("UPDATE_IN_PROGRESS", Some("UPDATE_COMPLETE"), 0, READY),
    ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Some("UPDATE_COMPLETE"), 0, READY),
    ("UPDATE_ROLLBACK_IN_PROGRESS", Some("UPDATE_ROLLBACK_COMPLETE"), 0, READY),
    ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Some("UPDATE_ROLLBACK_COMPLETE"), 0, READY),
    ("IMPORT_IN_PROGRESS", Some("IMPORT_COMPLETE"), 0, READY),
    ("IMPORT_ROLLBACK_IN_PROGRESS", Some("IMPORT_ROLLBACK_COMPLETE"), 0, READY),
    ("IMPORT_ROLLBACK_FAILED", None, 1, "which `dockreg up` cannot lead out of"),
    (NEW, None, 1, "this version does not know that state"),
];

/// States that end in a stack made anew.
const ANEW: [Row; 8] = [
    ("CREATE_FAILED", None, 0, AGAIN),
    ("ROLLBACK_FAILED", None, 0, AGAIN),
    ("ROLLBACK_COMPLETE", None, 0, AGAIN),
    ("ROLLBACK_IN_PROGRESS", Some("ROLLBACK_COMPLETE"), 0, AGAIN),
    ("DELETE_FAILED", None, 0, AGAIN),
    ("DELETE_IN_PROGRESS", Some("DELETE_COMPLETE"), 0, "is deleted; making it anew"),
    ("DELETE_COMPLETE", None, 0, "This will create the stack"),
    ("REVIEW_IN_PROGRESS", None, 0, "This will create the stack"),
];

/// States that only a real operation leads to: the tests of repairs make them.
const REPAIRED: [&str; 2] = ["UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"];

#[test]
fn up_leaves_no_state_out() {
    assert_complete(STANDING.iter().chain(&ANEW).map(|row| row.0).chain(REPAIRED));
}

#[tokio::test(flavor = "multi_thread")]
async fn up_has_an_answer_to_every_state_of_a_stack_that_stands() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let before = fixture.mutations();
    for row in STANDING {
        in_state(&fixture, "docker-registry", row, &UP).await.ignored();
    }
    assert_eq!(fixture.mutations(), before, "nothing is changed without need");
}

#[tokio::test(flavor = "multi_thread")]
async fn up_has_an_answer_to_every_state_of_a_stack_that_does_not_stand() {
    let fixture = Fixture::new().await;
    for (number, row) in ANEW.into_iter().enumerate() {
        let name = format!("small-{number}");
        if row.0 == "REVIEW_IN_PROGRESS" {
            review(&fixture, &name).await;
        } else {
            small_stack(&fixture, &name).await;
        }
        let quick = ["--dns-zone", "none", "--no-verify", "--yes", "--stack-name", &name];
        let arguments = [&["up", "--domain", HOST][..], &quick].concat();
        in_state(&fixture, &name, row, &arguments).await.ignored();
        assert_eq!(fixture.settled(&name).await, "CREATE_COMPLETE", "{}", row.0);
        assert_eq!(fixture.stacks().await, [name.as_str()]);
        fixture.run(&["down", "--yes", "--stack-name", &name]).await.exits(0).ignored();
    }
}

/// A stack that holds a proposal of ours and nothing else, as a run leaves it that is killed.
async fn review(fixture: &Fixture, name: &str) {
    let group = json!({ "Type": "AWS::EC2::SecurityGroup", "Properties": { "GroupDescription": "small" } });
    let body = json!({ "Resources": { "Group": group } });
    let input = json!({
        "StackName": name,
        "ChangeSetName": "dockreg-1",
        "ChangeSetType": "CREATE",
        "TemplateBody": body.to_string(),
    });
    fixture.call("cloudformation", "CreateChangeSet", input).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_stack_and_its_bucket_there_are_no_images_to_delete() {
    let fixture = Fixture::new().await;
    let arguments = ["down", "--yes", "--delete-images", "--confirm-stack", "docker-registry"];
    let output = fixture.run(&arguments).await.exits(0);
    assert!(output.stdout.contains("there is no stack docker-registry"), "{output}");
    assert!(output.stdout.contains("no bucket is found that it made"), "{output}");
}
