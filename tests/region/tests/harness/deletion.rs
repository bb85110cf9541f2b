//! Deleting stacks: what stays, what stands in the way, and what is remembered.

use dockreg_region::service::s3::NewBucket;
use dockreg_region::service::s3::store::Object;
use serde_json::json;

use crate::fixture::{Fixture, in_this_order, text};

const BODY: &str = r"
Resources:
  Images: {Type: 'AWS::S3::Bucket', Properties: {BucketName: images}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref Images, PolicyDocument: {Version: '2012-10-17', Statement: []}}
";

fn fill(fixture: &Fixture) {
    fixture.region.world(|world| {
        let bucket = world.s3.bucket_mut("images").expect("the bucket exists");
        bucket.objects.insert("layer".to_owned(), Object::new("bytes", 0.0));
    });
}

#[tokio::test(start_paused = true)]
async fn dependents_go_first_and_the_stack_is_remembered_by_its_id() {
    let fixture = Fixture::new();
    fixture.create("gone", BODY, &[]).await;
    let id = text(&fixture.stack("gone").await["StackId"]);
    fixture.ok("DeleteStack", json!({"StackName": "gone"})).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
    in_this_order(
        &fixture.story(&id).await,
        &[
            "gone DELETE_IN_PROGRESS User Initiated",
            "Policy DELETE_COMPLETE",
            "Images DELETE_IN_PROGRESS",
            "Images DELETE_COMPLETE",
            "gone DELETE_COMPLETE",
        ],
    );
    let (_, message) = fixture.refused("DescribeStacks", json!({"StackName": "gone"})).await;
    assert_eq!(message, "Stack with id gone does not exist");
    let (_, message) = fixture.refused("DescribeStackEvents", json!({"StackName": "gone"})).await;
    assert_eq!(message, "Stack [gone] does not exist");
    fixture.ok("DeleteStack", json!({"StackName": "gone"})).await;
    assert_eq!(fixture.create("gone", BODY, &[]).await, "CREATE_COMPLETE", "the name is free again");
}

#[tokio::test(start_paused = true)]
async fn a_full_bucket_stands_in_the_way_until_it_is_retained() {
    let fixture = Fixture::new();
    fixture.create("full", BODY, &[]).await;
    let id = text(&fixture.stack("full").await["StackId"]);
    fill(&fixture);
    let (_, message) =
        fixture.refused("DeleteStack", json!({"StackName": "full", "RetainResources": ["Images"]})).await;
    assert!(message.contains("DELETE_FAILED"), "{message}");
    fixture.ok("DeleteStack", json!({"StackName": "full"})).await;
    assert_eq!(fixture.settled("full").await, "DELETE_FAILED");
    let stack = fixture.stack("full").await;
    assert_eq!(text(&stack["StackStatusReason"]), "The following resource(s) failed to delete: [Images]. ");
    let story = fixture.story("full").await;
    assert!(story.iter().any(|line| line.contains("The bucket you tried to delete is not empty")), "{story:?}");

    fixture.ok("DeleteStack", json!({"StackName": "full", "RetainResources": ["Images"]})).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
    assert!(fixture.story(&id).await.contains(&"Images DELETE_SKIPPED".to_owned()));
    assert!(fixture.region.world(|world| world.s3.bucket("images").is_ok()));
}

#[tokio::test(start_paused = true)]
async fn only_what_is_still_there_can_be_retained() {
    let fixture = Fixture::new();
    fixture.create("full", BODY, &[]).await;
    fill(&fixture);
    fixture.ok("DeleteStack", json!({"StackName": "full"})).await;
    assert_eq!(fixture.settled("full").await, "DELETE_FAILED");
    let retain = |id: &str| json!({"StackName": "full", "RetainResources": ["Images", id]});
    let refused = fixture.refused("DeleteStack", retain("Policy")).await;
    let words = "The specified resources to retain must be in a valid state. Do not specify resources that are in the \
                 DELETE_COMPLETE state.";
    assert_eq!(refused, ("ValidationError".to_owned(), words.to_owned()));
    let (_, message) = fixture.refused("DeleteStack", retain("Nope")).await;
    assert_eq!(message, "Resource Nope does not exist for stack full");
    assert_eq!(fixture.stack("full").await["StackStatus"], "DELETE_FAILED", "a refused call changes nothing");
}

#[tokio::test(start_paused = true)]
async fn force_leaves_behind_what_cannot_be_deleted() {
    let fixture = Fixture::new();
    fixture.create("force", BODY, &[]).await;
    let id = text(&fixture.stack("force").await["StackId"]);
    fill(&fixture);
    let early = json!({"StackName": "force", "DeletionMode": "FORCE_DELETE_STACK"});
    let (code, message) = fixture.refused("DeleteStack", early).await;
    assert!(code == "ValidationError" && message.contains("DELETE_FAILED"), "{message}");
    fixture.ok("DeleteStack", json!({"StackName": "force"})).await;
    assert_eq!(fixture.settled("force").await, "DELETE_FAILED");
    fixture.ok("DeleteStack", json!({"StackName": "force", "DeletionMode": "FORCE_DELETE_STACK"})).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
    assert!(fixture.region.world(|world| world.s3.bucket("images").is_ok()));
}

#[tokio::test(start_paused = true)]
async fn protection_is_in_the_way_until_it_is_lifted() {
    let fixture = Fixture::new();
    fixture.create("safe", BODY, &[]).await;
    let id = text(&fixture.stack("safe").await["StackId"]);
    let protect = |on: bool| json!({"StackName": "safe", "EnableTerminationProtection": on});
    fixture.ok("UpdateTerminationProtection", protect(true)).await;
    let (_, message) = fixture.refused("DeleteStack", json!({"StackName": "safe"})).await;
    assert_eq!(message, "Stack [safe] cannot be deleted while TerminationProtection is enabled");
    fixture.ok("UpdateTerminationProtection", protect(false)).await;
    fixture.ok("DeleteStack", json!({"StackName": "safe"})).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn a_stack_being_created_can_be_given_up() {
    let fixture = Fixture::new();
    fixture.ok("CreateStack", json!({"StackName": "early", "TemplateBody": BODY})).await;
    let id = text(&fixture.stack("early").await["StackId"]);
    fixture.until_told("early", "Images CREATE_IN_PROGRESS").await;
    fixture.ok("DeleteStack", json!({"StackName": "early"})).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
    assert!(fixture.region.world(|world| world.s3.buckets.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_fails_the_resource() {
    let fixture = Fixture::new();
    let taken = NewBucket { name: "images".to_owned(), location: "us-east-1".to_owned(), ..NewBucket::default() };
    dockreg_region::service::s3::create_bucket(&fixture.region, taken).await.expect("made");
    assert_eq!(fixture.create("taken", BODY, &[]).await, "ROLLBACK_COMPLETE");
    assert!(fixture.region.world(|world| world.s3.bucket("images").is_ok()), "somebody else's bucket stays");
}
