//! Rows about single resource types, seen by somebody whose template has one.

use serde_json::{Value, json};

use crate::fixture::{Fixture, text};

fn certificate(zone: &str) -> String {
    format!(
        "Resources: {{C: {{Type: 'AWS::CertificateManager::Certificate', Properties: {{DomainName: www.example.test, \
         ValidationMethod: DNS, DomainValidationOptions: [{{DomainName: www.example.test, HostedZoneId: {zone}}}]}}}}}}\n\
         Outputs: {{Arn: {{Value: !Ref C}}}}\n"
    )
}

/// Names of the zone's CNAME records.
async fn aliases(fixture: &Fixture, zone: &str) -> Vec<String> {
    let listed = fixture.ask("route53", "ListResourceRecordSets", json!({"HostedZoneId": zone})).await;
    let listed = listed.expect("the zone's records");
    let records = listed["ResourceRecordSets"].as_array().into_iter().flatten();
    records.filter(|record| record["Type"] == "CNAME").map(|record| text(&record["Name"])).collect()
}

async fn status(fixture: &Fixture, arn: &str) -> Option<Value> {
    let answer = fixture.ask("acm", "DescribeCertificate", json!({"CertificateArn": arn})).await.ok()?;
    Some(answer["Certificate"]["Status"].clone())
}

async fn delete(fixture: &Fixture, name: &str) {
    let id = text(&fixture.stack(name).await["StackId"]);
    fixture.ok("DeleteStack", json!({"StackName": name})).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_the_validation_record_outlives_its_stack_and_is_shared_by_identical_certificates() {
    let fixture = Fixture::whole().await;
    let zone = fixture.region.world(|world| world.route53.zones.keys().next().cloned()).expect("a zone");
    assert_eq!(aliases(&fixture, &zone).await, Vec::<String>::new());
    let body = certificate(&zone);
    for name in ["first", "second"] {
        assert_eq!(fixture.create(name, &body, &[]).await, "CREATE_COMPLETE");
    }
    let records = aliases(&fixture, &zone).await;
    assert_eq!(records.len(), 1, "two certificates, one record: {records:?}");
    delete(&fixture, "first").await;
    delete(&fixture, "second").await;
    assert_eq!(aliases(&fixture, &zone).await, records, "CloudFormation made the record, and leaves it");
    // Whoever tidies it up while another certificate of that name is about to be validated or renewed, takes its proof.
    assert_eq!(fixture.create("third", &body, &[]).await, "CREATE_COMPLETE");
    let arn = fixture.output("third", "Arn").await.expect("an ARN");
    assert_eq!(status(&fixture, &arn).await, Some(json!("ISSUED")));
    delete(&fixture, "third").await;
    assert_eq!(status(&fixture, &arn).await, None, "the certificate itself is gone");
    assert_eq!(aliases(&fixture, &zone).await, records);
}
