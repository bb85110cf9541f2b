//! Reports to wait condition handles, as any HTTP client makes them: `curl -T` to a URL that is its own key.

use std::time::Duration;

use dockreg_region::Running;
use dockreg_region::service::{Call, Principal, dispatch};
use serde_json::{Value, json};

use crate::signer::{Answer, region, send};

const GATE: &str = "
Resources:
  Handle: {Type: 'AWS::CloudFormation::WaitConditionHandle'}
  Gate: {Type: 'AWS::CloudFormation::WaitCondition', Properties: {Handle: !Ref Handle, Timeout: '3600', Count: 2}}
Outputs:
  Data: {Value: !GetAtt Gate.Data}
";

async fn call(running: &Running, operation: &str, input: Value) -> Value {
    let region = running.region();
    let principal = Principal::Operator { arn: region.global_arn("iam", "user/operator") };
    let call = Call { service: "cloudformation", operation: operation.to_owned(), input, principal };
    dispatch(&region, call).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
}

/// Asks until there is an answer.
async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    loop {
        ticks.tick().await;
        if let Some(found) = look().await {
            return found;
        }
    }
}

/// Begins a stack and gives its handle's URL.
async fn gate(running: &Running) -> String {
    call(running, "CreateStack", json!({"StackName": "gate", "TemplateBody": GATE})).await;
    until(async || {
        let resources = call(running, "DescribeStackResources", json!({"StackName": "gate"})).await;
        let mut resources = resources["StackResources"].as_array().cloned().unwrap_or_default().into_iter();
        let handle = resources.find(|one| one["LogicalResourceId"] == "Handle")?;
        handle["PhysicalResourceId"].as_str().map(str::to_owned)
    })
    .await
}

async fn put(running: &Running, url: &str, report: &Value) -> Answer {
    let (host, path) = url.trim_start_matches("https://").split_once('/').expect("host and path");
    let headers = vec![("host".to_owned(), host.to_owned())];
    let address = running.endpoint().replace("http://", "");
    let body = report.to_string().into_bytes();
    send(&address, "PUT", &format!("/{path}"), headers, body).await.expect("an answer")
}

async fn settled(running: &Running) -> Value {
    until(async || {
        let stack = call(running, "DescribeStacks", json!({"StackName": "gate"})).await["Stacks"][0].clone();
        (!stack["StackStatus"].as_str()?.ends_with("_IN_PROGRESS")).then_some(stack)
    })
    .await
}

#[tokio::test]
async fn who_holds_the_url_may_report_and_nobody_else() {
    let running = region().await;
    let url = gate(&running).await;
    let report =
        |id: &str| json!({"Status": "SUCCESS", "UniqueId": id, "Data": format!("{id} is up"), "Reason": "fine"});
    let (path, signature) = url.split_once("X-Amz-Signature=").expect("signed");
    let forged = put(&running, &format!("{path}X-Amz-Signature={}", "0".repeat(signature.len())), &report("x")).await;
    assert_eq!(forged.status, 403);
    assert!(forged.body.contains("<Code>SignatureDoesNotMatch</Code>"), "{}", forged.body);
    // The same one again is no second one.
    for id in ["one", "one", "two"] {
        assert_eq!(put(&running, &url, &report(id)).await.status, 200);
    }
    let stack = settled(&running).await;
    assert_eq!(stack["StackStatus"], "CREATE_COMPLETE");
    assert_eq!(stack["Outputs"][0]["OutputValue"], r#"{"one":"one is up","two":"two is up"}"#);
}

#[tokio::test]
async fn one_failure_is_enough() {
    let running = region().await;
    let url = gate(&running).await;
    let report = json!({"Status": "FAILURE", "UniqueId": "one", "Data": "", "Reason": "no disk"});
    assert_eq!(put(&running, &url, &report).await.status, 200);
    assert_eq!(settled(&running).await["StackStatus"], "ROLLBACK_COMPLETE");
    let events = call(&running, "DescribeStackEvents", json!({"StackName": "gate"})).await.to_string();
    assert!(events.contains("WaitCondition received failed message: 'no disk' for uniqueId: one"), "{events}");
}
