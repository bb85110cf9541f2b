//! What a group does of itself, and what it leaves when that is suspended: launching, registering, spreading, refreshing.

use serde_json::{Value, json};

use super::rig::Rig;

async fn named(rig: &Rig, more: Value) -> Value {
    let mut input = json!({"AutoScalingGroupName": rig.output("Group").await});
    for (key, value) in more.as_object().into_iter().flatten() {
        input[key] = value.clone();
    }
    input
}

async fn call(rig: &Rig, operation: &str, more: Value) -> Value {
    rig.ask("autoscaling", operation, named(rig, more).await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_suspended_is_left_undone_until_it_is_resumed() {
    let rig = Rig::with_registry(&[]).await;
    call(&rig, "SuspendProcesses", json!({"ScalingProcesses": ["AddToLoadBalancer"]})).await;
    call(&rig, "SetDesiredCapacity", json!({"DesiredCapacity": 2})).await;
    rig.until("two are in service", async || (rig.members("InService").await.len() == 2).then_some(())).await;
    assert_eq!(rig.targets().await.len(), 1, "the second is not registered");
    call(&rig, "SuspendProcesses", json!({"ScalingProcesses": ["Launch"]})).await;
    call(&rig, "SetDesiredCapacity", json!({"DesiredCapacity": 3})).await;
    let groups = rig.ask("autoscaling", "DescribeAutoScalingGroups", json!({})).await;
    let suspended = &groups["AutoScalingGroups"][0]["SuspendedProcesses"];
    let names: Vec<&Value> = suspended.as_array().into_iter().flatten().map(|one| &one["ProcessName"]).collect();
    assert_eq!(names, ["AddToLoadBalancer", "Launch"]);
    assert_eq!(groups["AutoScalingGroups"][0]["Instances"].as_array().map(Vec::len), Some(2));
    call(&rig, "ResumeProcesses", json!({})).await;
    rig.until("the third comes and is healthy", async || {
        let targets = rig.targets().await;
        (targets.iter().filter(|(_, state, _)| state == "healthy").count() >= 2).then_some(())
    })
    .await;
    let wrong = named(&rig, json!({"ScalingProcesses": ["Lunch"]})).await;
    let refused = rig.call("autoscaling", "SuspendProcesses", wrong).await.expect_err("no such process");
    assert_eq!(refused.code, "ValidationError");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_spreads_again_when_its_zones_change() {
    let rig = Rig::with_registry(&[("Nodes", "2")]).await;
    let before = rig.members("InService").await;
    let zones = format!("{},{}", rig.subnet('a'), rig.subnet('c'));
    call(&rig, "UpdateAutoScalingGroup", json!({"VPCZoneIdentifier": zones})).await;
    rig.until("one moves from b to c", async || {
        let groups = rig.ask("autoscaling", "DescribeAutoScalingGroups", json!({})).await;
        let instances = groups["AutoScalingGroups"][0]["Instances"].as_array().cloned().unwrap_or_default();
        let mut at: Vec<&str> = instances.iter().filter_map(|one| one["AvailabilityZone"].as_str()).collect();
        at.sort_unstable();
        (at == ["us-east-1a", "us-east-1c"]).then_some(())
    })
    .await;
    let activities = rig.activities().await;
    let cause = |start: &str| {
        let found =
            activities.iter().find(|one| one["Description"].as_str().is_some_and(|text| text.starts_with(start)));
        found.and_then(|one| one["Cause"].as_str()).unwrap_or_default().to_owned()
    };
    let launch = cause("Launching");
    assert!(launch.ends_with("An instance was launched to aid in balancing the group's zones."), "{launch}");
    let end = cause("Terminating");
    assert!(
        end.contains("instances were launched to balance instances in zones us-east-1a us-east-1c with other zones")
            && end.contains("shrinking the capacity from 3 to 2.")
            && end.ends_with("was selected for termination."),
        "{end}"
    );
    let after = rig.members("InService").await;
    assert_eq!(after.iter().filter(|id| before.contains(id)).count(), 1, "only one had to move");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_replaces_every_instance() {
    let rig = Rig::with_registry(&[("Nodes", "2")]).await;
    let before = rig.members("InService").await;
    let preferences =
        json!({"Preferences": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150, "InstanceWarmup": 0}});
    let started = call(&rig, "StartInstanceRefresh", preferences.clone()).await;
    let again = named(&rig, preferences).await;
    let refused = rig.call("autoscaling", "StartInstanceRefresh", again).await.expect_err("one at a time");
    assert_eq!(refused.code, "InstanceRefreshInProgress");
    let mut least = usize::MAX;
    let done = rig
        .until("the refresh ends", async || {
            let healthy = rig.targets().await.iter().filter(|(_, state, _)| state == "healthy").count();
            least = least.min(healthy);
            let all = call(&rig, "DescribeInstanceRefreshes", json!({})).await;
            let one = all["InstanceRefreshes"][0].clone();
            one["EndTime"].is_number().then_some(one)
        })
        .await;
    assert_eq!((&done["Status"], &done["InstanceRefreshId"]), (&json!("Successful"), &started["InstanceRefreshId"]));
    assert_eq!((&done["PercentageComplete"], &done["InstancesToUpdate"]), (&json!(100), &json!(0)));
    let after = rig.members("InService").await;
    assert!(after.len() == 2 && after.iter().all(|id| !before.contains(id)), "{before:?} {after:?}");
    assert!(least >= 2, "new ones come first: {least}");
    let none = named(&rig, json!({})).await;
    let refused = rig.call("autoscaling", "CancelInstanceRefresh", none).await.expect_err("nothing to cancel");
    assert_eq!(refused.code, "ActiveInstanceRefreshNotFound");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_that_is_cancelled_goes_no_further() {
    let rig = Rig::with_registry(&[("Nodes", "2")]).await;
    let before = rig.members("InService").await;
    call(&rig, "SuspendProcesses", json!({"ScalingProcesses": ["Launch"]})).await;
    call(&rig, "StartInstanceRefresh", json!({"Preferences": {"InstanceWarmup": 86_400}})).await;
    rig.until("it is in progress", async || {
        let all = call(&rig, "DescribeInstanceRefreshes", json!({})).await;
        (all["InstanceRefreshes"][0]["InstancesToUpdate"] == 2).then_some(())
    })
    .await;
    assert_eq!(rig.members("InService").await, before, "nothing is replaced while launching is suspended");
    call(&rig, "ResumeProcesses", json!({})).await;
    rig.until("one is replaced", async || {
        let members = rig.members("InService").await;
        (members.len() == 2 && members != before).then_some(())
    })
    .await;
    let cancelled = call(&rig, "CancelInstanceRefresh", json!({})).await;
    rig.until("it is cancelled", async || {
        let all =
            call(&rig, "DescribeInstanceRefreshes", json!({"InstanceRefreshIds": [cancelled["InstanceRefreshId"]]}))
                .await;
        (all["InstanceRefreshes"][0]["Status"] == "Cancelled").then_some(())
    })
    .await;
    assert_eq!(rig.members("InService").await.iter().filter(|id| before.contains(id)).count(), 1);
}
