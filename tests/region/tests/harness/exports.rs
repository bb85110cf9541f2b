//! Exports and imports: who may use, change and delete what.

use serde_json::json;

use crate::fixture::{Fixture, deployment, text};

fn producer(value: &str, export: &str) -> String {
    format!(
        "Resources: {{P: {{Type: 'AWS::SSM::Parameter', Properties: {{Type: String, Value: {value}}}}}}}\n\
         Outputs: {{Shared: {{Value: !GetAtt P.Arn}}, Plain: {{Value: {value}{export}}}}}\n"
    )
}

const EXPORT: &str = ", Export: {Name: !Sub '${AWS::Region}-shared'}";

const CONSUMER: &str = "Resources: {Q: {Type: 'AWS::SSM::Parameter', Properties: {Name: /q, Type: String, Value: \
                        {'Fn::ImportValue': us-east-1-shared}}}}\n";

#[tokio::test(start_paused = true)]
async fn what_is_exported_can_be_imported_and_then_neither_changed_nor_deleted() {
    let fixture = Fixture::new();
    assert_eq!(fixture.create("early", CONSUMER, &[]).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("early").await.join("\n");
    let missing = "early ROLLBACK_IN_PROGRESS No export named us-east-1-shared found. Rollback requested by user.";
    assert!(story.contains(missing), "{story}");
    assert_eq!(fixture.create("producer", &producer("x", EXPORT), &[]).await, "CREATE_COMPLETE");
    let listed = fixture.ok("ListExports", json!({})).await;
    assert_eq!(
        (&listed["Exports"][0]["Name"], &listed["Exports"][0]["Value"]),
        (&json!("us-east-1-shared"), &json!("x"))
    );
    let (_, message) = fixture.refused("ListImports", json!({"ExportName": "us-east-1-shared"})).await;
    assert_eq!(message, "Export 'us-east-1-shared' is not imported by any stack.");
    assert_eq!(fixture.create("consumer", CONSUMER, &[]).await, "CREATE_COMPLETE");
    assert_eq!(fixture.ssm("/q").as_deref(), Some("x"));
    let users = fixture.ok("ListImports", json!({"ExportName": "us-east-1-shared"})).await;
    assert_eq!(users["Imports"], json!(["consumer"]));
    for (body, says) in [
        (producer("y", EXPORT), "Export us-east-1-shared cannot be updated as it is in use by consumer"),
        (producer("x", ""), "Export us-east-1-shared cannot be deleted as it is in use by consumer"),
    ] {
        assert_eq!(fixture.update("producer", &body, &[]).await, "UPDATE_ROLLBACK_COMPLETE");
        let story = fixture.story("producer").await.join("\n");
        assert!(story.contains(&format!("producer UPDATE_ROLLBACK_IN_PROGRESS {says}")), "{story}");
    }
    fixture.ok("DeleteStack", json!({"StackName": "producer"})).await;
    let story = fixture.story("producer").await;
    assert_eq!(
        story.last().map(String::as_str),
        Some(
            "producer UPDATE_ROLLBACK_COMPLETE Delete canceled. Cannot delete export us-east-1-shared as it is in use by \
             consumer"
        )
    );
    assert_eq!(fixture.create("rival", &producer("z", EXPORT), &[]).await, "ROLLBACK_COMPLETE");
    let story = fixture.story("rival").await.join("\n");
    assert!(story.contains("Export with name us-east-1-shared is already exported by stack producer"), "{story}");
    for name in ["consumer", "producer"] {
        let id = text(&fixture.stack(name).await["StackId"]);
        fixture.ok("DeleteStack", json!({"StackName": name})).await;
        assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
    }
    assert_eq!(fixture.ok("ListExports", json!({})).await["Exports"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn exports_need_names_that_are_known_beforehand() {
    let fixture = Fixture::new();
    let malformed = "Template format error: Output Plain is malformed.";
    for (export, rest) in [
        (
            ", Export: {}",
            "The Name field of every Export member must be specified and consist only of alphanumeric characters, \
             colons, or hyphens.",
        ),
        (
            ", Export: {Name: !Ref P}",
            // Two spaces, as AWS has them.
            " The Name field of Export must not depend on any resources, imported values, or Fn::GetAZs.",
        ),
    ] {
        let (_, message) = fixture.refused("CreateStack", deployment("s", &producer("x", export), &[])).await;
        assert_eq!(message, format!("{malformed} {rest}"));
    }
}
