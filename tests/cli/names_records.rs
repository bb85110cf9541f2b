//! Records that stand where the stack makes its own: never overwritten without consent, put back whatever goes wrong.

use dockreg_region::Options;
use serde_json::{Value, json};

use crate::harness::{CTRL_C, Fixture, HOST, UP, signal};

const REPLACE: [&str; 5] = ["up", "--domain", HOST, "--yes", "--replace-records"];
const NOTE: &str = "_dockreg-replaced.docker.example.test.";

async fn zone(fixture: &Fixture) -> Value {
    fixture.call("route53", "ListHostedZones", json!({})).await["HostedZones"][0]["Id"].clone()
}

/// Every record set of these names, as Route 53 shows it.
async fn records(fixture: &Fixture, names: &[&str]) -> Vec<Value> {
    let input = json!({ "HostedZoneId": zone(fixture).await });
    let sets = fixture.call("route53", "ListResourceRecordSets", input).await;
    let all = sets["ResourceRecordSets"].as_array().cloned().unwrap_or_default();
    let of = |set: &Value| set["Name"].as_str().is_some_and(|name| names.contains(&name));
    all.into_iter().filter(of).collect()
}

/// What stands at the host's name.
async fn at_host(fixture: &Fixture) -> Vec<Value> {
    records(fixture, &["docker.example.test."]).await
}

async fn noted(fixture: &Fixture) -> bool {
    !records(fixture, &[NOTE]).await.is_empty()
}

fn set(kind: &str, value: &str, more: Value) -> Value {
    let mut set =
        json!({ "Name": "docker.example.test.", "Type": kind, "TTL": 300, "ResourceRecords": [{ "Value": value }] });
    set.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    set
}

async fn stands(fixture: &Fixture, sets: &[Value]) {
    let changes: Vec<Value> = sets.iter().map(|set| json!({ "Action": "CREATE", "ResourceRecordSet": set })).collect();
    let input = json!({ "HostedZoneId": zone(fixture).await, "ChangeBatch": { "Changes": changes } });
    fixture.call("route53", "ChangeResourceRecordSets", input).await;
}

/// A region in which an address of before stands at the host's name.
async fn occupied(speed: f64) -> (Fixture, Vec<Value>) {
    let fixture = Fixture::with(Options { speed, ..Options::default() }).await;
    stands(&fixture, &[set("A", "192.0.2.1", json!({}))]).await;
    let before = at_host(&fixture).await;
    (fixture, before)
}

const QUICK: f64 = 600.0;

fn fails(fixture: &Fixture) {
    let effect = json!({ "fail_resource": { "reason": "no such policy" } });
    fixture.plant(json!({ "operation": "CREATE", "resource": "Listener", "effect": effect }));
}

