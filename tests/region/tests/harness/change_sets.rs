//! Change sets: what they show, when they fail, when they are overtaken.

use dockreg_region::service::cloudformation::ResourceFault;
use serde_json::{Value, json};

use crate::fixture::{Fixture, deployment, text};

const BODY: &str = r"
Parameters:
  Value: {Type: String, Default: one}
  Name: {Type: String, Default: /second}
Resources:
  First: {Type: 'AWS::SSM::Parameter', Properties: {Name: /first, Type: String, Value: !Ref Value}}
  Second: {Type: 'AWS::SSM::Parameter', Properties: {Name: !Ref Name, Type: String, Value: two}}
  Third: {Type: 'AWS::SSM::Parameter', Properties: {Name: /third, Type: String, Value: !Ref Second}}
";

async fn propose(fixture: &Fixture, name: &str, kind: &str, parameters: &[(&str, &str)]) -> Value {
    let mut input = deployment("stack", BODY, parameters);
    input["ChangeSetName"] = json!(name);
    input["ChangeSetType"] = json!(kind);
    let id = text(&fixture.ok("CreateChangeSet", input).await["Id"]);
    computed(fixture, &id).await
}

/// The change set once it is computed or has failed.
pub async fn computed(fixture: &Fixture, id: &str) -> Value {
    fixture
        .until("the change set", async || {
            let described = json!({"ChangeSetName": id, "IncludePropertyValues": true});
            let change_set = fixture.ok("DescribeChangeSet", described).await;
            ["FAILED", "CREATE_COMPLETE"].contains(&text(&change_set["Status"]).as_str()).then_some(change_set)
        })
        .await
}

fn change<'a>(change_set: &'a Value, logical_id: &str) -> &'a Value {
    let mut changes = change_set["Changes"].as_array().into_iter().flatten();
    let found = changes.find(|change| change["ResourceChange"]["LogicalResourceId"] == logical_id);
    found.map_or(&Value::Null, |change| &change["ResourceChange"])
}

