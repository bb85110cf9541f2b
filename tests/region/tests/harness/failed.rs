//! Stacks left as they failed: what may go on from there, and how.

use dockreg_region::service::cloudformation::ResourceFault;
use serde_json::{Value, json};

use crate::fixture::{Fixture, deployment, in_this_order};

/// Two paths: First and Second one after the other, Apart by itself.
const BODY: &str = r"
Parameters: {Value: {Type: String, Default: one}, Name: {Type: String, Default: /apart}}
Resources:
  First: {Type: 'AWS::SSM::Parameter', Properties: {Name: /first, Type: String, Value: !Ref Value}}
  Second: {Type: 'AWS::SSM::Parameter', DependsOn: First, Properties: {Name: /second, Type: String, Value: !Ref Value}}
  Apart: {Type: 'AWS::SSM::Parameter', Properties: {Name: !Ref Name, Type: String, Value: !Ref Value}}
";

fn fail(fixture: &Fixture, logical_id: &str, action: &str) {
    let fault = ResourceFault {
        logical_id: logical_id.to_owned(),
        action: action.to_owned(),
        reason: "the test says no".to_owned(),
        times: 1,
    };
    fixture.region.world(|world| world.cloudformation.fail_resource(fault));
}

fn without_rollback(mut input: Value) -> Value {
    input["DisableRollback"] = json!(true);
    input
}

/// A stack whose first creation stopped at First.
async fn half_made(fixture: &Fixture) {
    fail(fixture, "First", "CREATE");
    fixture.ok("CreateStack", without_rollback(deployment("half", BODY, &[]))).await;
    assert_eq!(fixture.settled("half").await, "CREATE_FAILED");
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_its_own_path_alone_when_nothing_is_rolled_back() {
    let fixture = Fixture::new();
    let body = format!("{BODY}  Slow: {{Type: 'AWS::S3::Bucket'}}\n").replace("Apart: {", "Apart: {DependsOn: Slow, ");
    fail(&fixture, "First", "CREATE");
    fixture.ok("CreateStack", without_rollback(deployment("half", &body, &[]))).await;
    assert_eq!(fixture.settled("half").await, "CREATE_FAILED");
    let story = fixture.story("half").await;
    let failed = "half CREATE_FAILED The following resource(s) failed to create: [First].";
    in_this_order(
        &story,
        &["First CREATE_FAILED the test says no", "Slow CREATE_COMPLETE", "Apart CREATE_COMPLETE", failed],
    );
    assert!(!story.iter().any(|line| line.starts_with("Second")), "{story:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_creation_goes_on_without_rollback_or_not_at_all() {
    let fixture = Fixture::new();
    half_made(&fixture).await;
    let refused = fixture.refused("UpdateStack", deployment("half", BODY, &[])).await;
    let words = |api: &str| {
        format!(
            "This stack is currently in a non-terminal [CREATE_FAILED] state. To update the stack from this state, please \
             use the disable-rollback parameter with {api} API. To rollback to the last known good state, use the \
             rollback-stack API"
        )
    };
    assert_eq!(refused, ("ValidationError".to_owned(), words("update-stack")));
    let mut set = deployment("half", BODY, &[]);
    set["ChangeSetName"] = json!("retry");
    let id = crate::fixture::text(&fixture.ok("CreateChangeSet", set).await["Id"]);
    let computed = crate::change_sets::computed(&fixture, &id).await;
    assert_eq!(computed["ExecutionStatus"], "AVAILABLE", "what failed is yet to be added: {computed}");
    let (_, message) = fixture.refused("ExecuteChangeSet", json!({"ChangeSetName": id})).await;
    assert_eq!(message, words("execute-change-set"));
    fixture.ok("ExecuteChangeSet", json!({"ChangeSetName": id, "DisableRollback": true})).await;
    assert_eq!(fixture.settled("half").await, "UPDATE_COMPLETE");
    assert!(fixture.ssm("/first").is_some() && fixture.ssm("/second").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_was_to_do_nothing_cannot_be_updated() {
    let fixture = Fixture::new();
    fail(&fixture, "First", "CREATE");
    let mut input = deployment("still", BODY, &[]);
    input["OnFailure"] = json!("DO_NOTHING");
    fixture.ok("CreateStack", input).await;
    assert_eq!(fixture.settled("still").await, "CREATE_FAILED");
    let (_, message) = fixture.refused("UpdateStack", without_rollback(deployment("still", BODY, &[]))).await;
    assert_eq!(
        message,
        "This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]. Please use \
         disable-rollback option instead during stack creation."
    );
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_was_never_whole_is_rolled_back_to_nothing() {
    let fixture = Fixture::new();
    half_made(&fixture).await;
    fail(&fixture, "First", "CREATE");
    fixture.ok("UpdateStack", without_rollback(deployment("half", BODY, &[("Value", "two")]))).await;
    assert_eq!(fixture.settled("half").await, "UPDATE_FAILED");
    fixture.ok("RollbackStack", json!({"StackName": "half"})).await;
    assert_eq!(fixture.settled("half").await, "ROLLBACK_COMPLETE");
    assert!(fixture.region.world(|world| world.ssm.parameters.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn the_same_update_again_tries_only_what_failed() {
    let fixture = Fixture::new();
    fixture.create("again", BODY, &[]).await;
    fail(&fixture, "First", "UPDATE");
    let update = || without_rollback(deployment("again", BODY, &[("Value", "two")]));
    fixture.ok("UpdateStack", update()).await;
    assert_eq!(fixture.settled("again").await, "UPDATE_FAILED");
    let before = fixture.story("again").await.len();
    fixture.ok("UpdateStack", update()).await;
    assert_eq!(fixture.settled("again").await, "UPDATE_COMPLETE");
    let story = fixture.story("again").await.split_off(before);
    in_this_order(&story, &["First UPDATE_COMPLETE", "Second UPDATE_COMPLETE", "again UPDATE_COMPLETE"]);
    assert!(!story.iter().any(|line| line.starts_with("Apart")), "{story:?}");

    // Even when all that is left to do is what failed.
    fail(&fixture, "Second", "UPDATE");
    let update = || without_rollback(deployment("again", BODY, &[("Value", "three")]));
    fixture.ok("UpdateStack", update()).await;
    assert_eq!(fixture.settled("again").await, "UPDATE_FAILED");
    fixture.ok("UpdateStack", update()).await;
    assert_eq!(fixture.settled("again").await, "UPDATE_COMPLETE");
    assert_eq!(fixture.ssm("/second").as_deref(), Some("three"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_replaced_without_a_way_back() {
    let fixture = Fixture::new();
    fixture.create("fixed", BODY, &[]).await;
    fixture.ok("UpdateStack", without_rollback(deployment("fixed", BODY, &[("Name", "/elsewhere")]))).await;
    assert_eq!(fixture.settled("fixed").await, "UPDATE_FAILED");
    let said = "Apart UPDATE_FAILED Replacement type updates not supported on stack with disable-rollback.";
    in_this_order(&fixture.story("fixed").await, &[said]);
    let (_, message) = fixture.refused("RollbackStack", json!({"StackName": "nope"})).await;
    assert_eq!(message, "Stack [nope] does not exist");
    fixture.ok("RollbackStack", json!({"StackName": "fixed"})).await;
    assert_eq!(fixture.settled("fixed").await, "UPDATE_ROLLBACK_COMPLETE");
    let (code, message) = fixture.refused("RollbackStack", json!({"StackName": "fixed"})).await;
    assert_eq!(code, "ValidationError");
    assert!(message.contains("is in UPDATE_ROLLBACK_COMPLETE state"), "{message}");
}
