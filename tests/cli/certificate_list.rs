//! `cert list` with as many certificates as an account can have: all are listed, a few are asked for at a time, and a
//! terminal sees how far it is.

use std::collections::BTreeMap;

use base64::Engine as _;
use dockreg_region::journal::Entry;
use serde_json::{Value, json};

use crate::harness::{Fixture, HOST, UP};

const IN_IAM: usize = 600;
const IN_ACM: usize = 400;

/// The most calls of a service that one listing makes at the same time.
const AT_ONCE: usize = 8;

/// A region with a thousand certificates beside its own; every third one covers the host. Answers take a while, as in AWS.
async fn crowded() -> Fixture {
    let fixture = Fixture::new().await;
    let hosts = [HOST, "a.example.test", "b.example.test"];
    let made = hosts.map(|host| fixture.issue(&[host], 300));
    let region = fixture.region().region();
    region.world(|world| {
        world.iam.certificate_quota = Some(IN_IAM + 1);
        for number in 0..IN_IAM {
            let (name, own) = (format!("c{number:04}"), &made[number % 3]);
            let kept =
                world.iam.upload_certificate(&region, &name, "/", &own.certificate, Some(&own.chain), &own.private_key);
            kept.expect("it is kept");
        }
    });
    let encoded = |pem: &str| base64::engine::general_purpose::STANDARD.encode(pem);
    for number in 0..IN_ACM {
        let own = &made[number % 3];
        let input = json!({ "Certificate": encoded(&own.certificate), "PrivateKey": encoded(&own.private_key),
            "CertificateChain": encoded(&own.chain) });
        fixture.call("acm", "ImportCertificate", input).await;
    }
    for operation in ["GetServerCertificate", "GetCertificate"] {
        fixture.plant(json!({ "operation": operation, "effect": { "slow": 0.01 } }));
    }
    fixture
}

