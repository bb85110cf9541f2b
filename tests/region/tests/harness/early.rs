//! What a change set is refused, or warned of, before anybody executes it.

use serde_json::{Value, json};

use crate::change_sets::computed;
use crate::fixture::{Fixture, deployment, text};

async fn propose(fixture: &Fixture, name: &str, kind: &str, body: &str) -> (Value, Vec<Value>) {
    let mut input = deployment(name, body, &[]);
    input["ChangeSetName"] = json!("proposed");
    input["ChangeSetType"] = json!(kind);
    input["Capabilities"] = json!(["CAPABILITY_NAMED_IAM"]);
    let id = text(&fixture.ok("CreateChangeSet", input).await["Id"]);
    let described = computed(fixture, &id).await;
    let events = fixture.ok("DescribeEvents", json!({"ChangeSetName": id})).await;
    (described, events["OperationEvents"].as_array().cloned().unwrap_or_default())
}

const TAKEN: &str = "
Resources:
  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: images}}
  P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: x}}
  G: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: /g}}
";

#[tokio::test(start_paused = true)]
async fn names_that_are_taken_fail_the_change_set() {
    let fixture = Fixture::new();
    assert_eq!(fixture.create("owner", TAKEN, &[]).await, "CREATE_COMPLETE");
    let (described, events) = propose(&fixture, "second", "CREATE", TAKEN).await;
    assert_eq!(described["Status"], "FAILED");
    assert_eq!(described["ExecutionStatus"], "UNAVAILABLE");
    assert_eq!(
        described["StatusReason"],
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early \
         Validation errors, use the DescribeEvents API for detailed failure information."
    );
    let mut reasons: Vec<String> = events.iter().map(|event| text(&event["ValidationStatusReason"])).collect();
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "Resource of type 'AWS::Logs::LogGroup' with identifier '/g' already exists.",
            "Resource of type 'AWS::S3::Bucket' with identifier 'images' already exists.",
            "Resource of type 'AWS::SSM::Parameter' with identifier '/p' already exists.",
        ]
    );
    assert!(events.iter().all(|event| event["ValidationName"] == "NAME_CONFLICT_VALIDATION"), "{events:#?}");
    assert!(events.iter().all(|event| event["ValidationFailureMode"] == "FAIL"), "{events:#?}");
    let (described, events) = propose(&fixture, "owner", "UPDATE", &TAKEN.replace("Value: x", "Value: y")).await;
    assert_eq!((&described["Status"], events.len()), (&json!("CREATE_COMPLETE"), 0), "its own names are no conflict");
    let unnamed = TAKEN.replace(", Properties: {BucketName: images}", "").replace("/p", "/q").replace("/g", "/h");
    let (described, _) = propose(&fixture, "third", "CREATE", &unnamed).await;
    assert_eq!(described["Status"], "CREATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn a_full_bucket_is_warned_of_unless_it_is_retained() {
    let without = "Resources: {P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: x}}}\n";
    for (policy, warned) in [("Delete", 1), ("Retain", 0)] {
        let fixture = Fixture::new();
        let with = format!(
            "{}\n  B: {{Type: 'AWS::S3::Bucket', DeletionPolicy: {policy}, Properties: {{BucketName: images}}}}\n",
            "Resources:\n  P: {Type: 'AWS::SSM::Parameter', Properties: {Name: /p, Type: String, Value: x}}"
        );
        assert_eq!(fixture.create("full", &with, &[]).await, "CREATE_COMPLETE");
        let (_, empty) = propose(&fixture, "full", "UPDATE", without).await;
        assert_eq!(empty.len(), 0, "an empty bucket goes");
        fixture.ok("DeleteChangeSet", json!({"StackName": "full", "ChangeSetName": "proposed"})).await;
        fixture.region.world(|world| {
            let bucket = world.s3.bucket_mut("images").expect("the bucket");
            bucket.objects.insert("layer".to_owned(), dockreg_region::service::s3::store::Object::new("x", 0.0));
        });
        let (described, events) = propose(&fixture, "full", "UPDATE", without).await;
        assert_eq!(described["Status"], "CREATE_COMPLETE", "a warning does not stop anybody");
        let reasons: Vec<String> = events.iter().map(|event| text(&event["ValidationStatusReason"])).collect();
        assert_eq!(reasons.len(), warned, "{policy}: {reasons:?}");
        assert!(reasons.iter().all(|reason| reason.starts_with("The bucket 'images' is not empty.")), "{reasons:?}");
        assert!(events.iter().all(|event| event["ValidationFailureMode"] == "WARN"), "{events:?}");
    }
}
