//! A host that no certificate fits: requested by the stack in a zone of ours, by hand elsewhere; and zones in doubt.

use serde_json::{Value, json};

use crate::harness::{Fixture, UP};

/// A host in the region's zone, without a certificate.
const OTHER: &str = "other.example.test";
const REQUEST: [&str; 5] = ["up", "--domain", OTHER, "--yes", "--request-certificate"];
/// A host in nobody's zone.
const ELSEWHERE: &str = "docker.elsewhere.test";

async fn certificates(fixture: &Fixture) -> Vec<Value> {
    let answer = fixture.call("acm", "ListCertificates", json!({})).await;
    answer["CertificateSummaryList"].as_array().cloned().unwrap_or_default()
}

/// Makes a record in the region's zone.
async fn make(fixture: &Fixture, zone: &str, set: Value) {
    let change = json!({ "Action": "CREATE", "ResourceRecordSet": set });
    let input = json!({ "HostedZoneId": zone, "ChangeBatch": { "Changes": [change] } });
    fixture.call("route53", "ChangeResourceRecordSets", input).await;
}

async fn create_zone(fixture: &Fixture, name: &str, vpc: Option<Value>) -> String {
    let reference = format!("{name}{}", fixture.region().region().world(|world| world.route53.zones.len()));
    let mut input = json!({ "Name": name, "CallerReference": reference });
    if let Some(vpc) = vpc {
        input["VPC"] = vpc;
    }
    let made = fixture.call("route53", "CreateHostedZone", input).await;
    made["HostedZone"]["Id"].as_str().unwrap_or_default().trim_start_matches("/hostedzone/").to_owned()
}

