//! `cert upload`: from files to a certificate that a load balancer serves, and everything that stops it before.

use std::os::unix::fs::PermissionsExt;

use dockreg_region::fault::{Effect, Fault};

use crate::harness::{Fixture, HOST};

/// A host that the region has no certificate for.
const OTHER: &str = "other.example.test";
const UPLOAD: [&str; 8] = ["cert", "upload", "--cert", "cert.pem", "--key", "key.pem", "--chain", "chain.pem"];
const TO_IAM: [&str; 10] =
    ["cert", "upload", "--cert", "cert.pem", "--key", "key.pem", "--chain", "chain.pem", "--to", "iam"];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_to_acm_is_served() {
    let fixture = Fixture::new().await;
    fixture.files(&fixture.issue(&[OTHER], 90));
    let uploaded = fixture.run(&UPLOAD).await.exits(0);
    assert!(uploaded.stderr.is_empty(), "{uploaded}");
    for text in ["uploaded to ACM in us-east-1, which sends events", "dockreg up --domain other.example.test"] {
        assert!(uploaded.stdout.contains(text), "no {text:?} in\n{uploaded}");
    }
    let arns = fixture.in_acm().await;
    assert!(arns.len() == 1 && uploaded.stdout.contains(&arns[0]), "{uploaded}");
    let up = fixture.run(&["up", "--domain", OTHER, "--yes"]).await.exits(0);
    assert!(up.stdout.contains("https://other.example.test is ready"), "over real TLS: {up}");

    let before = fixture.mutations();
    let again = fixture.run(&UPLOAD).await.exits(0);
    assert!(again.stdout.contains("this very certificate is in ACM already, as other.example.test"), "{again}");
    assert!(again.stdout.contains("  issuer  dockreg simulated region CA\n"), "{again}");
    assert!(again.stdout.contains(&format!("dockreg cert rotate --certificate {}", arns[0])), "{again}");
    let elsewhere = fixture.run(&TO_IAM).await.exits(0);
    assert!(elsewhere.stdout.contains("is in ACM already"), "{elsewhere}");
    assert_eq!(fixture.mutations(), before, "nothing is uploaded twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn iam_has_names_and_they_can_be_taken() {
    let fixture = Fixture::new().await;
    let issued = fixture.issue(&["*.apps.example.test"], 90);
    fixture.files(&issued);
    let document = fixture.run(&[&TO_IAM[..], &["--output", "json"]].concat()).await.exits(0).document();
    let name = document["data"]["name"].as_str().unwrap_or_default().to_owned();
    assert!(name.starts_with("wildcard.apps.example.test-20"), "{document:#}");
    assert_eq!(document["data"]["next"], "dockreg up --domain docker.apps.example.test", "{document:#}");
    assert!(fixture.in_iam().await.contains(&format!("arn:aws:iam::123456789012:server-certificate/{name}")));

    // Another certificate of the same names and the same end.
    fixture.files(&fixture.issue(&["*.apps.example.test"], 90));
    let second = fixture.run(&[&TO_IAM[..], &["--output", "json"]].concat()).await.exits(0).document();
    assert_eq!(second["data"]["name"], format!("{name}-2"), "{second:#}");
    fixture.files(&fixture.issue(&["*.apps.example.test"], 90));
    let taken = fixture.run(&[&TO_IAM[..], &["--name", &name]].concat()).await.exits(1);
    assert!(
        taken.stderr.contains(&format!("IAM has another certificate named {name}; nothing was uploaded")),
        "{taken}"
    );
    fixture.run(&[&TO_IAM[..], &["--name", "my own"]].concat()).await.exits(2).ignored();
    let acm = fixture.run(&[&UPLOAD[..], &["--name", "mine"]].concat()).await.exits(2);
    assert!(acm.stderr.contains("certificates in ACM have no name"), "{acm}");

    fixture.region().region().world(|world| world.iam.certificate_quota = Some(3));
    let full = fixture.run(&TO_IAM).await.exits(1);
    assert!(full.stderr.contains("dockreg cert delete NAME; or keep it in ACM: --to acm"), "{full}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_good_is_refused_before_anything_is_asked_of_aws() {
    let fixture = Fixture::new().await;
    let issued = fixture.issue(&[OTHER], 90);
    fixture.files(&issued);
    let calls = || fixture.region().region().journal.entries().len();
    let before = calls();
    fixture.file("other.pem", &fixture.issue(&[OTHER], 90).private_key);
    fixture.file("locked.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    for (arguments, message, next) in [
        (["--cert", "cert.pem", "--key", "other.pem"], "key in other.pem does not belong", "openssl x509 -in CERT"),
        (["--cert", "cert.pem", "--key", "locked.pem"], "in locked.pem is encrypted", "openssl pkey -in locked.pem"),
        (["--cert", "none.pem", "--key", "key.pem"], "could not read none.pem", "name a PEM file with --cert"),
        (["--cert", "key.pem", "--key", "key.pem"], "key.pem holds a private key", "keep the certificates alone"),
    ] {
        let refused = fixture.run(&[&["cert", "upload"][..], &arguments].concat()).await.exits(1);
        assert!(refused.stderr.contains(message) && refused.stderr.contains(next), "{refused}");
    }
    let wrong = fixture.run(&[&UPLOAD[..], &["--domain", HOST]].concat()).await.exits(1);
    assert!(wrong.stderr.contains("the certificate covers only other.example.test"), "{wrong}");
    assert_eq!(calls(), before, "AWS was asked for nothing");
    fixture.files(&fixture.issue(&[OTHER], 20));
    let soon = fixture.run(&UPLOAD).await.exits(0);
    assert!(soon.stderr.contains("it expires in") && soon.stderr.contains("(under 30)"), "{soon}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_is_said_and_a_missing_one_refused() {
    let mut fixture = Fixture::new().await;
    fixture.files(&fixture.issue(&[OTHER], 90));
    fixture.unset("DOCKREG_CA_FILE");
    let own = fixture.run(&UPLOAD).await.exits(0);
    assert!(own.stderr.contains("/etc/docker/certs.d/HOST/ca.crt"), "{own}");
    let alone = ["cert", "upload", "--cert", "cert.pem", "--key", "key.pem"];
    let missing = fixture.run(&alone).await.exits(1);
    assert!(
        missing.stderr.contains("dockreg simulated region CA, which issued other.example.test, is missing"),
        "{missing}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_never_shown() {
    let fixture = Fixture::new().await;
    let issued = fixture.issue(&[OTHER], 90);
    fixture.files(&issued);
    let key = fixture.home().join("key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("it is opened");
    let open = fixture.run(&[&UPLOAD[..], &["-vv"]].concat()).await.exits(0);
    assert!(open.stderr.contains("everyone on this machine can read key.pem: chmod 600 key.pem"), "{open}");
    let piped = ["cert", "upload", "--cert", "cert.pem", "--chain", "chain.pem", "--key", "-", "--to", "iam", "-vv"];
    let again = fixture.run_with_input(&piped, &issued.private_key).await.exits(0);
    assert!(again.stdout.contains("is in ACM already"), "{again}");
    let mixed = fixture.run_with_input(&piped, &fixture.issue(&[OTHER], 90).private_key).await.exits(1);
    assert!(mixed.stderr.contains("the private key in standard input does not belong"), "{mixed}");
    let new = fixture.issue(&[HOST], 90);
    fixture.files(&new);
    fixture.run_with_input(&piped, &new.private_key).await.exits(0).ignored();
    let printed = fixture.printed();
    for line in issued.private_key.lines().chain(new.private_key.lines()).filter(|line| !line.starts_with('-')) {
        assert!(!printed.contains(line), "a line of the key was printed");
    }
}

/// Cuts the connection after an upload took effect, as often as it is repeated.
fn lose(fixture: &Fixture, operation: &str, effect: Effect) {
    let operation = Some(operation.to_owned());
    fixture.region().region().plant(Fault { operation, times: Some(3), effect, ..Fault::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_makes_neither_a_failure_nor_a_second_certificate() {
    let fixture = Fixture::new().await;
    fixture.files(&fixture.issue(&[OTHER], 90));
    lose(&fixture, "ImportCertificate", Effect::CutAfter);
    let uploaded = fixture.run(&UPLOAD).await.exits(0);
    let arns = fixture.in_acm().await;
    assert!(arns.len() == 1 && uploaded.stdout.contains(&arns[0]), "{arns:?}\n{uploaded}");
    assert_eq!(fixture.region().region().journal.count("ImportCertificate"), 1);

    let fixture = Fixture::new().await;
    fixture.files(&fixture.issue(&[OTHER], 90));
    lose(&fixture, "ImportCertificate", Effect::CutBefore);
    fixture.run(&UPLOAD).await.exits(1).ignored();
    assert!(fixture.in_acm().await.is_empty(), "it was never there");
    fixture.run(&UPLOAD).await.exits(0).ignored();

    let fixture = Fixture::new().await;
    fixture.files(&fixture.issue(&[OTHER], 90));
    let before = fixture.in_iam().await.len();
    lose(&fixture, "UploadServerCertificate", Effect::CutAfter);
    let uploaded = fixture.run(&TO_IAM).await.exits(0);
    assert!(uploaded.stdout.contains("uploaded to IAM as other.example.test-"), "{uploaded}");
    assert_eq!(fixture.in_iam().await.len(), before + 1);
}
