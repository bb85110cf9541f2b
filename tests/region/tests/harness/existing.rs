//! Names that are taken, requests that are repeated, and stacks that are no longer there.

use dockreg_region::service::cloudformation::ResourceFault;
use serde_json::json;

use crate::fixture::{Fixture, deployment, text};

const BODY: &str = "Resources: {P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: x}}}\n";

fn fail(fixture: &Fixture, action: &str) {
    let fault = ResourceFault {
        logical_id: "P".to_owned(),
        action: action.to_owned(),
        reason: "the test says no".to_owned(),
        times: 1,
    };
    fixture.region.world(|world| world.cloudformation.fail_resource(fault));
}

/// Brings the stack `taken` into this status.
async fn bring_to(fixture: &Fixture, status: &str) {
    match status {
        "REVIEW_IN_PROGRESS" => {
            let mut input = deployment("taken", BODY, &[]);
            input["ChangeSetName"] = json!("c");
            input["ChangeSetType"] = json!("CREATE");
            fixture.ok("CreateChangeSet", input).await;
        }
        "ROLLBACK_COMPLETE" => {
            fail(fixture, "CREATE");
            fixture.create("taken", BODY, &[]).await;
        }
        "DELETE_FAILED" => {
            fixture.create("taken", BODY, &[]).await;
            fail(fixture, "DELETE");
            fixture.ok("DeleteStack", json!({"StackName": "taken"})).await;
            fixture.settled("taken").await;
        }
        "CREATE_IN_PROGRESS" => drop(fixture.ok("CreateStack", deployment("taken", BODY, &[])).await),
        _ => {
            fixture.create("taken", BODY, &[]).await;
            fixture.ok("DeleteStack", json!({"StackName": "taken"})).await;
        }
    }
    assert_eq!(fixture.stack("taken").await["StackStatus"], status);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_whatever_the_stack_has_become() {
    for status in
        ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_FAILED", "CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS"]
    {
        let fixture = Fixture::new();
        bring_to(&fixture, status).await;
        let refused = fixture.refused("CreateStack", deployment("taken", BODY, &[])).await;
        let taken = ("AlreadyExistsException".to_owned(), "Stack [taken] already exists".to_owned());
        assert_eq!(refused, taken, "{status}");
        let id = text(&fixture.stack("taken").await["StackId"]);
        let refused = fixture.refused("UpdateStack", deployment("taken", BODY, &[])).await;
        let closed = format!("Stack:{id} is in {status} state and can not be updated.");
        assert_eq!(refused, ("ValidationError".to_owned(), closed.clone()));
        let mut input = deployment("taken", BODY, &[]);
        input["ChangeSetName"] = json!("another");
        let (_, message) = fixture.refused("CreateChangeSet", input.clone()).await;
        let in_review = status == "REVIEW_IN_PROGRESS";
        assert_eq!(message, if in_review { "Stack [taken] does not exist" } else { &closed });
        input["ChangeSetType"] = json!("CREATE");
        if in_review {
            fixture.ok("CreateChangeSet", input).await;
        } else {
            let (_, message) = fixture.refused("CreateChangeSet", input).await;
            let again = "Stack [taken] already exists and cannot be created again with the changeSet [another].";
            assert_eq!(message, again);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_is_answered_again_and_carried_out_once() {
    let fixture = Fixture::new();
    let with = |mut input: serde_json::Value, token: &str| {
        input["ClientRequestToken"] = json!(token);
        input
    };
    fixture.create("s", BODY, &[]).await;
    let update = with(deployment("s", &BODY.replace("Value: x", "Value: y"), &[]), "update");
    let first = fixture.ok("UpdateStack", update.clone()).await;
    assert_eq!(fixture.ok("UpdateStack", update.clone()).await, first, "while it is under way");
    fixture.settled("s").await;
    assert_eq!(fixture.ok("UpdateStack", update).await, first, "and when there is nothing left to update");
    let updates = fixture.story("s").await.iter().filter(|line| line.starts_with("s UPDATE_IN_PROGRESS")).count();
    assert_eq!(updates, 1);

    let mut set = deployment("s", &BODY.replace("Value: x", "Value: z"), &[]);
    set["ChangeSetName"] = json!("c");
    set["ClientToken"] = json!("propose");
    let proposed = fixture.ok("CreateChangeSet", set.clone()).await;
    assert_eq!(fixture.ok("CreateChangeSet", set).await, proposed);
    crate::change_sets::computed(&fixture, &text(&proposed["Id"])).await;
    let execute = with(json!({"StackName": "s", "ChangeSetName": "c"}), "execute");
    fixture.ok("ExecuteChangeSet", execute.clone()).await;
    fixture.ok("ExecuteChangeSet", execute).await;
    fixture.settled("s").await;

    for token in ["update", "execute"] {
        let (code, _) = fixture.refused("DeleteStack", with(json!({"StackName": "s"}), token)).await;
        assert_eq!(code, "TokenAlreadyExistsException");
    }
    let id = text(&fixture.stack("s").await["StackId"]);
    fixture.ok("DeleteStack", with(json!({"StackName": "s"}), "delete")).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
    fixture.create("s", BODY, &[]).await;
    fixture.ok("DeleteStack", with(json!({"StackName": "s"}), "delete")).await;
    assert_eq!(fixture.stack("s").await["StackStatus"], "CREATE_COMPLETE", "the repeated delete spares the new stack");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_stack_answers_to_its_id_and_to_no_change() {
    let fixture = Fixture::new();
    fixture.create("s", BODY, &[]).await;
    let id = text(&fixture.stack("s").await["StackId"]);
    fixture.ok("DeleteStack", json!({"StackName": "s"})).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
    let by = |name: &str| json!({"StackName": name});
    let stack = fixture.stack(&id).await;
    assert!(stack["DeletionTime"].is_number(), "{stack}");
    assert_eq!(fixture.ok("GetTemplate", by(&id)).await["TemplateBody"], BODY);
    let resources = fixture.ok("DescribeStackResources", by(&id)).await;
    assert_eq!(resources["StackResources"][0]["ResourceStatus"], "DELETE_COMPLETE");
    let listed = fixture.ok("ListStacks", json!({"StackStatusFilter": ["DELETE_COMPLETE"]})).await;
    assert_eq!(listed["StackSummaries"][0]["StackId"], json!(id));
    let all = fixture.ok("DescribeStacks", json!({})).await;
    assert_eq!(all["Stacks"], json!([]), "only stacks that are there");

    for operation in ["DescribeStacks", "GetTemplate", "DescribeStackResources", "ListStackResources"] {
        let refused = fixture.refused(operation, by("s")).await;
        let missing = ("ValidationError".to_owned(), "Stack with id s does not exist".to_owned());
        assert_eq!(refused, missing, "{operation}");
    }
    for operation in ["DescribeStackEvents", "DescribeEvents", "CancelUpdateStack", "ContinueUpdateRollback"] {
        let (_, message) = fixture.refused(operation, by("s")).await;
        assert_eq!(message, "Stack [s] does not exist", "{operation}");
    }
    let (_, message) = fixture.refused("UpdateStack", deployment(&id, BODY, &[])).await;
    assert_eq!(message, format!("Stack:{id} is in DELETE_COMPLETE state and can not be updated."));
    let protect = json!({"StackName": id, "EnableTerminationProtection": true});
    let (code, message) = fixture.refused("UpdateTerminationProtection", protect).await;
    assert_eq!(code, "ValidationError");
    assert!(message.contains("DELETE_COMPLETE"), "{message}");
    fixture.ok("DeleteStack", by(&id)).await;
}
