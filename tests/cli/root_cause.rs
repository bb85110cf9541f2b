//! Why an operation failed: told at the first failure, with AWS's words, a hint and the node's own log, and not buried
//! under what it dragged along.

use std::sync::Arc;

use dockreg_region::Options;
use dockreg_region::node::in_process::{Fault, InProcess};
use serde_json::json;

use crate::harness::{Fixture, Output, UP};

async fn with_node(fault: Fault) -> (Fixture, Output) {
    let nodes = Arc::new(InProcess::default());
    nodes.every_launch(Some(fault));
    let fixture = Fixture::with(Options { nodes: Some(nodes), ..Options::default() }).await;
    let output = fixture.run(&UP).await.exits(3);
    (fixture, output)
}

fn place(output: &Output, text: &str) -> usize {
    output.stderr.find(text).unwrap_or_else(|| panic!("no {text:?} in\n{output}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_failed_tells_its_step_and_its_log_before_it_is_gone() {
    let (_fixture, output) = with_node(Fault::Fails).await;
    let log = place(&output, "the end of the boot log of i-");
    assert!(log < place(&output, "stack ROLLBACK_COMPLETE"), "{output}");
    place(&output, "E: Failed to fetch packages");
    place(&output, "failed at the step \"packages\"");
    assert!(output.stderr.contains("because: NodeGroup: Received 1 FAILURE signal(s) out of 1."), "{output}");
    assert!(output.stderr.contains("a route to the internet"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_never_signalled_tells_how_far_it_came() {
    let (_fixture, output) = with_node(Fault::Slow).await;
    place(&output, "came no further than the step \"packages\"");
    place(&output, "Received 0 SUCCESS signal(s) out of 1.");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_failure_is_told_at_once_and_the_rest_is_counted() {
    let fixture = Fixture::new().await;
    let reason = "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
    fixture.plant(json!({
        "operation": "CREATE", "resource": "LoadBalancer", "times": 1, "effect": { "fail_resource": { "reason": reason } },
    }));
    let output = fixture.run(&UP).await.exits(3);
    assert!(place(&output, "first failure: LoadBalancer") < place(&output, "stack ROLLBACK_IN_PROGRESS"), "{output}");
    place(&output, "hint: name one subnet of each zone with --load-balancer-subnets");
    assert!(!output.stderr.contains("cancelled"), "{output}");
    assert_eq!(output.stderr.matches("first failure:").count(), 1, "{output}");
    assert!(output.stderr.matches("given up").count() <= 1, "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_early_validation_refuses_is_told_with_its_path() {
    let fixture = Fixture::new().await;
    let boundary = format!("arn:aws:iam::123456789012:policy/{}", "a".repeat(2100));
    let up = ["up", "--domain", "docker.example.test", "--permissions-boundary", &boundary, "--yes"];
    let output = fixture.run(&up).await.exits(1);
    place(&output, "/PermissionsBoundary: ");
    place(&output, "expected maxLength: 2048");
    assert!(fixture.stacks().await.is_empty());
    // Where DescribeEvents is not allowed, what the change set itself says remains.
    let denied = json!({ "fail": { "code": "AccessDenied", "message": "not you", "status": 403 } });
    fixture.plant(json!({ "operation": "DescribeEvents", "effect": denied }));
    let output = fixture.run(&up).await.exits(1);
    place(&output, "CloudFormation does not accept the change; nothing was changed");
    assert!(!output.stderr.contains("maxLength"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_lacks_describe_events_hides_nothing() {
    let fixture = Fixture::new().await;
    fixture.plant(json!({
        "operation": "DescribeEvents", "effect": { "fail": { "code": "AccessDenied", "message": "not you", "status": 403 } },
    }));
    fixture.plant(json!({
        "operation": "CREATE", "resource": "Listener", "times": 1, "effect": { "fail_resource": { "reason": "no such policy" } },
    }));
    let output = fixture.run(&UP).await.exits(3);
    place(&output, "first failure: Listener");
    assert!(fixture.region().region().journal.count("DescribeEvents") > 0, "it was asked for");
    assert!(output.stderr.contains("because: Listener: no such policy"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_describe_events_that_does_not_answer_hides_nothing_and_holds_nothing_up() {
    let unknown = json!({ "fail": { "code": "InvalidAction", "message": "no such action", "status": 400 } });
    for effect in [json!("throttle"), json!("internal_failure"), json!("bad_gateway"), json!("stall"), unknown] {
        let fixture = Fixture::new().await;
        fixture.plant(json!({ "operation": "DescribeEvents", "effect": effect }));
        fixture.plant(json!({
            "operation": "CREATE", "resource": "Listener", "times": 1, "effect": { "fail_resource": { "reason": "no such policy" } },
        }));
        let began = tokio::time::Instant::now();
        let output = fixture.run(&UP).await.exits(3);
        place(&output, "first failure: Listener");
        assert!(output.stderr.contains("because: Listener: no such policy"), "{effect}: {output}");
        assert!(fixture.region().region().journal.count("DescribeEvents") > 0, "{effect}: it was asked for");
        // Three tries of twenty seconds each would be a minute.
        assert!(began.elapsed().as_secs() < 50, "{effect}: {:?}", began.elapsed());
    }
}