fn delegate(fixture: &Fixture, zone: &str, servers: &[&str]) {
    let servers = servers.iter().map(|own| (*own).to_owned()).collect();
    fixture.region().region().world(|world| world.route53.delegations.insert(zone.to_owned(), servers));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_requests_a_certificate_keeps_it_and_takes_it_along() {
    let fixture = Fixture::new().await;
    let dry = fixture.run(&["up", "--domain", OTHER, "--request-certificate", "--dry-run"]).await.exits(0);
    insta::assert_snapshot!("names_request_dry_run", dry.transcript());
    assert!(certificates(&fixture).await.is_empty(), "a dry run requests nothing");

    let made = fixture.run(&REQUEST).await.exits(0);
    for text in
        ["validation record: _", ".other.example.test.  CNAME  _", "✓ Certificate ", "other.example.test is ready"]
    {
        assert!(made.to_string().contains(text), "no {text:?} in\n{made}");
    }
    let first = certificates(&fixture).await;
    assert_eq!((first.len(), &first[0]["Status"], &first[0]["InUse"]), (1, &json!("ISSUED"), &json!(true)));

    fixture.run(&["up", "--yes", "--nodes", "2"]).await.exits(0).ignored();
    assert_eq!(certificates(&fixture).await, first, "a later `up` keeps it");
    fixture.run(&["status"]).await.exits(0).ignored();

    let down = fixture.run(&["down", "--yes"]).await.exits(0);
    assert!(certificates(&fixture).await.is_empty(), "it goes with the stack");
    assert!(down.stdout.contains("the certificate's validation record stays in the zone example.test"), "{down}");
    let removal = down.stdout.lines().find(|line| line.contains("aws route53")).expect("the way to remove it");
    assert!(removal.contains(r#""Action":"DELETE""#) && removal.contains(r#""TTL":300"#), "{removal}");
    fixture.run(&REQUEST).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_certificate_takes_the_place_of_the_requested_one() {
    let fixture = Fixture::new().await;
    fixture.run(&REQUEST).await.exits(0).ignored();
    let issued = fixture.region().authority().issue(&[OTHER.to_owned()]).expect("a certificate");
    let input = json!({ "ServerCertificateName": "mine", "CertificateBody": issued.certificate,
        "CertificateChain": issued.chain, "PrivateKey": issued.private_key });
    fixture.call("iam", "UploadServerCertificate", input).await;
    let changed = fixture.run(&["up", "--certificate", "mine", "--yes"]).await.exits(0);
    assert!(changed.stderr.contains("- Certificate "), "the preview says that it goes: {changed}");
    assert!(certificates(&fixture).await.is_empty());
    fixture.run(&["status"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_it_is_asked_for() {
    let fixture = Fixture::new().await;
    let mut terminal = fixture.terminal(&["up", "--domain", OTHER]);
    terminal.shows("Have the stack request one").await.types("y\r").await;
    terminal.shows("Create it? [y/N]").await.types("y\r").await;
    let output = terminal.ended().await.exits(0);
    for text in ["no certificate covers other.example.test", "a new one of ACM"] {
        assert!(output.stdout.contains(text), "no {text:?} in\n{output}");
    }
    let fixture = Fixture::new().await;
    let mut terminal = fixture.terminal(&["up", "--domain", OTHER]);
    terminal.shows("Have the stack request one").await.types("n\r").await;
    terminal.ended().await.exits(1).ignored();
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_the_world_is_not_sent_to_is_refused_before_anything_waits() {
    let fixture = Fixture::new().await;
    delegate(&fixture, "example.test.", &["ns1.registrar.test.", "ns2.registrar.test."]);
    let refused = fixture.run(&REQUEST).await.exits(1);
    insta::assert_snapshot!("names_delegated_elsewhere", refused.transcript());
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    fixture.region().region().world(|world| world.route53.delegations.clear());
    let refused = fixture.run(&REQUEST).await.exits(1);
    assert!(refused.stderr.contains("none: the domain is not delegated to anybody"), "{refused}");
    // A certificate that is there needs no delegation to be validated.
    fixture.run(&["up", "--domain", "docker.example.test", "--yes", "--dry-run"]).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_too_long_for_acm_is_refused_with_the_way_out() {
    let fixture = Fixture::new().await;
    let host = format!("{}.example.test", "a".repeat(60));
    let refused = fixture.run(&["up", "--domain", &host, "--yes", "--request-certificate"]).await.exits(1);
    assert!(refused.stderr.contains("ACM issues none for a name of more than 64 characters"), "{refused}");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_of_somebody_else_gets_its_record_told_until_it_is_there() {
    let fixture = Fixture::new().await;
    let plain = ["up", "--domain", ELSEWHERE, "--yes"];
    let with = ["up", "--domain", ELSEWHERE, "--yes", "--request-certificate"];
    fixture.run(&plain).await.exits(1).ignored();
    let dry = fixture.run(&["up", "--domain", ELSEWHERE, "--request-certificate", "--dry-run"]).await.exits(0);
    assert!(dry.stdout.contains("would be requested from ACM first"), "{dry}");
    assert!(certificates(&fixture).await.is_empty());

    let told = fixture.run(&with).await.exits(4);
    insta::assert_snapshot!("names_record_told", hashes(&told.transcript()));
    let again = fixture.run(&plain).await.exits(4);
    assert_eq!(again.stdout, told.stdout, "the same record, with or without the flag");
    // ACM knows a request's token for an hour: here as good as none.
    let clock = |speed: f64| serde_json::from_value(json!({ "speed": speed })).expect("a change of the clock");
    fixture.region().region().clock.change(clock(20_000.0)).expect("a speed");
    fixture.run(&with).await.exits(4).ignored();
    fixture.region().region().clock.change(clock(600.0)).expect("a speed");
    assert_eq!(certificates(&fixture).await.len(), 1, "nothing is requested twice");
    let document = fixture.run(&[&plain[..], &["--output", "json"]].concat()).await.exits(4).document();
    assert_eq!(document["error"]["kind"], "certificate-pending", "{document:#}");
    assert!(fixture.stacks().await.is_empty());

    // Its owner makes the record, in a zone that this account does not list: the region knows no other place for one.
    let record = &document["data"]["certificate"]["records"][0];
    let zone = create_zone(&fixture, "elsewhere.test", None).await;
    make(&fixture, &zone, json!({ "Name": record["name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{ "Value": record["value"] }] })).await;
    let arn = document["data"]["certificate"]["arn"].clone();
    let issued = async {
        while certificates(&fixture).await[0]["Status"] != "ISSUED" {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), issued).await.expect("it is issued");
    let made = fixture.run(&[&plain[..], &["--dns-zone", "none", "--output", "json"]].concat()).await;
    assert_eq!(certificates(&fixture).await[0]["CertificateArn"], arn);
    assert_eq!(certificates(&fixture).await[0]["InUse"], true, "{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_request_one_certificate() {
    let fixture = Fixture::new().await;
    let with = ["up", "--domain", ELSEWHERE, "--yes", "--request-certificate"];
    let (one, two) = (fixture.spawn(&with), fixture.spawn(&with));
    let (one, two) = tokio::join!(fixture.ended(one, &with), fixture.ended(two, &with));
    one.exits(4).ignored();
    two.exits(4).ignored();
    assert_eq!(certificates(&fixture).await.len(), 1);
}

/// What ACM draws by account and name, replaced.
fn hashes(text: &str) -> String {
    regex::Regex::new("_[0-9a-f]{32}|[0-9a-f]{10}\\.acm").expect("a pattern").replace_all(text, "HASH").into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_zones_of_one_name_the_user_chooses() {
    let fixture = Fixture::new().await;
    let second = create_zone(&fixture, "example.test", None).await;
    let refused = fixture.run(&UP).await.exits(1);
    insta::assert_snapshot!("names_two_zones", refused.transcript());
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    let zones = fixture.call("route53", "ListHostedZones", json!({})).await;
    let ids: Vec<&str> =
        zones["HostedZones"].as_array().into_iter().flatten().filter_map(|zone| zone["Id"].as_str()).collect();
    let first = ids.iter().map(|id| id.trim_start_matches("/hostedzone/")).find(|id| *id != second).expect("a zone");
    assert!(refused.stderr.contains(&format!("{first}  the world is sent to this one")), "{refused}");
    assert!(refused.stderr.contains(&format!("--dns-zone {first}")), "{refused}");

    let mut terminal = fixture.terminal(&["up", "--domain", "docker.example.test"]);
    terminal.shows("Which one takes the record (1 to 2; Enter to stop)?").await;
    terminal.types("3\r").await.shows("Which one takes the record").await.types("\r").await;
    terminal.ended().await.exits(1).ignored();
    let mut terminal = fixture.terminal(&["up", "--domain", "docker.example.test", "--no-verify"]);
    terminal.shows("Which one takes the record").await;
    let place = if refused.stderr.find(first) < refused.stderr.find(&second) { "1" } else { "2" };
    terminal.types(&format!("{place}\r")).await.shows("Create it?").await.types("y\r").await;
    terminal.ended().await.exits(0).ignored();
    let described = fixture.call("cloudformation", "DescribeStacks", json!({})).await;
    let parameters = described["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
    let id = parameters.iter().find(|own| own["ParameterKey"] == "DnsZoneId").map(|own| own["ParameterValue"].clone());
    assert_eq!(id, Some(json!(first)));
}

#[tokio::test(flavor = "multi_thread")]
async fn private_zones_are_recognised_and_explained() {
    let fixture = Fixture::new().await;
    let vpc = fixture.region().region().world(|world| world.ec2.network.vpcs.keys().next().cloned()).expect("a VPC");
    let vpc = json!({ "VPCId": vpc, "VPCRegion": "us-east-1" });
    let hidden = create_zone(&fixture, "example.test", Some(vpc.clone())).await;
    let private = create_zone(&fixture, "inside.test", Some(vpc)).await;
    let both = fixture.run(&["up", "--domain", "docker.example.test", "--dry-run"]).await.exits(0);
    assert!(
        both.stderr.contains(&format!("the private hosted zone example.test ({hidden}) holds docker.example.test too")),
        "{both}"
    );
    let named =
        fixture.run(&["up", "--domain", "docker.inside.test", "--dns-zone", "inside.test", "--yes"]).await.exits(1);
    assert!(
        named.stderr.contains(&format!("({private}) is private: only its VPCs see it"))
            || named.stderr.contains("certificate"),
        "{named}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zones_own_name_can_be_the_registrys() {
    let fixture = Fixture::new().await;
    let up = ["up", "--domain", "example.test", "--yes", "--request-certificate"];
    let made = fixture.run(&up).await.exits(0);
    assert!(made.stdout.contains("https://example.test is ready"), "{made}");
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
}
