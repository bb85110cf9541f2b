//! What it looks like: width, colours, quiet and verbose, several certificates side by side.

use serde_json::json;

use crate::harness::{Fixture, HOST, UP};

#[tokio::test(flavor = "multi_thread")]
async fn certificates_side_by_side_with_their_reasons() {
    let fixture = Fixture::new().await;
    for (name, host, from, until) in [
        ("old", HOST, -90, -1),
        ("soon", HOST, -60, 20),
        ("wild", "*.example.test", -1, 700),
        ("other", "a.test", -1, 700),
    ] {
        let issued = fixture.region().authority().issue_for(&[host.to_owned()], from, until).expect("a certificate");
        fixture.keep(name, &issued);
    }
    fixture.call("acm", "RequestCertificate", json!({ "DomainName": HOST, "ValidationMethod": "DNS" })).await;
    let output = fixture.run(&["cert", "list", "--domain", HOST]).await.exits(0);
    insta::assert_snapshot!("screen_cert_list", output.transcript());
    let output = fixture.run(&["cert", "list", "--domain", "docker.example.com"]).await.exits(0);
    insta::assert_snapshot!("screen_cert_list_none_fits", output.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_about_to_expire_is_a_warning() {
    let fixture = Fixture::new().await;
    let issued = fixture.region().authority().issue_for(&["soon.example.test".into()], -60, 20).expect("a certificate");
    let input = json!({
        "ServerCertificateName": "soon",
        "CertificateBody": issued.certificate,
        "CertificateChain": issued.chain,
        "PrivateKey": issued.private_key,
    });
    fixture.call("iam", "UploadServerCertificate", input).await;
    fixture.run(&["up", "--domain", "soon.example.test", "--yes"]).await.exits(0).ignored();
    let output = fixture.run(&["status"]).await.exits(0);
    insta::assert_snapshot!("screen_expires_soon", output.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_escape_code_without_a_terminal_and_some_when_asked_for() {
    let fixture = Fixture::new().await;
    let plain = fixture.run(&UP).await.exits(0);
    assert!(!plain.stdout.contains('\x1b') && !plain.stderr.contains('\x1b'), "{plain}");
    assert!(!plain.stderr.contains('\r'), "{plain}");
    let coloured = fixture.run(&["status", "--color", "always"]).await.exits(0);
    assert!(coloured.stdout.contains("\x1b[32m✓\x1b[0m"), "{coloured}");
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_says_only_results() {
    let fixture = Fixture::new().await;
    let output = fixture.run(&["up", "--domain", HOST, "--yes", "-q"]).await.exits(0);
    assert_eq!(output.stderr, "", "{output}");
    assert!(output.stdout.starts_with("https://docker.example.test is ready"), "{output}");
    let output = fixture.run(&["up", "--domain", HOST, "--yes", "-q", "-v"]).await.exits(2);
    assert!(output.stderr.contains("cannot be used with"), "{output}");
}
