//! Values are judged where they are typed, before AWS is asked for anything.

use serde_json::json;

use crate::harness::{Fixture, HOST, UP};
use crate::networks::parameter;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_range_of_addresses_is_refused_with_how_one_is_written() {
    let fixture = Fixture::new().await;
    for (flag, value, why) in [
        ("--allowed-cidr", "999.1.1.1/99", "four numbers up to 255, a slash and up to 32, like 203.0.113.0/24"),
        ("--allowed-cidr", "10.0.0.0", "10.0.0.0/32 is this address alone"),
        ("--allowed-cidr", "", "four numbers"),
        ("--allowed-cidr", "2001:db8::/32", "the load balancer has no IPv6 address"),
        ("--admin-cidr", "10.0.0.0/33", "four numbers"),
        ("--health-check-grace-period", "0", "it is a whole number from 1 to 7200"),
        ("--health-check-grace-period", "7201", "it is a whole number from 1 to 7200"),
    ] {
        let refused = fixture.run(&[&UP[..], &[flag, value]].concat()).await.exits(2);
        assert!(refused.stderr.contains(&format!("invalid value '{value}' for '{flag}")), "{refused}");
        assert!(refused.stderr.contains(why), "{refused}");
    }
    assert!(fixture.region().region().journal.entries().is_empty(), "AWS is not asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_in_the_environment_is_judged_alike() {
    let mut fixture = Fixture::new().await;
    fixture.set("DOCKREG_ALLOWED_CIDR", "10.0.0.0/99");
    let refused = fixture.run(&[&UP[..], &["--output", "json"]].concat()).await.exits(2);
    let error = &refused.document()["error"];
    assert_eq!(error["kind"], "usage", "{error:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("a slash and up to 32")), "{error:#}");
}

/// EC2 keeps a range without the bits it leaves open; the plan says what it will be.
#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_what_ec2_makes_of_it() {
    let fixture = Fixture::new().await;
    let wide = ["--allowed-cidr", "203.0.113.7/24", "--admin-cidr", "198.51.100.7/31", "--no-verify"];
    let output = fixture.run(&[&UP[..], &wide].concat()).await.exits(0);
    assert!(output.stderr.contains("203.0.113.0/24  (as given)"), "{output}");
    assert_eq!(parameter(&fixture, "AdminCidr").await, "198.51.100.6/31");
    let again = fixture.run(&[&UP[..], &wide].concat()).await.exits(0);
    assert!(again.stderr.contains("nothing to change"), "{again}");
    fixture.run(&[&UP[..], &["--admin-cidr", "", "--no-verify"]].concat()).await.exits(0).ignored();
    assert_eq!(parameter(&fixture, "AdminCidr").await, "", "nobody");
}

/// Who launched the template alone wrote the range in other words: no rule is made for that.
#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_somebody_wrote_otherwise_stays_as_it_is() {
    let fixture = Fixture::new().await;
    fixture.run(&[&UP[..], &["--no-verify"]].concat()).await.exits(0).ignored();
    let previous = |key: &str| json!({ "ParameterKey": key, "UsePreviousValue": true });
    let stack = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let keys = stack["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
    let keys = keys.iter().filter_map(|own| own["ParameterKey"].as_str()).filter(|key| *key != "AllowedCidr");
    let mut parameters: Vec<_> = keys.map(previous).collect();
    parameters.push(json!({ "ParameterKey": "AllowedCidr", "ParameterValue": "10.9.8.7/8" }));
    let update = json!({ "StackName": "docker-registry", "UsePreviousTemplate": true, "Parameters": parameters,
        "Capabilities": ["CAPABILITY_IAM"] });
    fixture.call("cloudformation", "UpdateStack", update).await;
    fixture.until_status("UPDATE_COMPLETE").await;
    let groups = fixture.call("ec2", "DescribeSecurityGroups", json!({})).await;
    assert!(groups.to_string().contains(r#""CidrIp":"10.0.0.0/8""#), "{groups:#}");
    let same = fixture.run(&[&UP[..], &["--allowed-cidr", "10.0.0.0/8", "--no-verify"]].concat()).await.exits(0);
    assert!(same.stderr.contains("nothing to change"), "{same}");
    assert_eq!(parameter(&fixture, "AllowedCidr").await, "10.9.8.7/8");
}

/// A node that is judged before it can be up is replaced for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_grace_period_shorter_than_a_boot_is_warned_of() {
    let fixture = Fixture::new().await;
    let words = "failed health checks count 60 s after a node's start";
    let short = ["up", "--domain", HOST, "--health-check-grace-period", "60", "--dry-run"];
    let warned = fixture.run(&short).await.exits(0);
    assert!(warned.stderr.contains(words) && warned.stderr.contains("--health-check-grace-period 900"), "{warned}");
    let enough = ["up", "--domain", HOST, "--health-check-grace-period", "300", "--dry-run"];
    let silent = fixture.run(&enough).await.exits(0);
    assert!(!silent.stderr.contains("failed health checks count"), "{silent}");
}
