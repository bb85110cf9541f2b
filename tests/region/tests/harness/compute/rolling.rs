//! Updates of a group: what rolls, what does not, and what a node that fails does to it.

use dockreg_region::node::in_process::Fault;
use hyper::{Method, StatusCode};

use super::client::ask;
use super::rig::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_template_rolls_every_node_while_the_registry_serves() {
    let rig = Rig::with_registry(&[("Nodes", "2")]).await;
    let before = rig.members("InService").await;
    let serving = async {
        loop {
            let ping = ask(&rig, Method::GET, "/v1/_ping", Some("alice:password"), b"").await;
            assert_eq!(ping.status, StatusCode::OK);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let status = tokio::select! {
        status = rig.update(&[("Nodes", "2"), ("Image", "registry:3.1")]) => status,
        () = serving => unreachable!("it serves for ever"),
    };
    let story = rig.story().await;
    assert_eq!(status, "UPDATE_COMPLETE", "{story}");
    for line in [
        "Rolling update initiated. Terminating 2 obsolete instance(s) in batches of 1, while keeping at least 2",
        "New instance(s) added to autoscaling group - Waiting on 1 resource signal(s) with a timeout of PT15M.",
        "(Progress 100%).",
    ] {
        assert!(story.contains(line), "{line}\n{story}");
    }
    let after = rig.members("InService").await;
    assert_eq!(after.len(), 2);
    assert!(after.iter().all(|id| !before.contains(id)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_size_alone_waits_for_no_signal() {
    let rig = Rig::with_registry(&[]).await;
    rig.nodes.every_launch(Some(Fault::Silent));
    assert_eq!(rig.update(&[("Nodes", "2")]).await, "UPDATE_COMPLETE", "{}", rig.story().await);
    rig.until("the second comes", async || (rig.members("InService").await.len() == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_node_that_fails_brings_the_old_template_back_and_the_old_node_stays() {
    let rig = Rig::with_registry(&[]).await;
    let before = rig.members("InService").await;
    rig.nodes.next_launch(Some(Fault::Fails));
    let status = rig.update(&[("Image", "registry:broken")]).await;
    let story = rig.story().await;
    assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE", "{story}");
    assert!(story.contains("Received 1 FAILURE signal(s) out of 1"), "{story}");
    assert_eq!(rig.members("InService").await, before, "{story}");
    let ping = ask(&rig, Method::GET, "/v1/_ping", Some("alice:password"), b"").await;
    assert_eq!(ping.status, StatusCode::OK);
}
