//! A reply that is lost after its call took effect: the effect is found, and nothing is done twice or called a failure.

use dockreg_region::fault::{Effect, Fault};

use crate::harness::{Fixture, UP};

/// As often as the SDK asks before it gives up.
const ATTEMPTS: u32 = 3;

/// Cuts the connection after a call took effect, as often as it is repeated.
fn lose(fixture: &Fixture, operation: &str) {
    fixture.region().region().plant(Fault {
        service: Some("cloudformation".into()),
        operation: Some(operation.into()),
        times: Some(ATTEMPTS),
        effect: Effect::CutAfter,
        ..Fault::default()
    });
}

/// Runs a command while the replies to this operation get lost.
async fn losing(fixture: &Fixture, operation: &str, arguments: &[&str]) {
    let journal = &fixture.region().region().journal;
    let before = journal.count(operation);
    lose(fixture, operation);
    fixture.run(arguments).await.exits(0).ignored();
    let calls = u32::try_from(journal.count(operation) - before).expect("a few calls");
    assert!(calls >= ATTEMPTS, "{operation} was called {calls} times: the fault was not met");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_creation_and_a_deletion() {
    let fixture = Fixture::new().await;
    lose(&fixture, "ExecuteChangeSet");
    losing(&fixture, "CreateChangeSet", &UP).await;
    assert_eq!(fixture.stacks().await, ["docker-registry"]);
    losing(&fixture, "DeleteChangeSet", &["up", "--nodes", "2", "--dry-run"]).await;
    losing(&fixture, "DeleteStack", &["down", "--yes"]).await;
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_empty_stack_taken_back_and_of_a_repair() {
    let fixture = Fixture::new().await;
    losing(&fixture, "DeleteStack", &["up", "--domain", crate::harness::HOST, "--dry-run"]).await;
    assert!(fixture.stacks().await.is_empty());
    fixture.run(&UP).await.exits(0).ignored();
    fixture.region().region().plant(Fault {
        service: Some("cloudformation".into()),
        operation: Some("UPDATE".into()),
        resource: Some("NodeGroup".into()),
        times: Some(2),
        effect: Effect::FailResource { reason: "the test says no".into() },
        ..Fault::default()
    });
    fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(3).ignored();
    losing(&fixture, "ContinueUpdateRollback", &["up", "--yes"]).await;
    assert_eq!(fixture.settled("docker-registry").await, "UPDATE_ROLLBACK_COMPLETE");
}
