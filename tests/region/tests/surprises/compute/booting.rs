//! What happens to nodes between their launch and their first healthy answer.

use dockreg_region::node::NodeBackend;
use dockreg_region::node::in_process::Fault;
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::client::ask;
use crate::rig::{Rig, TEMPLATE};

const ALICE: Option<&str> = Some("alice:password");

/// A node's SUCCESS is its own opinion. CloudFormation ends the old node for it, and nobody replaces the new one that
/// does not serve yet, because health checks are suspended meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_01_a_signal_that_asks_nobody_leaves_a_gap() {
    let rig = Rig::with_registry(&[]).await;
    rig.nodes.next_launch(Some(Fault::Hasty));
    rig.submit("UpdateStack", TEMPLATE, &[("Image", "registry:3.1")]).await;
    let mut suspended = String::new();
    let failed = rig
        .until("clients are turned away", async || {
            let groups = rig.ask("autoscaling", "DescribeAutoScalingGroups", json!({})).await;
            suspended = groups["AutoScalingGroups"][0]["SuspendedProcesses"].to_string();
            let ping = ask(&rig, Method::GET, "/v1/_ping", ALICE, b"").await;
            (ping.status != StatusCode::OK).then_some(ping.status)
        })
        .await;
    assert!([502, 503, 504].contains(&failed.as_u16()), "{failed}");
    assert!(suspended.contains("HealthCheck") && suspended.contains("ReplaceUnhealthy"), "{suspended}");
    let status = rig.settled().await;
    let (targets, story) = (rig.targets().await, rig.story().await);
    assert_eq!(status, "UPDATE_COMPLETE", "{story}");
    assert!(targets.iter().all(|(_, state, _)| state != "healthy"), "complete, and nobody serves: {targets:?}");
    rig.until("it serves in the end", async || {
        let ping = ask(&rig, Method::GET, "/v1/_ping", ALICE, b"").await;
        (ping.status == StatusCode::OK).then_some(())
    })
    .await;
}

/// A user data that lets apt wait for its lock.
fn patient() -> String {
    TEMPLATE.replace("DOCKER_IMAGE=", "# apt-get -o DPkg::Lock::Timeout=300\\n    DOCKER_IMAGE=")
}

/// Nodes that need four minutes, for which the group has no patience, are ended while they boot, all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_06_a_short_grace_period_ends_every_node_while_it_boots() {
    let replaced = async |grace: &str| {
        let rig = Rig::new().await;
        rig.nodes.every_launch(Some(Fault::Locked));
        let status = rig.create_from(&patient(), &[("Grace", grace)]).await;
        let ended =
            rig.activities().await.into_iter().filter(|one| {
                one["Cause"].as_str().is_some_and(|cause| cause.contains("ELB system health check failure"))
            });
        (status, ended.count())
    };
    let (status, count) = replaced("30").await;
    assert_eq!(status, "ROLLBACK_COMPLETE");
    assert!(count > 1, "{count}");
    assert_eq!(replaced("900").await, ("CREATE_COMPLETE".to_owned(), 0));
}

/// The Auto Scaling role may not use a customer key, and nothing says so before the launch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_11_a_customer_key_for_all_disks_ends_every_launch() {
    let rig = Rig::new().await;
    rig.running.region().world(|world| world.ec2.ebs_key = Some("arn:aws:kms:us-east-1:123456789012:key/k".to_owned()));
    assert_eq!(rig.create(&[]).await, "ROLLBACK_COMPLETE");
    assert!(rig.story().await.contains("Received 0 SUCCESS signal(s) out of 1"), "{}", rig.story().await);
    let launches = rig.activities().await;
    let launch = launches.iter().find(|one| one["StatusCode"] == "Cancelled").expect("a launch that came to nothing");
    assert_eq!(
        launch["StatusMessage"],
        "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: \
         Client.InternalError: Client error on launch"
    );
    let all = rig.ask("ec2", "DescribeInstances", json!({})).await;
    let instance = &all["Reservations"][0]["Instances"][0];
    assert_eq!(instance["StateReason"]["Code"], "Client.InternalError", "{instance}");
    assert_eq!(instance["State"]["Name"], "terminated");
}

/// At its first boot a node upgrades itself, and holds apt's lock for minutes. (Real machines have the same in the
/// rehearsal; in-process ones do as their user data's apt option says.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_apt_is_locked_at_boot() {
    let rig = Rig::new().await;
    rig.nodes.every_launch(Some(Fault::Locked));
    rig.submit("CreateStack", TEMPLATE, &[]).await;
    let console = rig
        .until("a node gives up", async || {
            let id = rig.nodes.instance_ids().into_iter().next()?;
            let console = rig.nodes.console_output(&id).await;
            console.contains("FAILED").then_some(console)
        })
        .await;
    assert!(console.contains("Could not get lock /var/lib/dpkg/lock-frontend"), "{console}");
    assert_eq!(rig.settled().await, "ROLLBACK_COMPLETE");
    assert!(rig.story().await.contains("Received 1 FAILURE signal(s) out of 1"), "{}", rig.story().await);

    let rig = Rig::new().await;
    rig.nodes.every_launch(Some(Fault::Locked));
    assert_eq!(rig.create_from(&patient(), &[]).await, "CREATE_COMPLETE", "{}", rig.story().await);
}
