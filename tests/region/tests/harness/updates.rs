//! Updating stacks: nothing, in place, by replacement, and back again.

use dockreg_region::service::cloudformation::ResourceFault;
use serde_json::json;

use crate::fixture::{Fixture, deployment, in_this_order, text};

/// Parameter `Value` changes First in place; `Name` replaces Second; `More` adds and removes Third.
const BODY: &str = r"
Parameters:
  Value: {Type: String, Default: one}
  Name: {Type: String, Default: /second}
  More: {Type: String, Default: 'no', AllowedValues: ['no', 'yes']}
Conditions:
  HasMore: !Equals [!Ref More, 'yes']
Resources:
  First: {Type: 'AWS::SSM::Parameter', Properties: {Name: /first, Type: String, Value: !Ref Value}}
  Second: {Type: 'AWS::SSM::Parameter', Properties: {Name: !Ref Name, Type: String, Value: two}}
  Third:
    Type: AWS::SSM::Parameter
    Condition: HasMore
    Properties: {Name: /third, Type: String, Value: !Sub '${Second}'}
Outputs:
  Second: {Value: !Ref Second}
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

#[tokio::test(start_paused = true)]
async fn the_same_again_is_refused() {
    let fixture = Fixture::new();
    fixture.create("same", BODY, &[]).await;
    let (code, message) = fixture.refused("UpdateStack", deployment("same", BODY, &[("Value", "PREVIOUS")])).await;
    assert_eq!((code.as_str(), message.as_str()), ("ValidationError", "No updates are to be performed."));
    // Neither a description nor a default that nobody takes is a change.
    let described = format!("Description: another\n{}", BODY.replace("Default: one", "Default: uno"));
    let (_, message) = fixture.refused("UpdateStack", deployment("same", &described, &[("Value", "PREVIOUS")])).await;
    assert_eq!(message, "No updates are to be performed.");
}