/// How many requests of each service were being answered at the busiest moment.
fn busiest(entries: &[Entry]) -> BTreeMap<String, usize> {
    let mut busiest = BTreeMap::new();
    for own in entries {
        let beside =
            |other: &&Entry| other.service == own.service && other.at <= own.at && own.at < other.at + other.took;
        let count = entries.iter().filter(beside).count();
        let most = busiest.entry(own.service.clone()).or_insert(0);
        *most = count.max(*most);
    }
    busiest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_are_listed_a_few_at_a_time() {
    let fixture = crowded().await;
    let journal = &fixture.region().region().journal;
    let before = journal.entries().len();
    let document = fixture.run(&["cert", "list", "--domain", HOST, "--output", "json"]).await.exits(0).document();
    let entries = journal.entries().split_off(before);

    let listed = document["data"]["certificates"].as_array().cloned().unwrap_or_default();
    let of = |source: &str| listed.iter().filter(|own| own["source"] == source).count();
    assert_eq!((of("iam"), of("acm")), (IN_IAM + 1, IN_ACM));
    let unread: Vec<&Value> = listed.iter().filter(|own| own["issuer"] != "dockreg simulated region CA").collect();
    assert!(unread.is_empty(), "every one has been read: {unread:?}");
    let usable = listed.iter().filter(|own| own["usable"] == true).count();
    assert_eq!(usable, IN_IAM / 3 + IN_ACM.div_ceil(3) + 1);

    let calls = |operation: &str| entries.iter().filter(|own| own.operation == operation).count();
    assert_eq!((calls("GetServerCertificate"), calls("GetCertificate")), (IN_IAM + 1, IN_ACM), "one each");
    assert_eq!(calls("DescribeCertificate"), 0, "nobody uses one");
    // IAM shows 100 on a page, ACM 1000.
    assert_eq!((calls("ListServerCertificates"), calls("ListCertificates")), (IN_IAM / 100 + 1, 1));
    let busiest = busiest(&entries);
    for service in ["iam", "acm"] {
        let most = busiest.get(service).copied().unwrap_or_default();
        assert!((2..=AT_ONCE).contains(&most), "{most} requests of {service} at once: {busiest:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_sees_how_far_it_is_a_pipe_gets_lines_and_a_choice_reads_only_what_it_may_choose() {
    let fixture = crowded().await;
    let mut terminal = fixture.terminal(&["cert", "list"]);
    terminal.shows("reading certificates and load balancers: ").await.shows(" of 1001").await;
    let shown = terminal.ended().await.exits(0);
    assert!(shown.stdout.contains("c0599"), "{}", shown.stdout.len());

    let piped = fixture.run(&["cert", "list"]).await.exits(0);
    assert_eq!(piped.stderr, "", "nothing is said without a terminal");
    assert_eq!(piped.stdout.lines().count(), IN_IAM + IN_ACM + 2, "a row is one line");
    assert!(!piped.stdout.contains('\x1b') && !piped.stdout.contains(['\u{2061}', '\u{2062}', '\u{2063}', '\u{2064}']));

    let journal = &fixture.region().region().journal;
    let before = journal.entries().len();
    let dry = fixture.run(&["up", "--domain", HOST, "--dry-run"]).await.exits(0);
    let entries = journal.entries().split_off(before);
    let calls = |operation: &str| entries.iter().filter(|own| own.operation == operation).count();
    // IAM's list has no names: each has to be read. ACM's has.
    assert_eq!((calls("GetServerCertificate"), calls("GetCertificate")), (IN_IAM + 1, IN_ACM.div_ceil(3)));
    assert!(dry.stdout.contains("and 992 more: see `dockreg cert list`"), "{dry}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_uses_a_certificate_is_named() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let listed = fixture.run(&["cert", "list"]).await.exits(0);
    assert!(listed.stdout.contains("  docker-re-LoadB-") || listed.stdout.contains("  docker-re-Load"), "{listed}");
    fixture.plant(json!({ "operation": "DescribeLoadBalancers", "effect": "denied" }));
    let blind = fixture.run(&["cert", "list"]).await.exits(0);
    assert!(blind.stderr.contains("warning: what load balancers serve is not seen"), "{blind}");
    fixture.plant(json!({ "operation": "ListServerCertificates", "effect": "denied" }));
    let blind = fixture.run(&["cert", "list"]).await.exits(0);
    assert!(blind.stderr.contains("warning: certificates in IAM are not listed"), "{blind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_the_users_of_a_certificate_sees_that_there_are_some() {
    let fixture = Fixture::new().await;
    let request = ["up", "--domain", "new.example.test", "--request-certificate", "--yes"];
    fixture.run(&request).await.exits(0).ignored();
    for operation in ["DescribeCertificate", "DescribeLoadBalancers"] {
        fixture.plant(json!({ "operation": operation, "effect": "denied" }));
    }
    let listed = fixture.run(&["cert", "list", "--output", "json"]).await.exits(0).document();
    let own =
        listed["data"]["certificates"].as_array().expect("a list").iter().find(|own| own["name"] == "new.example.test");
    let own = own.unwrap_or_else(|| panic!("it is listed: {listed:#}"));
    assert_eq!((&own["in_use"], &own["used_by"]), (&json!(true), &json!([])), "{own:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_to_expire_is_coloured() {
    let fixture = Fixture::new().await;
    for (name, days) in [("soon", 20), ("later", 31)] {
        let own = fixture.issue(&[HOST], days);
        let input = json!({ "ServerCertificateName": name, "CertificateBody": own.certificate,
            "CertificateChain": own.chain, "PrivateKey": own.private_key });
        fixture.call("iam", "UploadServerCertificate", input).await;
    }
    let coloured = fixture.run(&["cert", "list", "--color", "always"]).await.exits(0);
    assert!(coloured.stdout.contains(", \x1b[33m19 d\x1b[0m"), "{coloured}");
    assert!(coloured.stdout.contains(", 30 d  "), "{coloured}");
    let plain = fixture.run(&["cert", "list"]).await.exits(0);
    assert!(plain.stdout.contains(", 19 d") && !plain.stdout.contains('\x1b'), "{plain}");
}
