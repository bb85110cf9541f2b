//! Target states, their reasons, and what security groups and draining do to requests.

use std::collections::BTreeSet;

use dockreg_region::node::in_process::Fault;
use dockreg_region::service::autoscaling::groups;
use dockreg_region::service::ec2::{Direction, Peer};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client::{ask, connect};
use super::rig::{HOST, Rig, TEMPLATE};

const ALICE: Option<&str> = Some("alice:password");

/// A group that lets the sick live, so that they can be looked at.
async fn hold(rig: &Rig) {
    let name = rig.output("Group").await;
    let suspended = BTreeSet::from(["ReplaceUnhealthy".to_owned()]);
    groups::suspend(&rig.running.region(), &name, suspended).expect("the group");
}

async fn until_state(rig: &Rig, id: &str, state: &str, reason: &str) {
    rig.until(reason, async || {
        let targets = rig.targets().await;
        targets.iter().any(|(known, is, why)| known == id && is == state && why == reason).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_target_is_registered_then_checked_then_judged() {
    let slow = TEMPLATE.replace(r#""HealthCheckIntervalSeconds": 5"#, r#""HealthCheckIntervalSeconds": 300"#);
    let rig = Rig::new().await;
    rig.nodes.every_launch(Some(Fault::Slow));
    rig.submit("CreateStack", &slow, &[]).await;
    let region = rig.running.region();
    let mut seen: Vec<(String, String)> = Vec::new();
    rig.until("a verdict", async || {
        let arn = region.world(|world| world.elbv2.target_groups.first().map(|group| group.arn.clone()))?;
        let health = rig.ask("elbv2", "DescribeTargetHealth", json!({"TargetGroupArn": arn})).await;
        let described = &health["TargetHealthDescriptions"][0];
        let state = described["TargetHealth"].clone();
        let text = |key: &str| state[key].as_str().unwrap_or_default().to_owned();
        let now = (text("State"), text("Reason"));
        if !now.0.is_empty() {
            assert_eq!(described["AdministrativeOverride"]["State"], "no_override");
        }
        if !now.0.is_empty() && seen.last() != Some(&now) {
            seen.push(now.clone());
        }
        (now.0 == "unhealthy").then_some(())
    })
    .await;
    let seen: Vec<(&str, &str)> = seen.iter().map(|(state, reason)| (state.as_str(), reason.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("initial", "Elb.RegistrationInProgress"),
            ("initial", "Elb.InitialHealthChecking"),
            ("unhealthy", "Target.FailedHealthChecks"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_of_failing_has_its_reason() {
    let rig = Rig::with_registry(&[("Nodes", "2")]).await;
    hold(&rig).await;
    let ids = rig.members("InService").await;
    rig.nodes.stop_registry(&ids[0], true);
    until_state(&rig, &ids[0], "unhealthy", "Target.ResponseCodeMismatch").await;
    rig.nodes.stop_registry(&ids[0], false);
    rig.until("it is healthy again", async || {
        rig.targets().await.iter().any(|(id, state, _)| *id == ids[0] && state == "healthy").then_some(())
    })
    .await;
    rig.nodes.kill(&ids[0]);
    until_state(&rig, &ids[0], "unhealthy", "Target.Timeout").await;
    rig.ask("ec2", "TerminateInstances", json!({"InstanceIds": [ids[1]]})).await;
    until_state(&rig, &ids[1], "unused", "Target.InvalidState").await;
    let stranger =
        json!({"TargetGroupArn": rig.output("TargetGroup").await, "Targets": [{"Id": "i-00000000000000000"}]});
    let health = rig.ask("elbv2", "DescribeTargetHealth", stranger).await;
    assert_eq!(health["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"], "Target.NotRegistered");
}

/// Takes the rules of this direction and port out of every group.
fn revoke(rig: &Rig, port: u16) {
    rig.running.region().world(|world| {
        for group in world.ec2.security_groups.values_mut() {
            group.rules.retain(|_, rule| rule.direction != Direction::Ingress || rule.ports != Some((port, port)));
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn security_groups_are_obeyed() {
    let rig = Rig::with_registry(&[]).await;
    hold(&rig).await;
    let node = rig.members("InService").await.remove(0);
    // Without the health port the target fails, and is still tried when there is no other.
    revoke(&rig, 8081);
    until_state(&rig, &node, "unhealthy", "Target.Timeout").await;
    assert_eq!(ask(&rig, Method::GET, "/v1/_ping", ALICE, b"").await.status, StatusCode::OK);
    // Without the traffic port nobody answers at all.
    revoke(&rig, 80);
    assert_eq!(ask(&rig, Method::GET, "/v1/_ping", ALICE, b"").await.status, StatusCode::GATEWAY_TIMEOUT);
    // Nor can clients connect where none is admitted.
    revoke(&rig, 443);
    assert!(connect(&rig, HOST).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_balancer_may_be_kept_from_going_out() {
    let rig = Rig::with_registry(&[]).await;
    hold(&rig).await;
    let node = rig.members("InService").await.remove(0);
    rig.running.region().world(|world| {
        let own = world.elbv2.load_balancers[0].security_groups.clone();
        for id in own {
            let group = world.ec2.security_group_mut(&id).expect("a group");
            for rule in group.rules.values_mut().filter(|rule| rule.direction == Direction::Egress) {
                rule.peer = Peer::Ipv4("10.0.0.0/8".to_owned());
            }
        }
    });
    until_state(&rig, &node, "unhealthy", "Target.Timeout").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_in_flight_ends_well_while_its_target_drains() {
    let slow = TEMPLATE.replace(
        r#""deregistration_delay.timeout_seconds", "Value": "60""#,
        r#""deregistration_delay.timeout_seconds", "Value": "1200""#,
    );
    let rig = Rig::new().await;
    assert_eq!(rig.create_from(&slow, &[]).await, "CREATE_COMPLETE", "{}", rig.story().await);
    let node = rig.members("InService").await.remove(0);
    let begun = ask(&rig, Method::POST, "/v2/app/blobs/uploads/", ALICE, b"").await;
    let mut stream = connect(&rig, HOST).await.expect("TLS");
    let head = format!(
        "PATCH {} HTTP/1.1\r\nhost: {HOST}\r\nauthorization: Basic YWxpY2U6cGFzc3dvcmQ=\r\ncontent-length: 10\r\n\
         connection: close\r\n\r\nhello",
        begun.header("location")
    );
    stream.write_all(head.as_bytes()).await.expect("half a request");
    rig.until("it is in flight", async || {
        let flying = |world: &mut dockreg_region::region::World| {
            world.elbv2.target_groups[0].targets.iter().any(|target| target.in_flight == 1)
        };
        rig.running.region().world(flying).then_some(())
    })
    .await;
    let end = json!({"InstanceId": node, "ShouldDecrementDesiredCapacity": false});
    rig.ask("autoscaling", "TerminateInstanceInAutoScalingGroup", end).await;
    until_state(&rig, &node, "draining", "Target.DeregistrationInProgress").await;
    stream.write_all(b"world").await.expect("the other half");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 202"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listener_attributes_shape_the_answers() {
    let rig = Rig::with_registry(&[]).await;
    let listener = rig.output("Listener").await;
    let transport = "routing.http.response.strict_transport_security.header_value";
    let set = |key: &str, value: &str| json!({"ListenerArn": listener, "Attributes": [{"Key": key, "Value": value}]});
    let set_to = rig.ask("elbv2", "ModifyListenerAttributes", set(transport, "max-age=60")).await;
    let read = rig.ask("elbv2", "DescribeListenerAttributes", json!({"ListenerArn": listener})).await;
    assert_eq!(set_to, read);
    assert!(
        read["Attributes"]
            .as_array()
            .is_some_and(|all| all.contains(&json!({"Key": transport, "Value": "max-age=60"})))
    );
    let ping = ask(&rig, Method::GET, "/v1/_ping", ALICE, b"").await;
    assert_eq!(ping.header("strict-transport-security"), "max-age=60");
    for (key, code) in [
        ("tcp.idle_timeout.seconds", "InvalidConfigurationRequest"),
        ("routing.http.response.x.header_value", "ValidationError"),
    ] {
        let refused = rig.call("elbv2", "ModifyListenerAttributes", set(key, "1")).await.expect_err("a refusal");
        assert_eq!(refused.code, code, "{refused}");
    }
    let wrong = json!({"ListenerArn": rig.output("LoadBalancer").await});
    let refused: Result<Value, _> = rig.call("elbv2", "DescribeListenerAttributes", wrong).await;
    assert!(refused.expect_err("another kind").message.ends_with("is not a valid listener ARN"));
}
