//! Groups: capacity, replacement, activities, and creation policies.

use dockreg_region::clock::ClockChange;
use dockreg_region::node::in_process::Fault;
use hyper::{Method, StatusCode};
use serde_json::json;

use super::client::ask;
use super::rig::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_registry_is_broken_is_replaced() {
    let rig = Rig::with_registry(&[("Nodes", "2")]).await;
    let before = rig.members("InService").await;
    rig.nodes.stop_registry(&before[0], true);
    rig.until("the load balancer sees it", async || {
        let targets = rig.targets().await;
        targets.into_iter().find(|(id, state, reason)| {
            *id == before[0] && state == "unhealthy" && reason == "Target.ResponseCodeMismatch"
        })
    })
    .await;
    // The other one serves all the while.
    let ping = ask(&rig, Method::GET, "/v1/_ping", Some("alice:password"), b"").await;
    assert_eq!(ping.status, StatusCode::OK);
    rig.until("it is replaced", async || {
        let healthy: Vec<String> =
            rig.targets().await.into_iter().filter(|(_, state, _)| state == "healthy").map(|(id, ..)| id).collect();
        (healthy.len() == 2 && !healthy.contains(&before[0])).then_some(())
    })
    .await;
    let activities = rig.ask("autoscaling", "DescribeScalingActivities", json!({})).await;
    let causes: Vec<&str> = activities["Activities"]
        .as_array()
        .expect("activities")
        .iter()
        .filter_map(|one| one["Cause"].as_str())
        .collect();
    for cause in ["ELB system health check failure", "in response to an unhealthy instance needing to be replaced"] {
        assert!(causes.iter().any(|known| known.contains(cause)), "{causes:#?}");
    }
    let console = rig.ask("ec2", "GetConsoleOutput", json!({"InstanceId": before[0]})).await;
    assert!(console["Output"].as_str().is_some_and(|output| !output.is_empty()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn capacity_spreads_over_zones_and_shrinks_with_draining() {
    let rig = Rig::with_registry(&[]).await;
    let name = rig.output("Group").await;
    let set = |desired: u32| json!({"AutoScalingGroupName": name, "DesiredCapacity": desired});
    let refused = rig.call("autoscaling", "SetDesiredCapacity", set(4)).await.expect_err("above the maximum");
    assert!(refused.message.contains("is above max value 3"), "{refused}");
    rig.ask("autoscaling", "SetDesiredCapacity", set(3)).await;
    rig.until("three are healthy", async || {
        let targets = rig.targets().await;
        (targets.iter().filter(|(_, state, _)| state == "healthy").count() == 3).then_some(())
    })
    .await;
    let groups = rig.ask("autoscaling", "DescribeAutoScalingGroups", json!({})).await;
    let instances = groups["AutoScalingGroups"][0]["Instances"].as_array().cloned().unwrap_or_default();
    let in_a = instances.iter().filter(|one| one["AvailabilityZone"] == "us-east-1a").count();
    assert!((1..=2).contains(&in_a), "{instances:#?}");
    rig.ask("autoscaling", "SetDesiredCapacity", set(1)).await;
    rig.until("one drains", async || {
        let targets = rig.targets().await;
        targets
            .iter()
            .any(|(_, state, reason)| state == "draining" && reason == "Target.DeregistrationInProgress")
            .then_some(())
    })
    .await;
    rig.until("one is left", async || (rig.targets().await.len() == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_fails_or_stays_silent_rolls_the_stack_back() {
    for (fault, says) in [
        (Fault::Fails, "Received 1 FAILURE signal(s) out of 1"),
        (Fault::Silent, "Received 0 SUCCESS signal(s) out of 1"),
    ] {
        let rig = Rig::new().await;
        rig.nodes.every_launch(Some(fault));
        assert_eq!(rig.create(&[]).await, "ROLLBACK_COMPLETE");
        let story = rig.story().await;
        assert!(story.contains(says), "{story}");
        assert!(rig.nodes.instance_ids().is_empty(), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_is_replaced_and_its_successor_signals() {
    let rig = Rig::new().await;
    rig.nodes.next_launch(Some(Fault::Dies));
    assert_eq!(rig.create(&[]).await, "CREATE_COMPLETE", "{}", rig.story().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_can_be_ended_or_declared_unhealthy() {
    let rig = Rig::with_registry(&[]).await;
    let first = rig.members("InService").await.remove(0);
    let end = json!({"InstanceId": first, "ShouldDecrementDesiredCapacity": true});
    let refused =
        rig.call("autoscaling", "TerminateInstanceInAutoScalingGroup", end).await.expect_err("at its minimum");
    assert!(refused.message.contains("min size constraint"), "{refused}");
    let end = json!({"InstanceId": first, "ShouldDecrementDesiredCapacity": false});
    let ended = rig.ask("autoscaling", "TerminateInstanceInAutoScalingGroup", end).await;
    assert!(ended["Activity"]["Cause"].as_str().is_some_and(|cause| cause.contains("in response to a user request")));
    let second =
        rig.until("it is replaced", async || rig.members("InService").await.into_iter().find(|id| *id != first)).await;
    let graced = json!({"InstanceId": second, "HealthStatus": "Unhealthy"});
    rig.ask("autoscaling", "SetInstanceHealth", graced).await;
    assert!(rig.members("InService").await.contains(&second), "the grace period is respected");
    let sick = json!({"InstanceId": second, "HealthStatus": "Unhealthy", "ShouldRespectGracePeriod": false});
    rig.ask("autoscaling", "SetInstanceHealth", sick).await;
    rig.until("it is replaced too", async || rig.members("InService").await.into_iter().find(|id| *id != second)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_young_account_cannot_launch_beyond_its_vcpus() {
    let rig = Rig::with_registry(&[]).await;
    rig.running.region().world(|world| world.ec2.vcpu_quota = Some(5));
    let name = rig.output("Group").await;
    let clock = rig.running.region().clock.clone();
    let still = |paused| clock.change(ClockChange { paused: Some(paused), ..ClockChange::default() }).expect("a clock");
    still(true);
    rig.ask("autoscaling", "SetDesiredCapacity", json!({"AutoScalingGroupName": name, "DesiredCapacity": 3})).await;
    let all = rig
        .until("a launch fails", async || {
            let activities = rig.ask("autoscaling", "DescribeScalingActivities", json!({})).await;
            let all = activities["Activities"].as_array().cloned().unwrap_or_default();
            all.iter().any(|one| one["StatusCode"] == "Failed").then_some(all)
        })
        .await;
    still(false);
    // What is in progress comes first, though the failed one is newer, and the time of an end has no fraction.
    assert_eq!([&all[0]["StatusCode"], &all[1]["StatusCode"]], ["InProgress", "Failed"], "{all:#?}");
    let failed = &all[1];
    assert!(failed["EndTime"].as_f64().is_some_and(|end| end.fract() == 0.0), "{failed}");
    let message = failed["StatusMessage"].as_str().unwrap_or_default();
    assert!(
        message.contains("current vCPU limit of 5") && message.ends_with("Launching EC2 instance failed."),
        "{failed}"
    );
    rig.until("the second comes", async || (rig.members("InService").await.len() == 2).then_some(())).await;
}
