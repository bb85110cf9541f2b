//! Signals to a group from nodes, from nobody, from strangers, and twice.

use dockreg_region::node::in_process::Fault;
use dockreg_region::service::iam::roles::NewRole;
use serde_json::{Value, json};

use crate::compute::rig::{Rig, TEMPLATE};
use crate::signer::Ask;

fn signal(id: &str, status: &str) -> Value {
    json!({"StackName": "registry", "LogicalResourceId": "Group", "UniqueId": id, "Status": status})
}

/// A region whose nodes say nothing, with the stack waiting for that many signals.
async fn waiting(operation: &str, count: &str) -> Rig {
    let rig = if operation == "CreateStack" { Rig::new().await } else { Rig::with_registry(&[]).await };
    rig.nodes.every_launch(Some(Fault::Silent));
    rig.submit(operation, TEMPLATE, &[("Image", "registry:silent"), ("Nodes", count)]).await;
    let told = if operation == "CreateStack" { "\nGroup CREATE_IN_PROGRESS Resource" } else { "Waiting on 1 resource" };
    rig.until("the group waits", async || rig.story().await.contains(told).then_some(())).await;
    rig
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_counts_every_signal_whoever_sends_it_but_none_twice() {
    let rig = waiting("CreateStack", "2").await;
    rig.ask("cloudformation", "SignalResource", signal("i-stranger", "SUCCESS")).await;
    let again = rig.call("cloudformation", "SignalResource", signal("i-stranger", "SUCCESS")).await;
    let refused = again.expect_err("the same once more");
    assert_eq!(refused.code, "ValidationError");
    assert_eq!(
        refused.message,
        "Signal with ID i-stranger for resource Group already exists.  Signals may only be updated with a FAILURE status."
    );
    let story = rig.story().await;
    assert!(story.contains("Group CREATE_IN_PROGRESS Received SUCCESS signal with UniqueId i-stranger"), "{story}");
    assert_eq!(rig.stack().await["StackStatus"], "CREATE_IN_PROGRESS");
    rig.ask("cloudformation", "SignalResource", signal("i-other", "SUCCESS")).await;
    assert_eq!(rig.settled().await, "CREATE_COMPLETE", "{}", rig.story().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_failure_is_enough_and_overrides_a_success() {
    let rig = waiting("CreateStack", "2").await;
    rig.ask("cloudformation", "SignalResource", signal("i-1", "SUCCESS")).await;
    rig.ask("cloudformation", "SignalResource", signal("i-1", "FAILURE")).await;
    assert_eq!(rig.settled().await, "ROLLBACK_COMPLETE");
    let story = rig.story().await;
    let reason =
        "Received 1 FAILURE signal(s) out of 2.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement";
    assert!(story.contains(reason), "{story}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_waits_for_its_own_instances() {
    let rig = waiting("UpdateStack", "1").await;
    rig.ask("cloudformation", "SignalResource", signal("i-stranger", "SUCCESS")).await;
    let story = rig.story().await;
    assert!(story.contains("Received SUCCESS signal with UniqueId i-stranger"), "{story}");
    rig.until("the silent one runs", async || (rig.nodes.instance_ids().len() == 2).then_some(())).await;
    rig.nodes.every_launch(None);
    assert_eq!(rig.settled().await, "UPDATE_ROLLBACK_COMPLETE", "{}", rig.story().await);
    let story = rig.story().await;
    for line in [
        "Failed to receive 1 resource signal(s) for the current batch.  Each resource signal timeout is counted as a \
         FAILURE.",
        "Received 1 FAILURE signal(s) out of 1.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement",
    ] {
        assert!(story.contains(line), "{line}\n{story}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_under_way_can_be_signalled() {
    let rig = waiting("CreateStack", "1").await;
    let id = rig.stack().await["StackId"].as_str().unwrap_or_default().to_owned();
    let to = |resource: &str| {
        let mut input = signal("i-1", "SUCCESS");
        input["LogicalResourceId"] = json!(resource);
        input
    };
    for (resource, says) in [
        ("Nope", "Resource Nope does not exist for stack registry"),
        ("Role", "Resource Role is in CREATE_COMPLETE state and cannot be signaled"),
    ] {
        let refused = rig.call("cloudformation", "SignalResource", to(resource)).await.expect_err(says);
        assert_eq!((refused.code.as_str(), refused.message.as_str()), ("ValidationError", says));
    }
    assert_eq!(rig.settled().await, "ROLLBACK_COMPLETE");
    let story = rig.story().await;
    assert!(story.contains("Received 0 SUCCESS signal(s) out of 1."), "{story}");
    let late = rig.call("cloudformation", "SignalResource", signal("i-1", "SUCCESS")).await.expect_err("too late");
    assert_eq!(late.message, format!("Stack {id} is in ROLLBACK_COMPLETE state and cannot be signaled"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_whose_role_does_not_say_so_may_not_signal() {
    let rig = waiting("CreateStack", "1").await;
    let region = rig.running.region();
    let stack = rig.stack().await["StackId"].as_str().unwrap_or_default().to_owned();
    let other = region.arn("cloudformation", "stack/other/*");
    let keys = region.world(|world| {
        let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}});
        let role = NewRole { name: "stranger".to_owned(), assume_role_policy: trust, ..NewRole::default() };
        world.iam.create_role(&region, role).expect("a role");
        let allow = json!({"Effect": "Allow", "Action": "cloudformation:SignalResource", "Resource": other});
        world.iam.put_role_policy("stranger", "p", json!({"Statement": allow})).expect("a policy");
        world.iam.mint(&region, "stranger", "i-stranger")
    });
    let form = "Action=SignalResource&Version=2010-05-15&StackName=registry&LogicalResourceId=Group&UniqueId=i-stranger\
                &Status=SUCCESS";
    let ask = Ask {
        key: keys.access_key_id,
        secret: keys.secret_access_key,
        token: Some(keys.session_token),
        ..Ask::query("cloudformation", form)
    };
    let answer = ask.answer(&rig.running).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    let says = format!(
        "User: arn:aws:sts::123456789012:assumed-role/stranger/i-stranger is not authorized to perform: \
         cloudformation:SignalResource on resource: {stack}"
    );
    for text in ["<Code>AccessDenied</Code>", says.as_str()] {
        assert!(answer.body.contains(text), "{text}\n{}", answer.body);
    }
    assert!(!rig.story().await.contains("i-stranger"), "a refused signal leaves no trace");
}
