//! An operation that somebody else began is followed from its first event; nobody gets in anybody's way.

use dockreg_region::Options;
use serde_json::json;

use crate::harness::{Fixture, HOST, UP};

/// Slow enough to come while it runs, quick enough to wait for its end.
fn slower() -> Options {
    Options { speed: 60.0, ..Options::default() }
}

/// Waits until a run watches its operation.
async fn watched(fixture: &Fixture) {
    let region = fixture.region().region();
    fixture.until(|| region.journal.count("DescribeStackEvents") > 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_end_in_one_stack_and_two_truthful_reports() {
    let fixture = Fixture::new().await;
    let arguments = ["up", "--domain", HOST, "--yes", "--output", "json"];
    let (one, two) = (fixture.spawn(&arguments), fixture.spawn(&arguments));
    let (one, two) = tokio::join!(fixture.ended(one, &arguments), fixture.ended(two, &arguments));
    let reports = [one.exits(0).document(), two.exits(0).document()];
    let count = |what: &str| reports.iter().filter(|report| report["data"][what] == true).count();
    assert_eq!((count("changed"), count("followed")), (1, 1), "{reports:#?}");
    assert_eq!(reports[0]["data"]["stack"]["id"], reports[1]["data"]["stack"]["id"]);
    assert_eq!(fixture.stacks().await, ["docker-registry"]);
    assert_eq!(fixture.buckets().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_changes_at_once_are_both_made() {
    let fixture = Fixture::new().await;
    fixture.run(&UP).await.exits(0).ignored();
    let nodes = ["up", "--nodes", "2", "--yes"];
    let grace = ["up", "--health-check-grace-period", "1200", "--yes"];
    let (one, two) = (fixture.spawn(&nodes), fixture.spawn(&grace));
    let (one, two) = tokio::join!(fixture.ended(one, &nodes), fixture.ended(two, &grace));
    one.exits(0).ignored();
    two.exits(0).ignored();
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let parameters = described["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
    let value = |key: &str| parameters.iter().find(|own| own["ParameterKey"] == key).map(|own| &own["ParameterValue"]);
    assert_eq!(value("Nodes"), Some(&json!("2")));
    assert_eq!(value("HealthCheckGracePeriod"), Some(&json!("1200")));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_watches_a_creation_from_its_first_event() {
    let fixture = Fixture::with(slower()).await;
    let up = fixture.spawn(&UP);
    watched(&fixture).await;
    let changing = fixture.run(&["status"]).await.exits(4);
    assert!(changing.stderr.contains("to follow it: dockreg status --watch"), "{changing}");
    let seen = fixture.run(&["status", "--watch"]).await.exits(0);
    for text in ["stack CREATE_IN_PROGRESS", "✓ LoadBalancer ", "stack CREATE_COMPLETE"] {
        assert!(seen.stderr.contains(text), "no {text:?} in\n{seen}");
    }
    assert!(seen.stdout.contains("https://docker.example.test works"), "{seen}");
    fixture.ended(up, &UP).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn up_follows_a_creation_and_then_does_what_it_was_asked_for() {
    let fixture = Fixture::with(slower()).await;
    let first = fixture.spawn(&UP);
    watched(&fixture).await;
    let second = fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(0);
    for text in ["following it", "stack CREATE_IN_PROGRESS", "now to what this command asks for", "NodeGroup"] {
        assert!(second.stderr.contains(text), "no {text:?} in\n{second}");
    }
    fixture.ended(first, &UP).await.ignored();
    let document = fixture.run(&["status", "--output", "json"]).await.exits(0).document();
    assert_eq!(document["data"]["nodes"]["wanted"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn down_gives_a_creation_up_and_whoever_made_it_is_told() {
    let fixture = Fixture::with(slower()).await;
    let up = fixture.spawn(&UP);
    watched(&fixture).await;
    let down = fixture.run(&["down", "--yes"]).await.exits(0);
    assert!(down.stderr.contains("It is being made right now; that is given up"), "{down}");
    assert!(down.stderr.contains("stack DELETE_IN_PROGRESS"), "{down}");
    for bucket in fixture.buckets() {
        assert!(down.stdout.contains(&bucket), "{bucket} stays and is not named in\n{down}");
    }
    let up = fixture.ended(up, &UP).await.exits(3);
    assert!(up.stderr.contains("the stack was being deleted, and now is gone"), "{up}");
    assert!(fixture.stacks().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_a_quicker_run_made_is_not_in_the_way() {
    for arguments in [&UP[..], &[&UP[..], &["--replace-records"]].concat()] {
        let fixture = Fixture::new().await;
        // The first run looks for records only when its call is repeated, long after the second has begun.
        fixture.plant(json!({ "operation": "ListResourceRecordSets", "times": 2, "effect": "stall" }));
        let slow = fixture.spawn(arguments);
        fixture.called("ListResourceRecordSets", 1).await;
        fixture.region().region().faults.clear();
        fixture.run(&UP).await.exits(0).ignored();
        let slow = fixture.ended(slow, arguments).await.exits(0);
        assert!(slow.stderr.contains("another run was quicker"), "{slow}");
        assert_eq!(fixture.region().region().journal.count("ChangeResourceRecordSets"), 0, "no record was removed");
    }
}
