//! A registry whose certificate runs out: `up` and `status` say so before, and what to do after.

use serde_json::json;

use crate::harness::{Fixture, HOST, UP};

/// Lets the registry's certificate have been made so long ago that it ends after so many days.
fn aged(fixture: &Fixture, until: i64) {
    let issued = fixture.region().authority().issue_for(&[HOST.to_owned()], -90, until).expect("a certificate");
    fixture.keep(HOST, &issued);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_near_is_a_warning_of_up_and_status() {
    let fixture = Fixture::new().await;
    aged(&fixture, 20);
    let warning = "warning: the certificate docker.example.test in IAM expires in 19 days: give a new one to";
    let made = fixture.run(&UP).await.exits(0);
    assert!(made.stderr.contains(warning), "{made}");
    let again = fixture.run(&UP).await.exits(0);
    assert!(again.stderr.contains(warning), "a stack that stays as it is: {again}");
    let status = fixture.run(&["status"]).await.exits(0);
    assert!(status.stderr.contains(warning) && status.stdout.contains("19 days left"), "{status}");
    let document = fixture.run(&["status", "--output", "json"]).await.exits(0).document();
    assert!(document["warnings"][0].as_str().is_some_and(|text| text.contains("expires in 19 days")), "{document:#}");

    aged(&fixture, 300);
    for words in [&UP[..], &["status"]] {
        let calm = fixture.run(words).await.exits(0);
        assert!(!calm.stderr.contains("expires"), "{calm}");
    }
    // Who may not look at it is told no less of everything else.
    fixture.plant(json!({ "operation": "GetServerCertificate", "effect": "denied" }));
    fixture.run(&UP).await.exits(0).ignored();
    let status = fixture.run(&["status"]).await.exits(0);
    assert!(status.stderr.contains("warning: the certificate cannot be looked at"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_has_expired_is_named_with_the_way_out() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    aged(&fixture, -1);
    let status = fixture.run(&["status"]).await.exits(4);
    insta::assert_snapshot!("certificate_expired_status", status.transcript());
    // Nothing is gained by waiting: it ends long before the five minutes that a registry has to answer.
    let up = fixture.run(&UP).await.exits(4);
    assert!(up.stderr.contains("because: TLS certificate: the certificate expired on"), "{up}");
    assert!(up.stderr.contains("warning: the certificate docker.example.test in IAM has expired"), "{up}");
    let listed = fixture.run(&["cert", "list", "--domain", HOST]).await.exits(0);
    assert!(listed.stdout.contains("no: expired on") && listed.stdout.contains("None fits"), "{listed}");

    let fresh = fixture.issue(&[HOST], 300);
    fixture.keep("fresh", &fresh);
    let mended = fixture.run(&[&UP[..], &["--certificate", "fresh"]].concat()).await.exits(0);
    assert!(!mended.stderr.contains("expired"), "{mended}");
    fixture.run(&["status"]).await.exits(0).ignored();
}