#[tokio::test(start_paused = true)]
async fn a_new_name_waits_in_review_until_the_set_is_executed() {
    let fixture = Fixture::new();
    let change_set = propose(&fixture, "new", "CREATE", &[]).await;
    assert_eq!(change_set["ExecutionStatus"], "AVAILABLE");
    assert_eq!(change(&change_set, "First")["Action"], "Add");
    assert_eq!(change_set["Changes"].as_array().map(Vec::len), Some(3));
    let stack = fixture.stack("stack").await;
    assert_eq!(stack["StackStatus"], "REVIEW_IN_PROGRESS");
    let (_, message) = fixture.refused("UpdateStack", deployment("stack", BODY, &[])).await;
    assert!(message.ends_with("is in REVIEW_IN_PROGRESS state and can not be updated."), "{message}");
    let id = text(&stack["StackId"]);
    fixture.ok("ExecuteChangeSet", json!({"StackName": "stack", "ChangeSetName": "new"})).await;
    assert_eq!(fixture.settled("stack").await, "CREATE_COMPLETE");
    assert_eq!(text(&fixture.stack("stack").await["StackId"]), id, "the stack in review is the stack made");
    let described = fixture.ok("DescribeChangeSet", json!({"StackName": "stack", "ChangeSetName": "new"})).await;
    assert_eq!(described["ExecutionStatus"], "EXECUTE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn declining_leaves_an_empty_stack_that_can_be_deleted() {
    let fixture = Fixture::new();
    propose(&fixture, "no", "CREATE", &[]).await;
    fixture.ok("DeleteChangeSet", json!({"StackName": "stack", "ChangeSetName": "no"})).await;
    assert_eq!(fixture.stack("stack").await["StackStatus"], "REVIEW_IN_PROGRESS");
    fixture.ok("DeleteStack", json!({"StackName": "stack"})).await;
    let (_, message) = fixture.refused("DescribeStacks", json!({"StackName": "stack"})).await;
    assert_eq!(message, "Stack with id stack does not exist");
}

#[tokio::test(start_paused = true)]
async fn before_and_after_are_shown_property_by_property() {
    let fixture = Fixture::new();
    fixture.create("stack", BODY, &[]).await;
    let change_set = propose(&fixture, "change", "UPDATE", &[("Value", "uno"), ("Name", "/zweiter")]).await;

    let first = change(&change_set, "First");
    assert_eq!((first["Action"].as_str(), first["Replacement"].as_str()), (Some("Modify"), Some("False")));
    let target = &first["Details"][0]["Target"];
    assert_eq!(target["Path"], "/Properties/Value");
    assert_eq!((target["BeforeValue"].as_str(), target["AfterValue"].as_str()), (Some("one"), Some("uno")));
    assert_eq!(first["Details"][1]["CausingEntity"], "Value");
    assert!(text(&first["BeforeContext"]).contains("\"Value\":\"one\""));

    let second = change(&change_set, "Second");
    assert_eq!(second["Replacement"], "True");
    assert_eq!(second["PolicyAction"], "ReplaceAndDelete");
    assert_eq!(second["Details"][0]["Target"]["RequiresRecreation"], "Always");

    let third = change(&change_set, "Third");
    assert_eq!(third["Details"][0]["Target"]["AfterValue"], "{{changeSet:KNOWN_AFTER_APPLY}}");
    assert_eq!(third["Details"][1]["ChangeSource"], "ResourceReference");

    let without = fixture.ok("DescribeChangeSet", json!({"StackName": "stack", "ChangeSetName": "change"})).await;
    assert!(!without.to_string().contains("BeforeValue"), "values only on request");

    fixture.ok("ExecuteChangeSet", json!({"StackName": "stack", "ChangeSetName": "change"})).await;
    assert_eq!(fixture.settled("stack").await, "UPDATE_COMPLETE");
    assert_eq!(fixture.ssm("/third").as_deref(), Some("/zweiter"));
}

#[tokio::test(start_paused = true)]
async fn no_change_is_a_failed_set_with_its_reason() {
    let fixture = Fixture::new();
    fixture.create("stack", BODY, &[]).await;
    let change_set = propose(&fixture, "same", "UPDATE", &[]).await;
    assert_eq!(
        (change_set["Status"].as_str(), change_set["ExecutionStatus"].as_str()),
        (Some("FAILED"), Some("UNAVAILABLE"))
    );
    assert_eq!(
        change_set["StatusReason"],
        "The submitted information didn't contain changes. Submit different information to create a change set."
    );
    let (code, message) =
        fixture.refused("ExecuteChangeSet", json!({"StackName": "stack", "ChangeSetName": "same"})).await;
    assert_eq!(code, "InvalidChangeSetStatus");
    assert!(message.ends_with("cannot be executed in its current status of [FAILED]"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_set_that_was_overtaken_cannot_be_executed() {
    let fixture = Fixture::new();
    fixture.create("stack", BODY, &[]).await;
    propose(&fixture, "late", "UPDATE", &[("Value", "uno")]).await;
    assert_eq!(fixture.update("stack", BODY, &[("Value", "due")]).await, "UPDATE_COMPLETE");
    let (code, message) =
        fixture.refused("ExecuteChangeSet", json!({"StackName": "stack", "ChangeSetName": "late"})).await;
    assert_eq!(code, "InvalidChangeSetStatus");
    assert!(message.ends_with("cannot be executed in its current execution status of [OBSOLETE]"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_set_that_was_overtaken_while_it_was_computed_cannot_be_executed_either() {
    let fixture = Fixture::new();
    fixture.create("stack", BODY, &[]).await;
    let mut input = deployment("stack", BODY, &[("Value", "uno")]);
    input["ChangeSetName"] = json!("late");
    let id = text(&fixture.ok("CreateChangeSet", input).await["Id"]);
    fixture.ok("UpdateStack", deployment("stack", BODY, &[("Value", "due")])).await;
    assert_eq!(computed(&fixture, &id).await["ExecutionStatus"], "OBSOLETE");
    fixture.settled("stack").await;
    let (_, message) = fixture.refused("ExecuteChangeSet", json!({"ChangeSetName": id})).await;
    assert!(message.ends_with("cannot be executed in its current execution status of [OBSOLETE]"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_set_is_executed_once_and_takes_the_others_with_it() {
    let fixture = Fixture::new();
    fixture.create("stack", BODY, &[]).await;
    let first = text(&propose(&fixture, "first", "UPDATE", &[("Value", "uno")]).await["ChangeSetId"]);
    let second = text(&propose(&fixture, "second", "UPDATE", &[("Value", "due")]).await["ChangeSetId"]);
    let mut again = deployment("stack", BODY, &[("Value", "tre")]);
    again["ChangeSetName"] = json!("first");
    let refused = fixture.refused("CreateChangeSet", again).await;
    let mismatch = "ChangeSet first cannot be created due to a mismatch with existing attribute Template";
    assert_eq!(refused, ("AlreadyExistsException".to_owned(), mismatch.to_owned()));
    fixture.ok("ExecuteChangeSet", json!({"ChangeSetName": first})).await;
    let (code, message) = fixture.refused("ExecuteChangeSet", json!({"ChangeSetName": first})).await;
    assert_eq!(code, "InvalidChangeSetStatus");
    assert!(message.starts_with(&format!("ChangeSet [{first}] cannot be executed in its current")), "{message}");
    let (code, message) = fixture.refused("DeleteChangeSet", json!({"ChangeSetName": first})).await;
    assert_eq!(code, "InvalidChangeSetStatus");
    assert!(message.contains("[EXECUTE_IN_PROGRESS]"), "{message}");
    assert_eq!(fixture.settled("stack").await, "UPDATE_COMPLETE");
    let (code, message) = fixture.refused("ExecuteChangeSet", json!({"ChangeSetName": first})).await;
    assert_eq!(code, "InvalidChangeSetStatus");
    assert!(message.ends_with("execution status of [EXECUTE_COMPLETE]"), "{message}");
    for operation in ["DescribeChangeSet", "ExecuteChangeSet"] {
        let refused = fixture.refused(operation, json!({"ChangeSetName": second})).await;
        assert_eq!(refused, ("ChangeSetNotFound".to_owned(), format!("ChangeSet [{second}] does not exist")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_cannot_be_executed_while_the_stack_is_busy() {
    let fixture = Fixture::new();
    fixture.create("stack", BODY, &[]).await;
    let set = propose(&fixture, "set", "UPDATE", &[("Value", "uno")]).await;
    fixture.ok("DeleteStack", json!({"StackName": "stack"})).await;
    let (code, _) = fixture.refused("ExecuteChangeSet", json!({"ChangeSetName": set["ChangeSetId"]})).await;
    assert_eq!(code, "ChangeSetNotFound", "a delete takes the change sets with it");
    let mut input = deployment("stack", BODY, &[("Value", "due")]);
    input["ChangeSetName"] = json!("busy");
    let (_, message) = fixture.refused("CreateChangeSet", input).await;
    assert!(message.ends_with("is in DELETE_IN_PROGRESS state and can not be updated."), "{message}");
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_failure_is_said_once_and_deletes_only_what_is_new() {
    let fixture = Fixture::new();
    fixture.create("stack", BODY, &[]).await;
    let new = BODY.replace("/first", "/new/first").replace("/third", "/new/third");
    let with = |kind: &str, on_failure: &str| {
        let (name, body) = if kind == "CREATE" { ("new", new.as_str()) } else { ("stack", BODY) };
        let mut input = deployment(name, body, &[("Name", "/x")]);
        input["ChangeSetName"] = json!("c");
        input["ChangeSetType"] = json!(kind);
        input["OnStackFailure"] = json!(on_failure);
        input
    };
    let (code, message) = fixture.refused("CreateChangeSet", with("UPDATE", "DELETE")).await;
    assert!(code == "ValidationError" && message.contains("CREATE"), "{message}");
    let id = text(&fixture.ok("CreateChangeSet", with("CREATE", "DELETE")).await["Id"]);
    computed(&fixture, &id).await;
    let both = json!({"ChangeSetName": id, "DisableRollback": false});
    let (code, message) = fixture.refused("ExecuteChangeSet", both).await;
    assert!(code == "ValidationError" && message.contains("OnStackFailure"), "{message}");
    let fault = ResourceFault {
        logical_id: "Third".to_owned(),
        action: "CREATE".to_owned(),
        reason: "the test says no".to_owned(),
        times: 1,
    };
    fixture.region.world(|world| world.cloudformation.fail_resource(fault));
    let stack = text(&fixture.stack("new").await["StackId"]);
    fixture.ok("ExecuteChangeSet", json!({"ChangeSetName": id})).await;
    assert_eq!(fixture.settled(&stack).await, "DELETE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn wrong_properties_fail_the_set_with_their_place() {
    let fixture = Fixture::new();
    let mut input = deployment("stack", &BODY.replace("Value: two", "Value: two, Colour: red"), &[]);
    input["ChangeSetName"] = json!("wrong");
    input["ChangeSetType"] = json!("CREATE");
    let id = text(&fixture.ok("CreateChangeSet", input).await["Id"]);
    let described = computed(&fixture, &id).await;
    assert_eq!(described["Status"], "FAILED");
    let events = fixture.ok("DescribeEvents", json!({"ChangeSetName": id, "Filters": {"FailedEvents": true}})).await;
    let event = &events["OperationEvents"][0];
    assert_eq!(event["EventType"], "VALIDATION_ERROR");
    assert_eq!(event["LogicalResourceId"], "Second");
    assert_eq!(event["ValidationStatusReason"], "#: extraneous key [Colour] is not permitted");
}
