//! A registry that stands and does not work: `status` names the broken stage, and what to do.

use serde_json::json;

use crate::harness::{Fixture, HOST, UP};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_the_zone_does_not_know() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let zones = fixture.call("route53", "ListHostedZones", json!({})).await;
    let zone = zones["HostedZones"][0]["Id"].clone();
    let sets = fixture.call("route53", "ListResourceRecordSets", json!({ "HostedZoneId": zone })).await;
    let records = sets["ResourceRecordSets"].as_array().cloned().unwrap_or_default();
    let own = records.iter().find(|set| set["Name"].as_str().is_some_and(|name| name.starts_with(HOST)));
    let change = json!({ "Action": "DELETE", "ResourceRecordSet": own.expect("the host has a record") });
    let input = json!({ "HostedZoneId": zone, "ChangeBatch": { "Changes": [change] } });
    fixture.call("route53", "ChangeResourceRecordSets", input).await;
    // Until then some of its name servers still know it.
    let region = fixture.region().region();
    let in_sync =
        || region.world(|world| world.route53.changes.values().all(|own| own.in_sync <= region.clock.epoch()));
    fixture.until(in_sync).await;
    let output = fixture.run(&["status"]).await.exits(4);
    insta::assert_snapshot!("readiness_no_record", output.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_the_load_balancer_does_not_know() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    fixture.region().region().world(|world| world.elbv2.target_groups.iter_mut().for_each(|own| own.targets.clear()));
    let output = fixture.run(&["status"]).await.exits(4);
    assert!(output.stderr.contains("no healthy node"), "{output}");
    let document = fixture.run(&["status", "--output", "json"]).await.exits(4).document();
    assert_eq!(document["data"]["verdict"], "broken", "{document:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_a_zone_gets_its_record_told() {
    let fixture = Fixture::new().await;
    let output = fixture.run(&["up", "--domain", HOST, "--dns-zone", "none", "--yes"]).await.exits(0);
    insta::assert_snapshot!("readiness_no_zone", output.transcript());
}
