//! What is left of a group that is made smaller, and how long that takes.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::rig::{Rig, TEMPLATE};

async fn desired(rig: &Rig) -> u64 {
    let groups = rig.ask("autoscaling", "DescribeAutoScalingGroups", json!({})).await;
    groups["AutoScalingGroups"][0]["DesiredCapacity"].as_u64().expect("a capacity")
}

/// Without `DesiredCapacity`, bounds move the capacity only as far as they must.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_05_lower_bounds_leave_what_the_maximum_allows() {
    let naive = TEMPLATE.replace(r#""DesiredCapacity": {"Ref": "Nodes"},"#, "");
    let rig = Rig::new().await;
    let status = rig.create_from(&naive, &[("Nodes", "3"), ("MaxNodes", "4")]).await;
    assert_eq!(status, "CREATE_COMPLETE", "{}", rig.story().await);
    for (maximum, left) in [("4", 3), ("2", 2)] {
        let status = rig.update_from(&naive, &[("Nodes", "1"), ("MaxNodes", maximum)]).await;
        assert_eq!(status, "UPDATE_COMPLETE", "{}", rig.story().await);
        assert_eq!(desired(&rig).await, left, "at most {maximum}");
    }
    rig.until("two are left", async || (rig.targets().await.len() == 2).then_some(())).await;
}

/// Ten minutes of draining are ten minutes more for whoever waits, though nobody is connected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_20_draining_delays_every_scale_in_and_delete() {
    const DELAY: Duration = Duration::from_secs(600);
    let slow = TEMPLATE.replace(
        r#""deregistration_delay.timeout_seconds", "Value": "60""#,
        r#""deregistration_delay.timeout_seconds", "Value": "600""#,
    );
    let rig = Rig::new().await;
    assert_eq!(rig.create_from(&slow, &[("Nodes", "2")]).await, "CREATE_COMPLETE", "{}", rig.story().await);
    let delay = rig.running.region().clock.scaled(DELAY);
    let begun = Instant::now();
    let status = rig.update_from(&slow, &[("Nodes", "1")]).await;
    assert_eq!(status, "UPDATE_COMPLETE", "the update itself does not wait: {}", rig.story().await);
    rig.until("the group waits", async || {
        let activities = rig.activities().await;
        activities.into_iter().find(|one| one["StatusCode"] == "WaitingForELBConnectionDraining")
    })
    .await;
    rig.until("one is gone", async || (rig.nodes.instance_ids().len() == 1).then_some(())).await;
    assert!(begun.elapsed() >= delay, "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(rig.delete().await, "DELETE_COMPLETE");
    assert!(begun.elapsed() >= delay, "{:?}", begun.elapsed());
}
