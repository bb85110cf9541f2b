//! What goes wrong on request.

use std::time::Duration;

use dockreg_region::fault::{Effect, Fault};
use serde_json::json;

use crate::signer::{Ask, region};

fn fault(operation: &str, times: u32, effect: Effect) -> Fault {
    let operation = Some(operation.to_owned());
    Fault { service: None, operation, resource: None, after: 0, times: Some(times), effect }
}

fn create(name: &str) -> Ask {
    let body = json!({ "Name": name, "SecretString": "s" });
    Ask::json("secretsmanager", "secretsmanager.CreateSecret", &body)
}

#[tokio::test]
async fn a_throttled_call_is_refused_as_often_as_asked() {
    let running = region().await;
    running.region().plant(fault("DescribeVpcs", 2, Effect::Throttle));
    let ask = Ask::query("ec2", "Action=DescribeVpcs&Version=2016-11-15");
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(ask.answer(&running).await.status);
    }
    assert_eq!(statuses, [503, 503, 200]);
    assert_eq!(running.region().journal.count("DescribeVpcs"), 3);
    assert_eq!(running.region().journal.entries()[0].outcome, "RequestLimitExceeded");
}

#[tokio::test]
async fn a_cut_connection_leaves_the_effect_or_not() {
    let running = region().await;
    let kept = |name: &str| running.region().world(|world| world.secretsmanager.secret(name).is_ok());
    running.region().plant(fault("CreateSecret", 1, Effect::CutBefore));
    assert!(create("before").send(&running).await.is_err());
    assert!(!kept("before"));
    running.region().plant(fault("CreateSecret", 1, Effect::CutAfter));
    assert!(create("after").send(&running).await.is_err());
    assert!(kept("after"));
}

#[tokio::test]
async fn slow_answers_come_and_stalled_ones_do_not() {
    let running = region().await;
    running.region().plant(fault("CreateSecret", 1, Effect::Slow(0.05)));
    let started = std::time::Instant::now();
    assert_eq!(create("slow").answer(&running).await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(50));
    running.region().plant(fault("CreateSecret", 1, Effect::Stall));
    let stalled = tokio::time::timeout(Duration::from_millis(100), create("stalled").answer(&running)).await;
    assert!(stalled.is_err());
}
