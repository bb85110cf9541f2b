//! DescribeEvents: operations and what happened in them, by stack, by operation, by change set.

use dockreg_region::service::cloudformation::ResourceFault;
use serde_json::{Value, json};

use crate::change_sets::computed;
use crate::fixture::{Fixture, deployment, text};

const BODY: &str = r"
Parameters: {Value: {Type: String, Default: one}}
Resources:
  First: {Type: 'AWS::SSM::Parameter', Properties: {Name: /first, Type: String, Value: !Ref Value}}
  Second: {Type: 'AWS::SSM::Parameter', DependsOn: First, Properties: {Name: /second, Type: String, Value: !Ref Value}}
";

async fn events(fixture: &Fixture, input: Value) -> Vec<Value> {
    let answer = fixture.ok("DescribeEvents", input).await;
    answer["OperationEvents"].as_array().cloned().unwrap_or_default()
}

/// Events as `TYPE OPERATION WHAT`, as they come.
fn told(events: &[Value]) -> Vec<String> {
    let line = |event: &Value| {
        let what = match event["LogicalResourceId"].as_str() {
            Some(id) => format!("{id} {}", text(&event["ResourceStatus"])),
            None => text(&event["OperationStatus"]),
        };
        format!("{} {} {what}", text(&event["EventType"]), text(&event["OperationType"]))
    };
    events.iter().map(line).collect()
}

async fn failed_update(fixture: &Fixture) -> Value {
    fixture.create("s", BODY, &[]).await;
    let fault = ResourceFault {
        logical_id: "Second".to_owned(),
        action: "UPDATE".to_owned(),
        reason: "the test says no".to_owned(),
        times: 1,
    };
    fixture.region.world(|world| world.cloudformation.fail_resource(fault));
    let update = fixture.ok("UpdateStack", deployment("s", BODY, &[("Value", "two")])).await;
    assert_eq!(fixture.settled("s").await, "UPDATE_ROLLBACK_COMPLETE");
    update
}

#[tokio::test(start_paused = true)]
async fn each_operation_has_its_own_events_and_a_rollback_is_one_of_its_own() {
    let fixture = Fixture::new();
    let update = failed_update(&fixture).await;
    let operations = fixture.stack("s").await["LastOperations"].clone();
    let kinds: Vec<String> =
        operations.as_array().into_iter().flatten().map(|one| text(&one["OperationType"])).collect();
    assert_eq!(kinds, ["ROLLBACK", "UPDATE_STACK", "CREATE_STACK"], "the latest first");
    assert_eq!(operations[1]["OperationId"], update["OperationId"]);

    let forward = events(&fixture, json!({"OperationId": update["OperationId"]})).await;
    assert_eq!(
        told(&forward),
        [
            "STACK_EVENT UPDATE_STACK FAILED",
            "PROVISIONING_ERROR UPDATE_STACK Second UPDATE_FAILED",
            "PROGRESS_EVENT UPDATE_STACK Second UPDATE_IN_PROGRESS",
            "PROGRESS_EVENT UPDATE_STACK First UPDATE_COMPLETE",
            "PROGRESS_EVENT UPDATE_STACK First UPDATE_IN_PROGRESS",
            "STACK_EVENT UPDATE_STACK IN_PROGRESS",
        ]
    );
    assert_eq!(forward[1]["ResourceStatusReason"], "the test says no");
    let back = events(&fixture, json!({"StackName": "s", "OperationId": operations[0]["OperationId"]})).await;
    assert_eq!(told(&back)[0], "STACK_EVENT ROLLBACK SUCCEEDED");
    assert!(back.iter().all(|event| event["OperationId"] == operations[0]["OperationId"]));
}

#[tokio::test(start_paused = true)]
async fn failures_alone_are_shown_on_request() {
    let fixture = Fixture::new();
    failed_update(&fixture).await;
    let failures = events(&fixture, json!({"StackName": "s", "Filters": {"FailedEvents": true}})).await;
    let expected = ["STACK_EVENT UPDATE_STACK FAILED", "PROVISIONING_ERROR UPDATE_STACK Second UPDATE_FAILED"];
    assert_eq!(told(&failures), expected);
    let all = events(&fixture, json!({"StackName": "s", "Filters": {"FailedEvents": false}})).await;
    assert!(all.len() > 10, "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_change_sets_mistakes_are_found_by_its_arn() {
    let fixture = Fixture::new();
    fixture.create("s", BODY, &[]).await;
    let mut input = deployment("s", &BODY.replace("Name: /second", "Name: /second, Colour: red"), &[]);
    input["ChangeSetName"] = json!("wrong");
    let id = text(&fixture.ok("CreateChangeSet", input).await["Id"]);
    assert_eq!(computed(&fixture, &id).await["Status"], "FAILED");
    let found = events(&fixture, json!({"ChangeSetName": id})).await;
    assert_eq!(told(&found), ["VALIDATION_ERROR CREATE_CHANGESET Second "]);
    assert_eq!(found[0]["ValidationName"], "PROPERTY_VALIDATION");
    assert_eq!(found[0]["ValidationStatus"], "FAILED");
    assert_eq!(found[0]["ValidationPath"], "/Resources/Second/Properties");
    assert!(
        !told(&events(&fixture, json!({"StackName": "s"})).await).iter().any(|line| line.starts_with("VALIDATION"))
    );
}

#[tokio::test(start_paused = true)]
async fn events_come_in_pages_of_a_hundred_and_none_twice() {
    let fixture = Fixture::new();
    let resources: String = (0..40)
        .map(|n| format!("  P{n}: {{Type: 'AWS::SSM::Parameter', Properties: {{Type: String, Value: x}}}}\n"))
        .collect();
    assert_eq!(fixture.create("many", &format!("Resources:\n{resources}"), &[]).await, "CREATE_COMPLETE");
    for (operation, list) in [("DescribeStackEvents", "StackEvents"), ("DescribeEvents", "OperationEvents")] {
        let first = fixture.ok(operation, json!({"StackName": "many"})).await;
        let second = fixture.ok(operation, json!({"StackName": "many", "NextToken": first["NextToken"]})).await;
        assert_eq!((first[list].as_array().map(Vec::len), second.get("NextToken")), (Some(100), None), "{operation}");
        let all: Vec<&Value> =
            [&first, &second].into_iter().filter_map(|page| page[list].as_array()).flatten().collect();
        let ids: std::collections::BTreeSet<String> = all.iter().map(|event| text(&event["EventId"])).collect();
        assert_eq!((all.len(), ids.len()), (122, 122), "{operation}");
        let times: Vec<f64> = all.iter().filter_map(|event| event["Timestamp"].as_f64()).collect();
        assert!(times.is_sorted_by(|one, next| one >= next), "{operation}: newest first");
        let wrong = json!({"StackName": "many", "NextToken": "no-such-page"});
        assert_eq!(fixture.refused(operation, wrong).await.0, "ValidationError");
    }
}

#[tokio::test(start_paused = true)]
async fn something_must_be_named_and_must_exist() {
    let fixture = Fixture::new();
    for (input, code) in [
        (json!({}), "ValidationError"),
        (json!({"StackName": "nope"}), "ValidationError"),
        (json!({"OperationId": "00000000-0000-0000-0000-000000000000"}), "ValidationError"),
        (json!({"ChangeSetName": fixture.region.arn("cloudformation", "changeSet/c/1")}), "ChangeSetNotFound"),
    ] {
        assert_eq!(fixture.refused("DescribeEvents", input).await.0, code);
    }
}
