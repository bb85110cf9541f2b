//! A registry's life: made, looked at, unchanged, grown, deleted, made again with its images.

use crate::harness::{Fixture, HOST, UP};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn up_status_up_grow_down_and_up_again() {
    let fixture = Fixture::new().await;
    let made = fixture.run(&UP).await.exits(0);
    insta::assert_snapshot!("life_up", made.transcript());
    for resource in ["Bucket", "LoadBalancer", "NodeGroup", "DnsRecord"] {
        assert!(made.stderr.contains(&format!("✓ {resource} ")), "no line for {resource} in\n{made}");
    }
    insta::assert_snapshot!("life_status", fixture.run(&["status"]).await.transcript());

    let before = fixture.mutations();
    insta::assert_snapshot!("life_up_unchanged", fixture.run(&UP).await.transcript());
    assert_eq!(fixture.mutations(), before, "an `up` that changes nothing asks AWS for no change");

    let other_image = fixture.run(&["up", "--image", "registry:3.0.0", "--dry-run"]).await.exits(0);
    insta::assert_snapshot!("life_dry_run_image", other_image.transcript());

    let grown = fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(0);
    insta::assert_snapshot!("life_up_grown", grown.transcript());
    let status = fixture.run(&["status", "--output", "json"]).await.exits(0).document();
    let nodes = &status["data"]["nodes"];
    assert_eq!([&nodes["wanted"], &nodes["in_service"], &nodes["healthy"]], [2, 2, 2], "{status:#}");

    let buckets = fixture.buckets();
    assert_eq!(buckets.len(), 1);
    insta::assert_snapshot!("life_down", fixture.run(&["down", "--yes"]).await.transcript());
    assert!(fixture.stacks().await.is_empty());
    assert_eq!(fixture.buckets(), buckets, "the images stay");
    insta::assert_snapshot!("life_down_again", fixture.run(&["down", "--yes"]).await.transcript());

    let again = fixture.run(&["up", "--domain", HOST, "--yes", "--output", "json"]).await.exits(0).document();
    assert_eq!(again["data"]["bucket"], json!(buckets[0]), "the images are found again");
    assert_eq!(fixture.buckets(), buckets);
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_is_ever_printed() {
    let fixture = Fixture::new().await;
    let hash = "$2y$05$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
    let users = fixture.file("users", &format!("anna:{hash}\n"));
    let users = users.display().to_string();
    for arguments in [
        &["up", "--domain", HOST, "--htpasswd", &users, "--yes", "-vv"][..],
        &["up", "--domain", HOST, "--nodes", "2", "--dry-run", "--output", "json", "-vv"],
        &["status", "-vv"],
        &["status", "--output", "json", "-vv"],
        &["cert", "list", "-vv"],
        &["login", "--client", "cat", "-vv"],
    ] {
        fixture.run(arguments).await.ignored();
    }
    let password = fixture.password().await;
    let secret_key = fixture.region().environment().into_iter().find(|(name, _)| name == "AWS_SECRET_ACCESS_KEY");
    let printed = fixture.printed();
    assert!(printed.contains("https://docker.example.test works"), "the runs did their work");
    for secret in [password.as_str(), &secret_key.map(|(_, value)| value).unwrap_or_default(), hash] {
        let place = printed.find(secret).map(|at| printed[at.saturating_sub(300)..at].to_owned());
        assert_eq!(place, None, "a secret was printed after this");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    let output = fixture.run(&["up", "--domain", HOST, "--dry-run"]).await.exits(0);
    insta::assert_snapshot!("life_dry_run", output.transcript());
    assert!(fixture.stacks().await.is_empty());
    assert!(fixture.buckets().is_empty());
}
