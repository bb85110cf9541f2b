//! Creating stacks: order, outputs, tags, failure and what follows from it.

use dockreg_region::service::cloudformation::ResourceFault;
use serde_json::json;

use crate::fixture::{Fixture, deployment, in_this_order, text};

const TWO: &str = r"
Description: two parameters, one after the other
Resources:
  First: {Type: 'AWS::SSM::Parameter', Properties: {Name: /first, Type: String, Value: one}}
  Second:
    Type: AWS::SSM::Parameter
    Properties: {Name: /second, Type: String, Value: !Sub 'after ${First}'}
Outputs:
  Name: {Value: !Ref Second, Description: where it is}
";

fn fail(fixture: &Fixture, logical_id: &str, action: &str, times: usize) {
    let fault = ResourceFault {
        logical_id: logical_id.to_owned(),
        action: action.to_owned(),
        reason: "the test says no".to_owned(),
        times,
    };
    fixture.region.world(|world| world.cloudformation.fail_resource(fault));
}

#[tokio::test(start_paused = true)]
async fn resources_are_made_after_what_they_refer_to() {
    let fixture = Fixture::new();
    assert_eq!(fixture.create("two", TWO, &[]).await, "CREATE_COMPLETE");
    assert_eq!(fixture.ssm("/second").as_deref(), Some("after /first"));
    assert_eq!(fixture.output("two", "Name").await.as_deref(), Some("/second"));
    in_this_order(
        &fixture.story("two").await,
        &[
            "two CREATE_IN_PROGRESS User Initiated",
            "First CREATE_IN_PROGRESS",
            "First CREATE_IN_PROGRESS Resource creation Initiated",
            "First CREATE_COMPLETE",
            "Second CREATE_IN_PROGRESS",
            "Second CREATE_COMPLETE",
            "two CREATE_COMPLETE",
        ],
    );
    let stack = fixture.stack("two").await;
    assert_eq!(stack["Description"], "two parameters, one after the other");
    assert_eq!(stack["LastOperations"][0]["OperationType"], "CREATE_STACK");
}

