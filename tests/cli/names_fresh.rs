//! A certificate that was uploaded a moment ago, which the load balancer does not find yet.

use dockreg_region::Options;
use serde_json::json;

use crate::harness::{Fixture, HOST, UP};

/// Uploads one for the host under this name.
async fn upload(fixture: &Fixture, name: &str) {
    let issued = fixture.region().authority().issue(&[HOST.to_owned()]).expect("a certificate");
    let input = json!({ "ServerCertificateName": name, "CertificateBody": issued.certificate,
        "CertificateChain": issued.chain, "PrivateKey": issued.private_key });
    fixture.call("iam", "UploadServerCertificate", input).await;
}

/// When load balancers find it, in seconds after its upload.
fn found_after(fixture: &Fixture, name: &str) -> f64 {
    let of = |own: &dockreg_region::service::iam::certificates::ServerCertificate| own.found_from - own.uploaded;
    fixture.region().region().world(|world| world.iam.certificates.get(name).map(of)).expect("the certificate")
}

fn let_find(fixture: &Fixture, name: &str, from: f64) {
    fixture.region().region().world(|world| {
        world.iam.certificates.get_mut(name).expect("the certificate").found_from = from;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_did_not_find_it_is_tried_once_more() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    upload(&fixture, "new").await;
    let_find(&fixture, "new", f64::MAX);
    let change = ["up", "--certificate", "new", "--yes"];
    let child = fixture.spawn(&change);
    fixture.until_status("UPDATE_ROLLBACK_COMPLETE").await;
    let_find(&fixture, "new", 0.0);
    let output = fixture.ended(child, &change).await.exits(0);
    assert!(
        output.stderr.contains("does not find the certificate yet, which happens to a new one: once more in"),
        "{output}"
    );
    assert_eq!(fixture.region().region().journal.count("ExecuteChangeSet"), 3);
    fixture.run(&["status"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn once_more_is_once() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    upload(&fixture, "new").await;
    let_find(&fixture, "new", f64::MAX);
    let output = fixture.run(&["up", "--certificate", "new", "--yes"]).await.exits(3);
    assert!(
        output.stderr.contains("Certificate 'arn:aws:iam::123456789012:server-certificate/new' not found"),
        "{output}"
    );
    assert_eq!(fixture.region().region().journal.count("ExecuteChangeSet"), 3);
    assert_eq!(fixture.status().await, "UPDATE_ROLLBACK_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_did_not_find_it_is_begun_anew() {
    let fixture = Fixture::new().await;
    let reason = "Certificate 'arn:aws:iam::123456789012:server-certificate/docker.example.test' not found";
    let effect = json!({ "fail_resource": { "reason": reason } });
    fixture.plant(json!({ "operation": "CREATE", "resource": "Listener", "effect": effect }));
    let output = fixture.run(&UP).await.exits(0);
    assert!(output.stderr.contains("once more in"), "{output}");
    assert!(output.stderr.contains("warning: the attempt before failed: Listener: Certificate '"), "{output}");
    assert_eq!(fixture.status().await, "CREATE_COMPLETE");
}

fn pace(speed: f64) -> dockreg_region::clock::ClockChange {
    serde_json::from_value(json!({ "speed": speed })).expect("a change of the clock")
}

/// At a speed at which AWS's delay outlasts the first attempt, and the pause is as long as with AWS.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_seed_draws_the_change_succeeds() {
    let mut fixture = Fixture::with(Options { speed: 20.0, ..Options::default() }).await;
    fixture.region().region().clock.change(pace(600.0)).expect("a speed");
    fixture.run(&UP).await.exits(0).ignored();
    fixture.region().region().clock.change(pace(20.0)).expect("a speed");
    fixture.set("DOCKREG_POLL_INTERVAL", "250ms");
    let mut late = 0;
    for name in ["one", "two", "three", "four"] {
        upload(&fixture, name).await;
        late += usize::from(found_after(&fixture, name) > 0.0);
        fixture.run(&["up", "--certificate", name, "--yes"]).await.exits(0).ignored();
    }
    assert!(late > 0, "at least one of them is found late");
}
