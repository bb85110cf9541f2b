//! `cert rotate`: the listener's certificate is replaced in place, under clients that connect all the time.

use dockreg_region::fault::{Effect, Fault};
use serde_json::{Value, json};

use crate::harness::{Fixture, HOST, UP, leaf, stubborn};

const ROTATE: [&str; 3] = ["cert", "rotate", "--yes"];

/// A registry that stands, with the region's own certificate.
async fn standing() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture
}

/// Lets the listener's update fail for this reason.
fn fail(fixture: &Fixture, reason: &str) {
    fixture.region().region().plant(Fault {
        service: Some("cloudformation".into()),
        operation: Some("UPDATE".into()),
        resource: Some("Listener".into()),
        effect: Effect::FailResource { reason: reason.into() },
        ..Fault::default()
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_is_refused_meanwhile() {
    let fixture = standing().await;
    let old = fixture.in_iam().await.pop().expect("the region's own");
    let (before, new) = (fixture.served().await, fixture.issue(&[HOST], 700));
    fixture.keep_in_acm(&new).await;
    // As slow as ten seconds are to the listener's four.
    let slow = serde_json::from_value(json!({ "speed": 10.0 })).expect("a change of the clock");
    fixture.region().region().clock.change(slow).expect("a speed");
    let clients = fixture.clients(4);
    let rotated = fixture.run(&ROTATE).await.exits(0);
    let seen = clients.stop().await;
    assert!(seen.failures.is_empty(), "of {} connections failed {:?}", seen.leaves.len(), seen.failures);
    let count = |leaf| seen.leaves.iter().filter(|own| **own == leaf).count();
    let (with_old, with_new) = (count(before), count(leaf(&new.certificate)));
    assert!(with_old > 0 && with_new > 0 && with_old + with_new == seen.leaves.len(), "{with_old} and {with_new}");
    assert_eq!(fixture.served().await, leaf(&new.certificate));
    for text in ["https://docker.example.test serves docker.example.test in ACM, until 20", "; seen on 1 address\n"] {
        assert!(rotated.stdout.contains(text), "no {text:?} in\n{rotated}");
    }
    assert!(rotated.stdout.contains(" were made, none failed"), "{rotated}");
    assert!(rotated.stdout.contains(&format!("stays; to delete it:\n  dockreg cert delete {old}")), "{rotated}");
    assert!(fixture.in_iam().await.contains(&old), "nothing is deleted without consent");

    let mutations = fixture.mutations();
    let again = fixture.run(&ROTATE).await.exits(0);
    assert!(again.stdout.contains("serves docker.example.test in ACM already, until 20"), "{again}");
    assert!(again.stdout.contains("nothing to do"), "{again}");
    let twin = fixture.keep_in_iam("twin", &new).await;
    let same = fixture.run(&[&ROTATE[..], &["--certificate", &twin]].concat()).await.exits(0);
    assert!(same.stdout.contains("twin in IAM is the very same certificate"), "{same}");
    assert_eq!(fixture.mutations(), mutations, "nothing to do changes nothing");
    let up = fixture.run(&["up", "--yes"]).await.exits(0);
    assert!(up.stderr.contains("nothing to change"), "the stack has its template and the new parameter: {up}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_one_goes_with_consent_alone() {
    let fixture = standing().await;
    let old = fixture.in_iam().await.pop().expect("the region's own");
    fixture.keep_in_iam("new", &fixture.issue(&[HOST], 700)).await;
    let silent = fixture.run(&["cert", "rotate"]).await.exits(1);
    assert!(silent.stderr.contains("there is no terminal to ask on"), "{silent}");
    let mut terminal = fixture.terminal(&["cert", "rotate"]);
    terminal.shows("Rotate it? [y/N]").await.types("n\r").await;
    terminal.ended().await.exits(1).ignored();
    assert_eq!(fixture.status().await, "CREATE_COMPLETE", "declined");
    let sets = fixture.call("cloudformation", "ListChangeSets", json!({ "StackName": "docker-registry" })).await;
    let open = |set: &Value| set["ExecutionStatus"] != "EXECUTE_COMPLETE";
    assert!(
        !sets["Summaries"].as_array().is_some_and(|sets| sets.iter().any(open)),
        "the proposal is taken back: {sets}"
    );

    let mut terminal = fixture.terminal(&["cert", "rotate"]);
    terminal.shows("Rotate it? [y/N]").await.types("y\r").await;
    terminal.shows("Delete the old certificate, docker.example.test in IAM, too? [y/N]").await.types("y\r").await;
    let output = terminal.ended().await.exits(0);
    assert!(output.stdout.contains("docker.example.test in IAM is deleted"), "{output}");
    assert!(!fixture.in_iam().await.contains(&old));

    fixture.keep_in_acm(&fixture.issue(&[HOST], 800)).await;
    let rotate = [&ROTATE[..], &["--delete-old", "--output", "json"]].concat();
    let document = fixture.run(&rotate).await.exits(0).document();
    let data = &document["data"];
    assert_eq!((&data["rotated"], &data["old_deleted"], &data["addresses"]), (&json!(true), &json!(true), &json!(1)));
    assert_eq!(data["connections"]["failed"], 0, "{document:#}");
    assert!(fixture.in_iam().await.is_empty(), "{document:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_keeps_the_old_one_served_and_says_so() {
    let fixture = standing().await;
    let before = fixture.served().await;
    fixture.keep_in_iam("new", &fixture.issue(&[HOST], 700)).await;
    fail(&fixture, "the test says no");
    let clients = fixture.clients(2);
    let failed = fixture.run(&ROTATE).await.exits(3);
    assert_eq!(clients.stop().await.failures, Vec::<String>::new());
    for text in [
        "the rotation failed: the stack is UPDATE_ROLLBACK_COMPLETE; docker.example.test in IAM is served as before, seen on every address (1)",
        "Listener: the test says no",
        "dockreg cert rotate",
    ] {
        assert!(failed.stderr.contains(text), "no {text:?} in\n{failed}");
    }
    assert_eq!(fixture.served().await, before);
    fixture.run(&ROTATE).await.exits(0).ignored();
    assert_ne!(fixture.served().await, before);
}

/// A certificate of a moment ago: https://github.com/hashicorp/terraform-provider-aws/issues/2053
#[tokio::test(flavor = "multi_thread")]
async fn what_the_load_balancer_does_not_find_yet_is_tried_once_more() {
    let fixture = standing().await;
    let new = fixture.issue(&[HOST], 700);
    let arn = fixture.keep_in_acm(&new).await;
    fail(&fixture, &format!("Certificate '{arn}' not found"));
    let rotated = fixture.run(&ROTATE).await.exits(0);
    assert!(
        rotated.stderr.contains("does not find the certificate yet, which happens to a new one: once more in"),
        "{rotated}"
    );
    assert_eq!(fixture.served().await, leaf(&new.certificate));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_has_to_serve_the_new_one() {
    let fixture = standing().await;
    let new = fixture.issue(&[HOST], 700);
    fixture.keep_in_iam("new", &new).await;
    let (edge, slow) = (fixture.region().edge(), stubborn(&fixture.issue(&[HOST], 90)).await);
    let to = format!(":443:{edge},:443:{slow}");
    let behind = [&ROTATE[..], &["--connect-to", &to, "--timeout", "8s"]].concat();
    let output = fixture.run(&behind).await.exits(4);
    assert!(output.stderr.contains(&format!("because: {slow} serves another certificate")), "{output}");
    assert_eq!(fixture.served().await, leaf(&new.certificate), "the other address does");

    // Nobody listens at this one.
    fixture.keep_in_iam("newer", &fixture.issue(&[HOST], 800)).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let to = format!(":443:{edge},:443:{closed}");
    let refused = [&ROTATE[..], &["--connect-to", &to, "--timeout", "8s"]].concat();
    let output = fixture.run(&refused).await.exits(4);
    assert!(output.stderr.contains(&format!("{closed}: Connection refused")), "{output}");
    assert!(output.stderr.contains("warning: of ") && output.stderr.contains(" failed: "), "it was counted: {output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_stack_requested_goes_with_the_update() {
    let other = "other.example.test";
    let fixture = Fixture::new().await;
    fixture.run(&["up", "--domain", other, "--yes", "--request-certificate"]).await.exits(0).ignored();
    let mine = fixture.keep_in_iam("mine", &fixture.issue(&[other], 700)).await;
    let best = fixture.run(&ROTATE).await.exits(0);
    assert!(best.stdout.contains("nothing to do"), "what ACM renews is better: {best}");
    let rotated = fixture.run(&[&ROTATE[..], &["--certificate", "mine", "--delete-old"]].concat()).await.exits(0);
    assert!(rotated.stderr.contains("the stack requested the old one itself, and deletes it afterwards"), "{rotated}");
    assert!(rotated.stdout.contains("went with the update"), "{rotated}");
    assert!(fixture.in_acm().await.is_empty() && fixture.in_iam().await.contains(&mine));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_rotated_is_refused() {
    let fixture = Fixture::new().await;
    let none = fixture.run(&ROTATE).await.exits(1);
    assert!(none.stderr.contains("there is no stack docker-registry"), "{none}");
    fixture.run(&UP).await.exits(0).ignored();
    fixture.keep_in_iam("other", &fixture.issue(&["a.test"], 700)).await;
    let mutations = fixture.mutations();
    let unfit = fixture.run(&[&ROTATE[..], &["--certificate", "other"]].concat()).await.exits(1);
    for text in [r#"certificate "other" cannot serve docker.example.test"#, "covers only a.test", "dockreg cert upload"]
    {
        assert!(unfit.stderr.contains(text), "no {text:?} in\n{unfit}");
    }
    assert_eq!(fixture.mutations(), mutations);
}
