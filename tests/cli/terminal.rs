//! On a terminal: questions are asked, and no answer but the right one changes anything. The terminal is that of
//! `script`, which every Debian has.

use crate::harness::{Fixture, HOST, UP};

#[tokio::test(flavor = "multi_thread")]
async fn declining_takes_the_proposal_back() {
    let fixture = Fixture::new().await;
    let output = fixture.run_on_terminal(&["up", "--domain", HOST], "n\r").await.exits(1);
    assert!(output.stdout.contains("Create it?"), "{output}");
    assert!(output.stdout.contains("declined; nothing was changed"), "{output}");
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn agreeing_makes_the_registry_and_draws_its_progress() {
    let fixture = Fixture::new().await;
    let output = fixture.run_on_terminal(&["up", "--domain", HOST], "y\r").await.exits(0);
    for text in ["Creating docker-registry", "LoadBalancer ", "https://docker.example.test is ready"] {
        assert!(output.stdout.contains(text), "no {text:?} in\n{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_than_the_stacks_deletes_nothing() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let output = fixture.run_on_terminal(&["down"], "something-else\r").await.exits(1);
    assert!(output.stdout.contains("Type the stack's name"), "{output}");
    assert_eq!(fixture.stacks().await, ["docker-registry"]);
    fixture.run_on_terminal(&["down"], "docker-registry\r").await.exits(0).ignored();
    assert!(fixture.stacks().await.is_empty());
}