/// Whether the stack's alias, and nothing else that leads anywhere, is at the host's name.
async fn is_the_stacks(fixture: &Fixture) -> bool {
    let found = at_host(fixture).await;
    let leading: Vec<&Value> =
        found.iter().filter(|set| ["A", "AAAA", "CNAME"].iter().any(|kind| set["Type"] == *kind)).collect();
    leading.len() == 1 && !leading[0]["AliasTarget"].is_null()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nothing_is_touched() {
    let (fixture, before) = occupied(QUICK).await;
    let refused = fixture.run(&UP).await.exits(1);
    insta::assert_snapshot!("names_record_stands", refused.transcript());
    let mut terminal = fixture.terminal(&["up", "--domain", HOST]);
    terminal.shows("put them back if the change fails? [y/N]").await.types("n\r").await;
    terminal.ended().await.exits(1).ignored();
    let dry = fixture.run(&["up", "--domain", HOST, "--dry-run"]).await.exits(0);
    assert!(dry.stdout.contains("  - the record docker.example.test A 192.0.2.1 (TTL 300): removed before"), "{dry}");
    assert_eq!(at_host(&fixture).await, before);
    assert!(!noted(&fixture).await && fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_record_makes_room_and_comes_back_after_a_failure() {
    let weighted =
        |identifier: &str, weight: u64| set("A", "192.0.2.7", json!({ "SetIdentifier": identifier, "Weight": weight }));
    let failover = |role: &str| set("A", "192.0.2.8", json!({ "SetIdentifier": role, "Failover": role }));
    let place = json!({ "SetIdentifier": "eu", "GeoLocation": { "ContinentCode": "EU" } });
    let mail = set("MX", "10 mail.example.test.", json!({}));
    for standing in [
        vec![set("CNAME", "old.example.com", json!({}))],
        vec![set("A", "192.0.2.1", json!({})), set("AAAA", "2001:db8::1", json!({})), mail.clone()],
        vec![weighted("blue", 1), weighted("grün \"2\" \\", 99), mail],
        vec![failover("PRIMARY"), failover("SECONDARY")],
        vec![
            set("A", "192.0.2.9", place),
            set("AAAA", "2001:db8::2", json!({ "SetIdentifier": "one", "MultiValueAnswer": true })),
        ],
        vec![set("CNAME", "one.example.com", json!({ "SetIdentifier": "one", "Region": "us-east-1" }))],
    ] {
        let fixture = Fixture::new().await;
        stands(&fixture, &standing).await;
        let before = at_host(&fixture).await;
        assert_eq!(before.len(), standing.len());
        fails(&fixture);
        let failed = fixture.run(&REPLACE).await.exits(3);
        assert!(failed.stderr.contains("put back:"), "{failed}");
        assert_eq!(at_host(&fixture).await, before, "{failed}");
        assert!(!noted(&fixture).await);
        let made = fixture.run(&REPLACE).await.exits(0);
        assert!(made.stderr.contains("the stack's record has taken the place of:"), "{made}");
        assert!(is_the_stacks(&fixture).await && !noted(&fixture).await, "{:#?}", at_host(&fixture).await);
        let kept = before.iter().filter(|set| set["Type"] == "MX").count();
        assert_eq!(at_host(&fixture).await.len(), 1 + kept, "what leads nowhere stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_own_record_is_not_in_the_way() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.run(&["up", "--dns-zone", "example.test", "--nodes", "2", "--yes"]).await.exits(0).ignored();
    assert!(is_the_stacks(&fixture).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_delegated_elsewhere_is_refused_by_its_record() {
    let fixture = Fixture::new().await;
    stands(&fixture, &[set("NS", "ns1.elsewhere.test.", json!({}))]).await;
    let refused = fixture.run(&REPLACE).await.exits(1);
    assert!(refused.stderr.contains("docker.example.test is delegated to other name servers"), "{refused}");
    assert!(refused.stderr.contains("the zone has docker.example.test NS ns1.elsewhere.test. (TTL 300)"), "{refused}");
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_begin_puts_them_back() {
    let (fixture, before) = occupied(QUICK).await;
    fixture.plant(json!({ "operation": "ExecuteChangeSet", "effect": "denied" }));
    let refused = fixture.run(&REPLACE).await.exits(1);
    assert!(refused.stderr.contains("put back:\ndocker.example.test A 192.0.2.1 (TTL 300)"), "{refused}");
    assert_eq!(at_host(&fixture).await, before);
    assert!(!noted(&fixture).await && fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_looked_into() {
    let (fixture, _) = occupied(QUICK).await;
    fixture.plant(json!({ "operation": "ChangeResourceRecordSets", "times": 3, "effect": "cut_after" }));
    fixture.run(&REPLACE).await.exits(0).ignored();
    assert!(is_the_stacks(&fixture).await && !noted(&fixture).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_says_how_to_have_them_back_and_the_next_run_settles_it() {
    let (fixture, before) = occupied(60.0).await;
    fails(&fixture);
    let child = fixture.spawn(&REPLACE);
    let process = child.id().expect("a process").to_string();
    fixture.called("DescribeStackEvents", 2).await;
    signal(&process, "INT");
    let output = fixture.ended(child, &REPLACE).await.exits(130);
    assert!(
        output.stderr.contains("this puts the removed records back: aws route53 change-resource-record-sets"),
        "{output}"
    );
    assert!(at_host(&fixture).await.is_empty() && noted(&fixture).await);
    fixture.run(&["up", "--yes"]).await.exits(3).ignored();
    assert_eq!(at_host(&fixture).await, before);
    assert!(!noted(&fixture).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_the_change_puts_them_back() {
    let (fixture, before) = occupied(QUICK).await;
    fixture.run(&["up", "--domain", HOST, "--dns-zone", "none", "--yes", "--no-verify"]).await.exits(0).ignored();
    let slow = json!({ "slow_resource": 1e5 });
    fixture.plant(json!({ "operation": "UPDATE", "resource": "NodeGroup", "times": 1, "effect": slow }));
    let change = ["up", "--dns-zone", "example.test", "--nodes", "2", "--yes", "--replace-records"];
    let mut terminal = fixture.terminal(&change);
    terminal.shows("stack UPDATE_IN_PROGRESS").await.types(CTRL_C).await;
    assert!(at_host(&fixture).await != before && noted(&fixture).await);
    terminal.shows("k, d or c?").await.types("c\r").await;
    let output = terminal.ended().await.exits(130);
    assert!(output.stdout.contains("cancelled: the update is undone"), "{output}");
    assert!(output.stdout.contains("put back:"), "{output}");
    assert_eq!(at_host(&fixture).await, before, "{output}");
    assert!(!noted(&fixture).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_leaves_a_note_that_the_next_one_understands() {
    for at in ["ExecuteChangeSet", "DescribeStackEvents"] {
        let (fixture, _) = occupied(60.0).await;
        if at == "ExecuteChangeSet" {
            fixture.plant(json!({ "operation": at, "times": 1, "effect": "stall" }));
        }
        let child = fixture.spawn(&REPLACE);
        let process = child.id().expect("a process").to_string();
        fixture.called("ChangeResourceRecordSets", 1).await;
        if at != "ExecuteChangeSet" {
            fixture.called(at, 3).await;
        }
        signal(&process, "KILL");
        fixture.ended(child, &REPLACE).await.ignored();
        assert!(noted(&fixture).await, "{at}");
        // It was agreed to once.
        fixture.run(&UP).await.exits(0).ignored();
        assert!(is_the_stacks(&fixture).await && !noted(&fixture).await, "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn down_puts_back_what_a_failed_change_had_removed() {
    let (fixture, before) = occupied(QUICK).await;
    fails(&fixture);
    let begun = fixture.run(&[&REPLACE[..], &["--detach"]].concat()).await.exits(0);
    assert!(begun.stdout.contains("if it fails, this puts the removed records back"), "{begun}");
    fixture.settled("docker-registry").await;
    let down = fixture.run(&["down", "--yes"]).await.exits(0);
    assert!(down.stderr.contains("put back, as it stood before: docker.example.test A 192.0.2.1"), "{down}");
    assert_eq!(at_host(&fixture).await, before);
    assert!(!noted(&fixture).await);
}
