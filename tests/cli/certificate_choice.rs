//! Which certificate `up` takes for a host, what it says of the others, and what it refuses when one is named.

use dockreg_region::authority::{Authority, Issued};
use serde_json::{Value, json};

use crate::harness::{Fixture, HOST};

const DRY: [&str; 4] = ["up", "--domain", HOST, "--dry-run"];

/// Uploads a certificate to IAM, with or without its chain.
async fn upload(fixture: &Fixture, name: &str, path: &str, issued: &Issued, chain: Option<&str>) {
    let mut input = json!({ "ServerCertificateName": name, "Path": path, "CertificateBody": issued.certificate,
        "PrivateKey": issued.private_key });
    if let Some(chain) = chain {
        input["CertificateChain"] = json!(chain);
    }
    fixture.call("iam", "UploadServerCertificate", input).await;
}

/// Imports a certificate into ACM; gives its ARN.
async fn import(fixture: &Fixture, issued: &Issued, chain: Option<&str>) -> Value {
    use base64::Engine as _;
    let encoded = |pem: &str| base64::engine::general_purpose::STANDARD.encode(pem);
    let mut input = json!({ "Certificate": encoded(&issued.certificate), "PrivateKey": encoded(&issued.private_key) });
    if let Some(chain) = chain {
        input["CertificateChain"] = json!(encoded(chain));
    }
    fixture.call("acm", "ImportCertificate", input).await["CertificateArn"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_is_named_with_one_reason_for_each_other() {
    let fixture = Fixture::new().await;
    let authority = fixture.region().authority();
    let issue = |name: &str, until| authority.issue_for(&[name.to_owned()], -1, until).expect("a certificate");
    for (name, path, issued) in [
        ("soon", "/", issue(HOST, 20)),
        ("wild", "/", issue("*.example.test", 390)),
        ("cdn", "/cloudfront/", issue(HOST, 390)),
        ("other", "/", issue("a.test", 390)),
    ] {
        upload(&fixture, name, path, &issued, Some(&issued.chain)).await;
    }
    let bare = issue(HOST, 390);
    upload(&fixture, "bare", "/", &bare, None).await;
    import(&fixture, &issue(HOST, 397), None).await;
    // The region's authority is a known root, so that no chain is needed; to others it is.
    let dry = fixture.run(&DRY).await.exits(0);
    insta::assert_snapshot!("certificate_choice", dry.transcript());
    let document = fixture.run(&[&DRY[..], &["--output", "json"]].concat()).await.exits(0).document();
    let passed = document["data"]["certificates_passed_over"].as_array().cloned().unwrap_or_default();
    assert_eq!(passed.len(), 6, "{document:#}");
    let listed = fixture.run(&["cert", "list", "--domain", HOST, "--ca-file", "/etc/hostname"]).await.exits(1);
    assert!(listed.stderr.contains("holds no certificate in PEM form"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_acm_renews_comes_before_one_that_is_valid_for_longer() {
    let fixture = Fixture::new().await;
    let issued = fixture.region().authority().issue_for(&[HOST.to_owned()], -1, 3000).expect("a certificate");
    upload(&fixture, "long", "/", &issued, Some(&issued.chain)).await;
    fixture
        .run(&["up", "--domain", "acm.example.test", "--request-certificate", "--yes", "--no-verify"])
        .await
        .exits(0)
        .ignored();
    let wild = fixture.region().authority().issue_for(&["acm.example.test".into()], -1, 3000).expect("a certificate");
    upload(&fixture, "acm-long", "/", &wild, Some(&wild.chain)).await;
    let listed = fixture.run(&["cert", "list", "--domain", "acm.example.test"]).await.exits(0);
    assert!(listed.stdout.contains("yes, but acm.example.test in ACM renews by itself"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_one_is_checked_the_same_way() {
    let fixture = Fixture::new().await;
    let authority = fixture.region().authority();
    let issued = authority.issue(&[HOST.to_owned()]).expect("a certificate");
    upload(&fixture, "cdn", "/cloudfront/", &issued, Some(&issued.chain)).await;
    let stranger = Authority::new(jiff::Timestamp::now()).expect("an authority");
    let lonely = stranger.issue(&[HOST.to_owned()]).expect("a certificate");
    upload(&fixture, "lonely", "/", &lonely, None).await;
    let imported = import(&fixture, &lonely, None).await;
    for (named, why) in [
        ("cdn", "cdn in IAM is kept for CloudFront, under the path /cloudfront/"),
        (
            "lonely",
            "lonely in IAM lacks its chain: its issuer, dockreg simulated region CA, is neither stored with it nor a root \
             known here",
        ),
        (
            imported.as_str().unwrap_or_default(),
            "docker.example.test in ACM lacks its chain: its issuer, dockreg simulated",
        ),
        (
            "arn:aws:acm:eu-west-1:123456789012:certificate/1",
            "it is in eu-west-1, the stack in us-east-1: a load balancer uses ACM's of its own region",
        ),
        ("arn:aws-cn:iam::123456789012:server-certificate/docker", "it is in the partition aws-cn, the stack in aws"),
        (
            "arn:aws:iam::210987654321:server-certificate/docker",
            "it belongs to account 210987654321, the stack to 123456789012",
        ),
    ] {
        let refused = fixture.run(&[&DRY[..], &["--certificate", named]].concat()).await.exits(1);
        assert!(refused.stderr.contains(&format!("because: {why}")), "{refused}");
        let document =
            fixture.run(&[&DRY[..], &["--certificate", named, "--output", "json"]].concat()).await.document();
        assert_eq!(document["error"]["kind"], "certificate", "{document:#}");
    }
    assert!(fixture.mutations().iter().all(|own| own.ends_with("Certificate")), "{:?}", fixture.mutations());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_not_trusted_here_is_told_before_anything_is_made() {
    let fixture = Fixture::new().await;
    let stranger = Authority::new(jiff::Timestamp::now()).expect("an authority");
    let private = stranger.issue(&[HOST.to_owned()]).expect("a certificate");
    upload(&fixture, "private", "/", &private, Some(&private.chain)).await;
    let named = [&DRY[..], &["--certificate", "private"]].concat();
    let warned = fixture.run(&named).await.exits(0);
    let warning = "private in IAM is signed by dockreg simulated region CA, whom this machine does not trust: name the \
                   issuer's own certificate with --ca-file";
    assert!(warned.stderr.contains(warning), "{warned}");
    let file = fixture.file("ca.pem", stranger.pem());
    let file = file.to_str().unwrap_or_default();
    let calm = fixture.run(&[&named[..], &["--ca-file", file]].concat()).await.exits(0);
    assert!(!calm.stderr.contains("trust"), "{calm}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_international_host_is_found_by_its_ascii_form() {
    let fixture = Fixture::new().await;
    let issued = fixture.region().authority().issue(&["xn--bcher-kva.example.test".to_owned()]).expect("a certificate");
    upload(&fixture, "books", "/", &issued, Some(&issued.chain)).await;
    let dry = fixture.run(&["up", "--domain", "Bücher.example.test", "--dry-run"]).await.exits(0);
    assert!(dry.stdout.contains("host           xn--bcher-kva.example.test"), "{dry}");
    assert!(dry.stdout.contains("certificate    books in IAM"), "{dry}");
    let refused = fixture.run(&["up", "--domain", "10.0.0.1", "--dry-run"]).await.exits(2);
    assert!(refused.stderr.contains("is an address, not a host name"), "{refused}");
}
