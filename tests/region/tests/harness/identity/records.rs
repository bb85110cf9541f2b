//! Route 53: change batches, routing policies, zones.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Account;

fn set(name: &str, kind: &str, value: &str) -> Value {
    json!({ "Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{ "Value": value }] })
}

fn weighted(identifier: &str, weight: u64, value: &str) -> Value {
    let mut record = set("w.example.test", "A", value);
    record["SetIdentifier"] = json!(identifier);
    record["Weight"] = json!(weight);
    record
}

fn change(action: &str, record: &Value) -> Value {
    json!([{ "Action": action, "ResourceRecordSet": record }])
}

#[tokio::test]
async fn a_batch_is_refused_in_route_53s_words() {
    let account = Account::new().await;
    let zone = account.zone().await;
    account.change(&zone, change("CREATE", &weighted("one", 1, "192.0.2.1"))).await.expect("a record");
    account.change(&zone, change("CREATE", &set("plain.example.test", "A", "192.0.2.1"))).await.expect("a record");
    let alias = |target: &str, zone: &str| {
        json!({ "Name": "alias.example.test", "Type": "A",
            "AliasTarget": { "HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": false } })
    };
    let bare = zone.rsplit('/').next().unwrap_or_default();
    let mut two = set("c.example.test", "CNAME", "x.example.test");
    two["ResourceRecords"] = json!([{ "Value": "x.example.test" }, { "Value": "y.example.test" }]);
    let mut twice = set("t.example.test", "A", "192.0.2.1");
    twice["ResourceRecords"] = json!([{ "Value": "192.0.2.1" }, { "Value": "192.0.2.1" }]);
    let mut other_ttl = weighted("two", 1, "192.0.2.2");
    other_ttl["TTL"] = json!(300);
    let mut unnamed = weighted("two", 1, "192.0.2.2");
    unnamed.as_object_mut().expect("an object").remove("SetIdentifier");
    let mut without = set("w.example.test", "A", "192.0.2.2");
    without["SetIdentifier"] = json!("two");
    let mut latency = set("w.example.test", "A", "192.0.2.2");
    latency["SetIdentifier"] = json!("two");
    latency["Region"] = json!("eu-west-1");
    for (expected, record) in [
        (
            "InvalidChangeBatch: [Invalid Resource Record: FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'x']",
            set("a.example.test", "A", "x"),
        ),
        (
            "InvalidChangeBatch: [Invalid Resource Record: FATAL problem: InvalidCharacterString",
            set("a.example.test", "TXT", "bare"),
        ),
        ("InvalidChangeBatch: [Duplicate Resource Record: '192.0.2.1']", twice),
        ("InvalidChangeBatch: [RRSet of type CNAME", two),
        (
            "InvalidChangeBatch: [Tried to create resource record set [name='plain.example.test.', type='A'] but it already exists]",
            set("plain.example.test", "A", "192.0.2.9"),
        ),
        (
            "InvalidChangeBatch: [RRSet with DNS name elsewhere.test. is not permitted in zone example.test.]",
            set("elsewhere.test", "A", "192.0.2.1"),
        ),
        (
            "InvalidChangeBatch: [RRSet with DNS name w.example.test., type A, SetIdentifier two cannot be created as weighted sets must contain the same TTL.]",
            other_ttl,
        ),
        (
            "InvalidChangeBatch: [RRSet with DNS name w.example.test., type A cannot be created as other RRSets exist with the same name and type.]",
            set("w.example.test", "A", "192.0.2.2"),
        ),
        (
            "InvalidChangeBatch: [RRSet with DNS name w.example.test., type A, SetIdentifier two cannot be created as a non-latency set exists with the same name and type.]",
            latency,
        ),
        (
            "InvalidInput: Invalid request: Missing field 'SetIdentifier' in Change with [Action=CREATE, Name=w.example.test, Type=A, SetIdentifier=null]",
            unnamed,
        ),
        ("InvalidInput: Invalid request: Expected exactly one of [Weight,", without),
        (
            "InvalidChangeBatch: [Tried to create an alias that targets none.example.test., type A in zone",
            alias("none.example.test", bare),
        ),
        (
            "InvalidChangeBatch: [Tried to create an alias that targets x-1.us-east-1.elb.amazonaws.com., type A in zone Z35SXDOTRQ7X7K, but that target was not found]",
            alias("x-1.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K"),
        ),
        (
            "InvalidChangeBatch: [Tried to create an alias that targets x-1.us-east-1.elb.amazonaws.com., type A in zone Z1, but the alias target name does not lie within the target zone]",
            alias("x-1.us-east-1.elb.amazonaws.com", "Z1"),
        ),
    ] {
        let refused = account.change(&zone, change("CREATE", &record)).await.expect_err(expected);
        let refused = format!("{}: {}", refused.code, refused.message);
        assert!(refused.starts_with(expected), "{expected} expected: {refused}");
    }
    let name_servers =
        account.ask("route53", "ListResourceRecordSets", json!({ "HostedZoneId": zone })).await["ResourceRecordSets"]
            [0]
        .clone();
    let refused = account.change(&zone, change("DELETE", &name_servers)).await.expect_err("the zone's own");
    assert_eq!(refused.message, "[A HostedZone must contain at least one NS record for the zone itself.]");
    let many: Vec<Value> = (0..1001).map(|number| json!({ "Action": "CREATE", "ResourceRecordSet": set(&format!("h{number}.example.test"), "A", "192.0.2.1") })).collect();
    let refused = account.change(&zone, json!(many)).await.expect_err("too many");
    assert_eq!(refused.message, "[Number of records limit of 1000 exceeded.]");
}

/// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
#[tokio::test]
async fn weighted_records_are_kept_apart_and_answered_by_weight() {
    let account = Account::new().await;
    let zone = account.zone().await;
    let sets =
        [weighted("none", 0, "192.0.2.9"), weighted("large", 30, "192.0.2.3"), weighted("small", 10, "192.0.2.1")];
    let changes: Vec<Value> = sets.iter().map(|set| json!({ "Action": "CREATE", "ResourceRecordSet": set })).collect();
    let made = account.change(&zone, json!(changes)).await.expect("three records");
    assert_eq!(made["ChangeInfo"]["Status"], "PENDING");
    account.in_sync(&made).await;
    let input =
        json!({ "HostedZoneId": zone, "StartRecordName": "w.example.test", "StartRecordType": "A", "MaxItems": "2" });
    let page = account.ask("route53", "ListResourceRecordSets", input).await;
    let identifiers: Vec<&Value> = (0..2).map(|index| &page["ResourceRecordSets"][index]["SetIdentifier"]).collect();
    assert_eq!(identifiers, ["large", "none"]);
    assert_eq!(
        (&page["NextRecordIdentifier"], &page["ResourceRecordSets"][0]["Weight"]),
        (&json!("small"), &json!(30))
    );
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..200 {
        let question = json!({ "HostedZoneId": zone, "RecordName": "w.example.test", "RecordType": "A" });
        let answer = account.ask("route53", "TestDNSAnswer", question).await;
        assert_eq!(answer["RecordData"].as_array().map(Vec::len), Some(1));
        *answers.entry(answer["RecordData"][0].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let count = |value: &str| answers.get(value).copied().unwrap_or_default();
    assert_eq!(count("192.0.2.9"), 0, "weight 0 is never answered beside others: {answers:?}");
    assert!(count("192.0.2.3") > 2 * count("192.0.2.1") && count("192.0.2.1") > 20, "{answers:?}");
    // One goes without the others.
    account.change(&zone, change("DELETE", &sets[1])).await.expect("deleted");
    let wrong =
        account.change(&zone, change("DELETE", &weighted("small", 11, "192.0.2.1"))).await.expect_err("other values");
    assert!(
        wrong.message.contains("set-identifier='small'] but the values provided do not match"),
        "{}",
        wrong.message
    );
}

/// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
#[tokio::test]
async fn the_primary_answers_and_of_many_values_all() {
    let account = Account::new().await;
    let zone = account.zone().await;
    let with = |name: &str, identifier: &str, value: &str, policy: Value| {
        let mut record = set(name, "A", value);
        record["SetIdentifier"] = json!(identifier);
        record.as_object_mut().expect("an object").extend(policy.as_object().cloned().unwrap_or_default());
        json!({ "Action": "UPSERT", "ResourceRecordSet": record })
    };
    let changes = json!([
        with("f.example.test", "b", "192.0.2.2", json!({ "Failover": "PRIMARY" })),
        with("f.example.test", "a", "192.0.2.1", json!({ "Failover": "SECONDARY" })),
        with("m.example.test", "a", "192.0.2.1", json!({ "MultiValueAnswer": true })),
        with("m.example.test", "b", "192.0.2.2", json!({ "MultiValueAnswer": true })),
        with("g.example.test", "a", "192.0.2.1", json!({ "GeoLocation": { "CountryCode": "DE" } })),
        with("g.example.test", "b", "192.0.2.2", json!({ "GeoLocation": { "CountryCode": "*" } })),
    ]);
    let made = account.change(&zone, changes).await.expect("records");
    account.in_sync(&made).await;
    for (name, expected) in
        [("f", json!(["192.0.2.2"])), ("m", json!(["192.0.2.1", "192.0.2.2"])), ("g", json!(["192.0.2.2"]))]
    {
        let question = json!({ "HostedZoneId": zone, "RecordName": format!("{name}.example.test"), "RecordType": "A" });
        assert_eq!(account.ask("route53", "TestDNSAnswer", question).await["RecordData"], expected, "{name}");
    }
}

/// https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
#[tokio::test]
async fn zones_may_share_a_name_but_not_a_reference_or_a_vpc() {
    let account = Account::new().await;
    let create = |name: &str, reference: &str, more: Value| {
        let mut input = json!({ "Name": name, "CallerReference": reference });
        input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        input
    };
    let vpc = json!({ "VPC": { "VPCId": "vpc-1", "VPCRegion": "us-east-1" } });
    let made = account.ask("route53", "CreateHostedZone", create("example.test", "second", json!({}))).await;
    account.in_sync(&made).await;
    let private = account.ask("route53", "CreateHostedZone", create("example.test", "third", vpc.clone())).await;
    assert_eq!(
        (&private["HostedZone"]["Config"]["PrivateZone"], &private["DelegationSet"]),
        (&json!(true), &Value::Null)
    );
    for (expected, input) in [
        ("HostedZoneAlreadyExists", create("other.test", "second", json!({}))),
        (
            "ConflictingDomainExists: The VPC that you chose, vpc-1 in region us-east-1, is already associated",
            create("example.test", "fourth", vpc),
        ),
        ("InvalidDomainName: com. is reserved by AWS!", create("com", "fifth", json!({}))),
        ("InvalidDomainName", create("a..test", "sixth", json!({}))),
        ("NoSuchDelegationSet", create("other.test", "seventh", json!({ "DelegationSetId": "N1" }))),
        ("InvalidInput", create("other.test", "eighth", json!({ "HostedZoneConfig": { "PrivateZone": true } }))),
    ] {
        let refused = account.refused("route53", "CreateHostedZone", input).await;
        assert!(refused.starts_with(expected), "{expected} expected: {refused}");
    }
    let private = account.ask("route53", "ListHostedZones", json!({ "HostedZoneType": "PrivateHostedZone" })).await;
    assert_eq!(private["HostedZones"].as_array().map(Vec::len), Some(1));
    let named = account.ask("route53", "ListHostedZonesByName", json!({ "DNSName": "example.test" })).await;
    assert_eq!(named["HostedZones"].as_array().map(Vec::len), Some(3));
}
