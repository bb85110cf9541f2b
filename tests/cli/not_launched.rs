//! Changes whose new nodes never start: told by what Auto Scaling was told, and never by the log of a node that serves.

use dockreg_region::clock::ClockChange;
use serde_json::json;

use crate::harness::{Fixture, Output};
use crate::networks::{subnet_of, up};

/// Makes a registry of one small node, and waits until EC2's times, which are whole seconds, tell the node from a new one.
async fn served(fixture: &Fixture, flags: &[&str]) -> String {
    up(fixture, &[&["--instance-type", "t2.small"], flags].concat()).await.exits(0).ignored();
    let region = fixture.region().region();
    let node = region.world(|world| world.ec2.instances.all().next().map(|one| (one.id.clone(), one.launched)));
    let (node, launched) = node.expect("a node");
    fixture.until(|| region.clock.epoch().floor() > launched).await;
    node
}

fn denies(fixture: &Fixture, operation: &str) {
    let denied = json!({ "fail": { "code": "AccessDenied", "message": "not you", "status": 403 } });
    fixture.plant(json!({ "operation": operation, "effect": denied }));
}

/// A change to a larger type that `up` itself does not look into beforehand.
async fn larger(fixture: &Fixture) -> Output {
    denies(fixture, "GetServiceQuota");
    denies(fixture, "GetEbsDefaultKmsKeyId");
    fixture.run(&["up", "--instance-type", "t3.medium", "--yes"]).await.exits(3)
}

/// What is said, and that nothing is said of the node that serves.
fn tells(output: &Output, node: &str, texts: &[&str]) {
    for text in texts {
        assert!(output.stderr.contains(text), "no {text:?} in\n{output}");
    }
    for text in [node, "boot log", "dockreg: READY"] {
        assert!(!output.stderr.contains(text), "{text:?} in\n{output}");
    }
}

/// A change in the console, where nobody is asked what the zone offers.
#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_the_zone_does_not_offer_is_told() {
    let fixture = Fixture::new().await;
    let node = served(&fixture, &["--subnets", &subnet_of(&fixture, "us-east-1e")]).await;
    let clock = fixture.region().region().clock.clone();
    let still = |paused| clock.change(ClockChange { paused: Some(paused), ..ClockChange::default() }).expect("a clock");
    // Until somebody watches, nothing ends.
    still(true);
    change(&fixture, "InstanceType", "t3.medium").await;
    let watch = fixture.spawn(&["status", "--watch"]);
    fixture.called("DescribeStackEvents", fixture.region().region().journal.count("DescribeStackEvents") + 1).await;
    still(false);
    let output = fixture.ended(watch, &["status", "--watch"]).await;
    let message = "no node could be launched: Your requested instance type (t3.medium) is not supported in your requested \
                   Availability Zone (us-east-1e).";
    tells(&output, &node, &[message, "hint: choose another --instance-type or --subnets"]);
}

/// The stack's update, with everything as it is but one parameter.
async fn change(fixture: &Fixture, name: &str, value: &str) {
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let parameters = described["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
    let parameters: Vec<_> = parameters
        .iter()
        .map(|own| match own["ParameterKey"] == name {
            true => json!({ "ParameterKey": name, "ParameterValue": value }),
            false => json!({ "ParameterKey": own["ParameterKey"], "UsePreviousValue": true }),
        })
        .collect();
    let input = json!({ "StackName": "docker-registry", "UsePreviousTemplate": true, "Parameters": parameters,
        "Capabilities": ["CAPABILITY_IAM"] });
    fixture.call("cloudformation", "UpdateStack", input).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_forbids_the_launch_is_told() {
    let fixture = Fixture::new().await;
    let node = served(&fixture, &[]).await;
    fixture.region().region().world(|world| world.ec2.vcpu_quota = Some(2));
    let output = larger(&fixture).await;
    let message = "no node could be launched: You have requested more vCPU capacity than your current vCPU limit of 2";
    tells(&output, &node, &[message, "hint: ask for more vCPU", "next: ask for more vCPU"]);
    assert_eq!(output.stderr.matches(message).count(), 2, "at once and at the end: {output}");
}

/// These nodes are there, write nothing, and are gone again.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_decrypted_is_told() {
    let fixture = Fixture::new().await;
    let node = served(&fixture, &[]).await;
    fixture
        .region()
        .region()
        .world(|world| world.ec2.ebs_key = Some("arn:aws:kms:us-east-1:123456789012:key/k".into()));
    let output = larger(&fixture).await;
    tells(
        &output,
        &node,
        &["Termination Reason: Client.InternalError", "next: the account encrypts EBS with its own key"],
    );
    assert!(!output.stderr.contains("to its console"), "{output}");
}

/// Who may not read the group's activities is told that there is no node, and how to see why.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_activities_the_serving_node_is_not_blamed_either() {
    let fixture = Fixture::new().await;
    let node = served(&fixture, &[]).await;
    fixture.region().region().world(|world| world.ec2.vcpu_quota = Some(2));
    denies(&fixture, "DescribeScalingActivities");
    let output = larger(&fixture).await;
    tells(
        &output,
        &node,
        &["no node was launched; why: aws autoscaling describe-scaling-activities --auto-scaling-group-name"],
    );
    assert!(fixture.region().region().journal.count("DescribeScalingActivities") > 0, "they were asked for");
}