#[tokio::test(start_paused = true)]
async fn changes_happen_in_place_by_replacement_and_by_removal() {
    let fixture = Fixture::new();
    fixture.create("moves", BODY, &[("More", "yes")]).await;
    let status = fixture.update("moves", BODY, &[("Value", "uno"), ("Name", "/zweiter")]).await;
    assert_eq!(status, "UPDATE_COMPLETE");
    assert_eq!(fixture.ssm("/first").as_deref(), Some("uno"));
    assert_eq!(fixture.output("moves", "Second").await.as_deref(), Some("/zweiter"));
    assert_eq!((fixture.ssm("/second"), fixture.ssm("/third")), (None, None));
    in_this_order(
        &fixture.story("moves").await,
        &[
            "moves UPDATE_IN_PROGRESS User Initiated",
            "Second UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating \
             one.",
            "Second UPDATE_COMPLETE",
            "moves UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "Second DELETE_COMPLETE",
            "Third DELETE_COMPLETE",
            "moves UPDATE_COMPLETE",
        ],
    );
    let listed = fixture.ok("ListStackResources", json!({"StackName": "moves"})).await;
    assert_eq!(listed["StackResourceSummaries"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_retained_stays_when_it_is_replaced_or_removed() {
    let fixture = Fixture::new();
    let body = BODY.replace(
        "Properties: {Name: !Ref Name",
        "DeletionPolicy: Retain, UpdateReplacePolicy: Retain, Properties: {Name: !Ref Name",
    );
    fixture.create("keeps", &body, &[]).await;
    assert_eq!(fixture.update("keeps", &body, &[("Name", "/zweiter")]).await, "UPDATE_COMPLETE");
    assert!(fixture.ssm("/second").is_some() && fixture.ssm("/zweiter").is_some());
    let first_only: String = body
        .lines()
        .filter(|line| !line.contains("Second") && !line.contains("Outputs"))
        .fold(String::new(), |text, line| text + line + "\n");
    let first_only = first_only.split("  Third:").next().unwrap_or_default().to_owned();
    assert_eq!(fixture.update("keeps", &first_only, &[]).await, "UPDATE_COMPLETE");
    assert!(fixture.story("keeps").await.contains(&"Second DELETE_SKIPPED".to_owned()));
    assert!(fixture.ssm("/zweiter").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_resource_keeps_its_type_for_life() {
    let fixture = Fixture::new();
    fixture.create("typed", BODY, &[]).await;
    let body = BODY.replace(
        "First: {Type: 'AWS::SSM::Parameter', Properties: {Name: /first, Type: String, Value: !Ref Value}}",
        "First: {Type: 'AWS::S3::Bucket'}",
    );
    let (_, message) = fixture.refused("UpdateStack", deployment("typed", &body, &[])).await;
    assert_eq!(
        message,
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: \
         [First]"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_goes_back_to_what_was() {
    let fixture = Fixture::new();
    fixture.create("back", BODY, &[]).await;
    fail(&fixture, "Third", "CREATE");
    let status = fixture.update("back", BODY, &[("Value", "uno"), ("Name", "/zweiter"), ("More", "yes")]).await;
    assert_eq!(status, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(fixture.ssm("/first").as_deref(), Some("one"));
    assert_eq!((fixture.ssm("/second").is_some(), fixture.ssm("/zweiter").is_some()), (true, false));
    assert_eq!(fixture.output("back", "Second").await.as_deref(), Some("/second"));
    let parameters = fixture.stack("back").await["Parameters"].clone();
    assert_eq!(parameters[0]["ParameterValue"], "one", "the parameters are the old ones again");
    in_this_order(
        &fixture.story("back").await,
        &[
            "Third CREATE_FAILED the test says no",
            "back UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Third].",
            "Second UPDATE_COMPLETE",
            "back UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "Second DELETE_COMPLETE",
            "back UPDATE_ROLLBACK_COMPLETE",
        ],
    );
    // And the stack can be updated again.
    assert_eq!(fixture.update("back", BODY, &[("Value", "uno")]).await, "UPDATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_fails_can_be_continued_without_the_culprit() {
    let fixture = Fixture::new();
    fixture.create("stuck", BODY, &[]).await;
    fail(&fixture, "Third", "CREATE");
    fixture.ok("UpdateStack", deployment("stuck", BODY, &[("Value", "uno"), ("More", "yes")])).await;
    // The update of First goes well, the way back does not.
    fixture.until("First is updated", async || fixture.ssm("/first").filter(|value| value == "uno")).await;
    fail(&fixture, "First", "UPDATE");
    assert_eq!(fixture.settled("stuck").await, "UPDATE_ROLLBACK_FAILED");
    let (_, message) = fixture.refused("UpdateStack", deployment("stuck", BODY, &[])).await;
    assert!(message.ends_with("is in UPDATE_ROLLBACK_FAILED state and can not be updated."), "{message}");
    let (_, message) =
        fixture.refused("ContinueUpdateRollback", json!({"StackName": "stuck", "ResourcesToSkip": ["Second"]})).await;
    assert!(message.contains("UPDATE_FAILED"), "{message}");
    let (_, message) = fixture.refused("RollbackStack", json!({"StackName": "stuck"})).await;
    assert!(message.contains("is in UPDATE_ROLLBACK_FAILED state"), "{message}");
    fixture.ok("ContinueUpdateRollback", json!({"StackName": "stuck", "ResourcesToSkip": ["First"]})).await;
    assert_eq!(fixture.settled("stuck").await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(fixture.ssm("/first").as_deref(), Some("uno"), "a skipped resource stays as it is");
}

#[tokio::test(start_paused = true)]
async fn only_what_the_rollback_itself_could_not_bring_back_can_be_skipped() {
    let fixture = Fixture::new();
    let body = "
Parameters: {Value: {Type: String, Default: one}}
Resources:
  First: {Type: 'AWS::SSM::Parameter', Properties: {Name: /first, Type: String, Value: !Ref Value}}
  Second: {Type: 'AWS::SSM::Parameter', DependsOn: First, Properties: {Name: /second, Type: String, Value: !Ref Value}}
";
    fixture.create("stuck", body, &[]).await;
    fail(&fixture, "Second", "UPDATE");
    fixture.ok("UpdateStack", deployment("stuck", body, &[("Value", "two")])).await;
    fixture.until("First is updated", async || fixture.ssm("/first").filter(|value| value == "two")).await;
    fixture.until_told("stuck", "First UPDATE_COMPLETE").await;
    fail(&fixture, "First", "UPDATE");
    assert_eq!(fixture.settled("stuck").await, "UPDATE_ROLLBACK_FAILED");
    let resources = fixture.ok("DescribeStackResources", json!({"StackName": "stuck"})).await["StackResources"].clone();
    let statuses = (text(&resources[0]["ResourceStatus"]), text(&resources[1]["ResourceStatus"]));
    assert_eq!(statuses, ("UPDATE_FAILED".to_owned(), "UPDATE_FAILED".to_owned()), "both failed, on different ways");
    let skip = |id: &str| json!({"StackName": "stuck", "ResourcesToSkip": [id]});
    let (code, message) = fixture.refused("ContinueUpdateRollback", skip("Second")).await;
    assert!(code == "ValidationError" && message.contains("because a rollback failed"), "{message}");
    fixture.ok("ContinueUpdateRollback", skip("First")).await;
    assert_eq!(fixture.settled("stuck").await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!((fixture.ssm("/first").as_deref(), fixture.ssm("/second").as_deref()), (Some("two"), Some("one")));
    let (code, message) = fixture.refused("ContinueUpdateRollback", skip("First")).await;
    assert!(code == "ValidationError" && message.contains("UPDATE_ROLLBACK_COMPLETE"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_update_past_its_last_resource_can_no_longer_be_cancelled() {
    let fixture = Fixture::new();
    fixture.create("done", BODY, &[("More", "yes")]).await;
    fixture.ok("UpdateStack", deployment("done", BODY, &[])).await;
    fixture.until_told("done", "done UPDATE_COMPLETE_CLEANUP_IN_PROGRESS").await;
    let refused = fixture.refused("CancelUpdateStack", json!({"StackName": "done"})).await;
    let words = "CancelUpdateStack cannot be called from current stack status";
    assert_eq!(refused, ("ValidationError".to_owned(), words.to_owned()));
    assert_eq!(fixture.settled("done").await, "UPDATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn an_update_can_be_left_as_it_failed_and_rolled_back_later() {
    let fixture = Fixture::new();
    fixture.create("left", BODY, &[]).await;
    fail(&fixture, "Second", "CREATE");
    let mut input = deployment("left", BODY, &[("Value", "uno"), ("Name", "/zweiter")]);
    input["DisableRollback"] = json!(true);
    fixture.ok("UpdateStack", input).await;
    assert_eq!(fixture.settled("left").await, "UPDATE_FAILED");
    fixture.ok("RollbackStack", json!({"StackName": "left"})).await;
    assert_eq!(fixture.settled("left").await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(fixture.ssm("/first").as_deref(), Some("one"));
}

#[tokio::test(start_paused = true)]
async fn an_update_under_way_can_be_cancelled_and_nothing_else_begins() {
    let fixture = Fixture::new();
    fixture.create("busy", BODY, &[]).await;
    let (_, message) = fixture.refused("CancelUpdateStack", json!({"StackName": "busy"})).await;
    assert_eq!(message, "CancelUpdateStack cannot be called from current stack status");
    fixture.ok("UpdateStack", deployment("busy", BODY, &[("Value", "uno")])).await;
    let id = text(&fixture.stack("busy").await["StackId"]);
    let (_, message) = fixture.refused("UpdateStack", deployment("busy", BODY, &[])).await;
    assert_eq!(message, format!("Stack:{id} is in UPDATE_IN_PROGRESS state and can not be updated."));
    let (_, message) = fixture.refused("DeleteStack", json!({"StackName": "busy"})).await;
    assert_eq!(message, format!("Stack [{id}] cannot be deleted while in status UPDATE_IN_PROGRESS"));
    fixture.until_told("busy", "First UPDATE_IN_PROGRESS").await;
    fixture.ok("CancelUpdateStack", json!({"StackName": "busy"})).await;
    assert_eq!(fixture.settled("busy").await, "UPDATE_ROLLBACK_COMPLETE");
    in_this_order(
        &fixture.story("busy").await,
        &[
            "busy UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
            "First UPDATE_FAILED Resource update cancelled",
            "busy UPDATE_ROLLBACK_COMPLETE",
        ],
    );
    assert_eq!(fixture.ssm("/first").as_deref(), Some("one"));
}

#[tokio::test(start_paused = true)]
async fn what_ssm_says_now_is_a_change_even_if_the_template_is_not() {
    let fixture = Fixture::new();
    let world = |value: &str| {
        let parameter =
            dockreg_region::service::ssm::Parameter { kind: "String".to_owned(), values: vec![value.to_owned()] };
        fixture.region.world(|world| world.ssm.parameters.insert("/image".to_owned(), parameter));
    };
    world("ami-1");
    let body = "Resources: {Copy: {Type: 'AWS::SSM::Parameter', Properties: {Name: /copy, Type: String, \
                Value: '{{resolve:ssm:/image}}'}}}\n";
    assert_eq!(fixture.create("image", body, &[]).await, "CREATE_COMPLETE");
    let (_, message) = fixture.refused("UpdateStack", deployment("image", body, &[])).await;
    assert_eq!(message, "No updates are to be performed.");
    world("ami-2");
    assert_eq!(fixture.update("image", body, &[]).await, "UPDATE_COMPLETE");
    assert_eq!(fixture.ssm("/copy").as_deref(), Some("ami-2"));
}