#[tokio::test(start_paused = true)]
async fn a_failure_rolls_everything_back_and_the_stack_is_a_dead_end() {
    let fixture = Fixture::new();
    fail(&fixture, "Second", "CREATE", 1);
    assert_eq!(fixture.create("two", TWO, &[]).await, "ROLLBACK_COMPLETE");
    in_this_order(
        &fixture.story("two").await,
        &[
            "Second CREATE_FAILED the test says no",
            "two ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Second]. Rollback requested by user.",
            "First DELETE_IN_PROGRESS",
            "First DELETE_COMPLETE",
            "two ROLLBACK_COMPLETE",
        ],
    );
    assert_eq!(fixture.ssm("/first"), None);
    let id = text(&fixture.stack("two").await["StackId"]);
    let (code, message) = fixture.refused("UpdateStack", deployment("two", TWO, &[])).await;
    assert_eq!(code, "ValidationError");
    assert_eq!(message, format!("Stack:{id} is in ROLLBACK_COMPLETE state and can not be updated."));
    let operations = fixture.stack("two").await["LastOperations"].clone();
    assert_eq!(operations[0]["OperationType"], "ROLLBACK", "a rollback is an operation of its own");
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_cancels_the_others() {
    let fixture = Fixture::new();
    let body = r"
Resources:
  Quick: {Type: 'AWS::SSM::Parameter', Properties: {Name: /quick, Type: String, Value: x}}
  Slow:
    Type: AWS::S3::Bucket
    Properties: {BucketName: slow-bucket}
";
    fail(&fixture, "Quick", "CREATE", 1);
    assert_eq!(fixture.create("both", body, &[]).await, "ROLLBACK_COMPLETE");
    in_this_order(
        &fixture.story("both").await,
        &["Quick CREATE_FAILED the test says no", "Slow CREATE_FAILED Resource creation cancelled"],
    );
    assert!(fixture.region.world(|world| world.s3.buckets.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_failure_is_the_callers_choice() {
    let fixture = Fixture::new();
    fail(&fixture, "Second", "CREATE", 2);
    let mut input = deployment("stays", TWO, &[]);
    input["OnFailure"] = json!("DO_NOTHING");
    fixture.ok("CreateStack", input).await;
    assert_eq!(fixture.settled("stays").await, "CREATE_FAILED");
    assert_eq!(fixture.ssm("/first").as_deref(), Some("one"), "nothing is taken back");
    fixture.ok("RollbackStack", json!({"StackName": "stays"})).await;
    assert_eq!(fixture.settled("stays").await, "ROLLBACK_COMPLETE");

    let mut input = deployment("goes", TWO, &[]);
    input["OnFailure"] = json!("DELETE");
    let id = text(&fixture.ok("CreateStack", input).await["StackId"]);
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
    let (_, message) = fixture.refused("DescribeStacks", json!({"StackName": "goes"})).await;
    assert_eq!(message, "Stack with id goes does not exist");
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_takes_longer_than_allowed_is_rolled_back() {
    let fixture = Fixture::new();
    let chain: String = (0..60)
        .map(|n| {
            let after = if n == 0 { String::new() } else { format!("DependsOn: P{}, ", n - 1) };
            format!("  P{n}: {{Type: 'AWS::SSM::Parameter', {after}Properties: {{Type: String, Value: x}}}}\n")
        })
        .collect();
    let mut input = deployment("late", &format!("Resources:\n{chain}"), &[]);
    input["TimeoutInMinutes"] = json!(1);
    fixture.ok("CreateStack", input).await;
    assert_eq!(fixture.settled("late").await, "ROLLBACK_COMPLETE");
    assert!(fixture.region.world(|world| world.ssm.parameters.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn retained_resources_survive_a_rollback_unless_only_this_operation_knew_them() {
    let fixture = Fixture::new();
    let body = r"
Resources:
  Kept: {Type: 'AWS::SSM::Parameter', DeletionPolicy: Retain, Properties: {Name: /kept, Type: String, Value: x}}
  Fresh:
    Type: AWS::SSM::Parameter
    DeletionPolicy: RetainExceptOnCreate
    Properties: {Name: /fresh, Type: String, Value: x}
  Last: {Type: 'AWS::SSM::Parameter', DependsOn: [Kept, Fresh], Properties: {Name: /last, Type: String, Value: x}}
";
    fail(&fixture, "Last", "CREATE", 1);
    assert_eq!(fixture.create("kept", body, &[]).await, "ROLLBACK_COMPLETE");
    assert!(fixture.story("kept").await.contains(&"Kept DELETE_SKIPPED".to_owned()));
    assert_eq!((fixture.ssm("/kept").is_some(), fixture.ssm("/fresh").is_some()), (true, false));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_does_not_exist_fails_the_stack_before_any_resource() {
    let fixture = Fixture::new();
    let body = "
Parameters: {Vpc: {Type: 'AWS::EC2::VPC::Id'}}
Resources: {Topic: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: !Ref Vpc}}}
";
    assert_eq!(fixture.create("ids", body, &[("Vpc", "vpc-1")]).await, "ROLLBACK_COMPLETE");
    assert_eq!(
        fixture.story("ids").await,
        [
            "ids CREATE_IN_PROGRESS User Initiated",
            "ids ROLLBACK_IN_PROGRESS Parameter validation failed: parameter value vpc-1 for parameter name Vpc does not \
             exist. Rollback requested by user.",
            "ids ROLLBACK_COMPLETE",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn wrong_properties_fail_the_stack_before_any_resource() {
    let fixture = Fixture::new();
    let body = "
Resources:
  Good: {Type: 'AWS::SSM::Parameter', Properties: {Name: /good, Type: String, Value: x}}
  Bad: {Type: 'AWS::SSM::Parameter', Properties: {Type: String, Value: x, Colour: red}}
";
    assert_eq!(fixture.create("wrong", body, &[]).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("wrong").await;
    in_this_order(
        &story,
        &[
            "Bad CREATE_FAILED Properties validation failed for resource Bad with message:\n[#: extraneous key [Colour] is \
             not permitted]",
            "wrong ROLLBACK_IN_PROGRESS Validation failed for following resources: [Bad]. Rollback requested by user.",
        ],
    );
    assert!(!story.iter().any(|line| line.starts_with("Good")), "{story:?}");
    let failed = json!({"StackName": "wrong", "Filters": {"FailedEvents": true}});
    let events = fixture.ok("DescribeEvents", failed).await["OperationEvents"].clone();
    let kinds: Vec<&str> =
        events.as_array().into_iter().flatten().filter_map(|event| event["EventType"].as_str()).collect();
    assert!(kinds.contains(&"VALIDATION_ERROR"), "{events}");
}

#[tokio::test(start_paused = true)]
async fn events_come_newest_first_in_pages_of_a_hundred() {
    let fixture = Fixture::new();
    let resources: String = (0..40)
        .map(|n| format!("  P{n}: {{Type: 'AWS::SSM::Parameter', Properties: {{Type: String, Value: x}}}}\n"))
        .collect();
    assert_eq!(fixture.create("many", &format!("Resources:\n{resources}"), &[]).await, "CREATE_COMPLETE");
    let first = fixture.ok("DescribeStackEvents", json!({"StackName": "many"})).await;
    let events = first["StackEvents"].as_array().cloned().unwrap_or_default();
    assert_eq!(events.len(), 100);
    assert_eq!(events[0]["ResourceStatus"], "CREATE_COMPLETE");
    assert_eq!(events[0]["LogicalResourceId"], "many");
    assert_eq!(fixture.story("many").await.len(), 40 * 3 + 2);
}

#[tokio::test(start_paused = true)]
async fn stack_tags_reach_resources_that_can_be_tagged() {
    let fixture = Fixture::new();
    let body = "Resources: {Images: {Type: 'AWS::S3::Bucket', Properties: {Tags: [{Key: own, Value: yes}]}}}\n";
    let mut input = deployment("tagged", body, &[]);
    input["Tags"] = json!([{"Key": "team", "Value": "blue"}]);
    fixture.ok("CreateStack", input).await;
    assert_eq!(fixture.settled("tagged").await, "CREATE_COMPLETE");
    let (name, tags) = fixture.region.world(|world| {
        let bucket = world.s3.buckets.values().next().expect("one bucket");
        (bucket.name.clone(), bucket.tags.clone())
    });
    assert!(name.starts_with("tagged-images-"), "{name}");
    for (key, value) in [
        ("own", "yes"),
        ("team", "blue"),
        ("aws:cloudformation:stack-name", "tagged"),
        ("aws:cloudformation:logical-id", "Images"),
    ] {
        assert!(tags.contains(&(key.to_owned(), value.to_owned())), "{key}: {tags:?}");
    }
}
