//! `cert delete`: only what nothing uses, only with consent, and never a lost reply called a failure.

use dockreg_region::fault::{Effect, Fault};
use dockreg_region::service::elbv2::listeners::Released;

use crate::harness::{Fixture, HOST, UP};

/// A host that the region has no certificate for.
const OTHER: &str = "other.example.test";

fn plant(fixture: &Fixture, operation: &str, times: u32, effect: Effect) {
    let operation = Some(operation.to_owned());
    fixture.region().region().plant(Fault { operation, times: Some(times), effect, ..Fault::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn it_asks_deletes_and_says_when_there_is_nothing() {
    let fixture = Fixture::new().await;
    let arn = fixture.keep_in_iam("mine", &fixture.issue(&[OTHER], 90)).await;
    let imported = fixture.keep_in_acm(&fixture.issue(&["a.example.test"], 90)).await;
    let before = fixture.mutations();
    let silent = fixture.run(&["cert", "delete", "mine"]).await.exits(1);
    assert!(silent.stderr.contains("there is no terminal to ask on"), "{silent}");
    let mut terminal = fixture.terminal(&["cert", "delete", "mine"]);
    terminal.shows("Delete it? [y/N]").await.types("\r").await;
    let declined = terminal.ended().await.exits(1);
    assert!(declined.stdout.contains("This will delete the certificate mine in IAM, until "), "{declined}");
    assert_eq!(fixture.mutations(), before, "nothing without consent");

    let mut terminal = fixture.terminal(&["cert", "delete", &arn]);
    terminal.shows("Delete it? [y/N]").await.types("y\r").await;
    let deleted = terminal.ended().await.exits(0);
    assert!(deleted.stdout.contains("mine is deleted from IAM"), "{deleted}");
    assert!(!fixture.in_iam().await.contains(&arn));
    for gone in ["mine", &arn] {
        let output = fixture.run(&["cert", "delete", gone, "--yes"]).await.exits(0);
        assert!(output.stdout.contains(&format!("there is no certificate {gone} in IAM, and none in ACM")), "{output}");
    }
    let by_domain = fixture.run(&["cert", "delete", "A.example.test", "--yes", "--output", "json"]).await.exits(0);
    let document = by_domain.document();
    assert_eq!(document["data"]["certificate"]["arn"], imported.as_str(), "{document:#}");
    assert!(fixture.in_acm().await.is_empty());
    let region = "arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-0000-0000-000000000000";
    let elsewhere = fixture.run(&["cert", "delete", region, "--yes"]).await.exits(1);
    assert!(elsewhere.stderr.contains("is in eu-west-1, not in us-east-1"), "{elsewhere}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_is_named_by_its_arn() {
    let fixture = Fixture::new().await;
    let mut arns = vec![fixture.keep_in_iam(OTHER, &fixture.issue(&[OTHER], 90)).await];
    arns.push(fixture.keep_in_acm(&fixture.issue(&[OTHER], 80)).await);
    let several = fixture.run(&["cert", "delete", OTHER, "--yes"]).await.exits(1);
    assert!(several.stderr.contains("2 certificates are called other.example.test"), "{several}");
    for arn in &arns {
        assert!(several.stderr.contains(arn), "{several}");
        fixture.run(&["cert", "delete", arn, "--yes"]).await.exits(0).ignored();
    }
    assert!(fixture.in_acm().await.is_empty() && !fixture.in_iam().await.contains(&arns[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_stays_and_by_what_is_said() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let used = fixture.in_iam().await.pop().expect("the region's own certificate");
    let before = fixture.mutations();
    let refused = fixture.run(&["cert", "delete", &used, "--yes"]).await.exits(1);
    insta::assert_snapshot!("certs_delete_in_use", refused.transcript());
    assert_eq!(fixture.mutations(), before, "AWS is not even asked to");

    // Who may not look at load balancers is told by IAM.
    for operation in ["DescribeLoadBalancers", "DescribeListeners"] {
        plant(&fixture, operation, 99, Effect::Denied);
    }
    let blind = fixture.run(&["cert", "delete", &used, "--yes", "--timeout", "1s"]).await.exits(1);
    for text in [" is in use", "is currently in use by arn:aws:elasticloadbalancing:us-east-1:", "DeleteConflict"] {
        assert!(blind.stderr.contains(text), "no {text:?} in\n{blind}");
    }
    assert!(fixture.in_iam().await.contains(&used));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_a_deletion() {
    let fixture = Fixture::new().await;
    fixture.keep_in_iam("mine", &fixture.issue(&[HOST], 90)).await;
    let imported = fixture.keep_in_acm(&fixture.issue(&[HOST], 90)).await;
    for (operation, name) in [("DeleteServerCertificate", "mine"), ("DeleteCertificate", imported.as_str())] {
        for times in [1, 3] {
            if times == 3 && name == "mine" {
                fixture.keep_in_iam("mine", &fixture.issue(&[HOST], 90)).await;
            }
            plant(&fixture, operation, times, Effect::CutAfter);
            let output = fixture.run(&["cert", "delete", name, "--yes"]).await.exits(0);
            assert!(output.stdout.contains(" is "), "{operation} {times}: {output}");
        }
    }
    assert!(fixture.in_acm().await.is_empty() && fixture.in_iam().await.len() == 1);
}

/// For a while AWS counts a certificate as used that no listener has any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_listener_has_just_let_go_of_is_tried_again() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let balancer = fixture.region().region().world(|world| world.elbv2.load_balancers[0].arn.clone());
    let arns = [
        fixture.keep_in_iam("mine", &fixture.issue(&[HOST], 90)).await,
        fixture.keep_in_acm(&fixture.issue(&[HOST], 90)).await,
    ];
    let world = fixture.region().region();
    for (arn, operation) in arns.iter().zip(["DeleteServerCertificate", "DeleteCertificate"]) {
        let (certificate, load_balancer_arn) = (arn.clone(), balancer.clone());
        let held = Released { certificate, load_balancer_arn, until: f64::MAX };
        world.world(|world| world.elbv2.released.push(held));
        let delete = ["cert", "delete", arn, "--yes"];
        let running = fixture.spawn(&delete);
        fixture.called(operation, 2).await;
        world.world(|world| world.elbv2.released.clear());
        let output = fixture.ended(running, &delete).await.exits(0);
        assert!(output.stderr.contains("AWS still counts it as used"), "{output}");
        assert!(output.stdout.contains("is deleted from"), "{output}");
    }
}
