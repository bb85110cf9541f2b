//! Stacks that dockreg did not make: never touched; and the way from the 2014 template's to one of ours.

use serde_json::json;

use crate::harness::{Fixture, HOST};

/// A stack with the 2014 template's parameters. The region cannot make that template's resources any more than AWS can.
async fn stack_of_2014(fixture: &Fixture, name: &str) {
    let values = [
        ("KeyName", "operator"),
        ("DnsPrefix", "docker"),
        ("DnsZone", "example.test"),
        ("DockerImage", "samalba/docker-registry"),
        ("S3Bucket", "mycompany-docker"),
        ("SslCertificate", "arn:aws:iam::123456789012:server-certificate/docker"),
        ("RegistryAuth", "anna:$apr1$BspgNsum$8ZdGQ/KXRFccnlRXF6StP."),
    ];
    let declared = values.map(|(key, _)| (key.to_owned(), json!({ "Type": "String" })));
    let group =
        json!({ "Type": "AWS::EC2::SecurityGroup", "Properties": { "GroupDescription": "Enable Registry access" } });
    let body = json!({
        "Description": "Launches a Docker Registry",
        "Parameters": serde_json::Map::from_iter(declared),
        "Resources": { "LbSecurityGroup": group },
    });
    let given = values.map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value }));
    let input = json!({ "StackName": name, "TemplateBody": body.to_string(), "Parameters": given });
    fixture.call("cloudformation", "CreateStack", input).await;
    fixture.settled(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_of_2014_is_recognised_and_left_alone() {
    let fixture = Fixture::new().await;
    stack_of_2014(&fixture, "docker-registry").await;
    let output = fixture.run(&["up", "--domain", HOST, "--yes"]).await.exits(1);
    insta::assert_snapshot!("foreign_2014", output.transcript());
    fixture.run(&["down", "--yes", "--force", "--lift-protection"]).await.exits(1).ignored();
    fixture.run(&["status"]).await.exits(1).ignored();
    assert!(!fixture.printed().contains("$apr1$"), "users' hashes are never shown");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    assert_eq!(fixture.settled("docker-registry").await, "CREATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_that_is_told_can_be_walked() {
    let fixture = Fixture::new().await;
    stack_of_2014(&fixture, "registry").await;
    fixture.file("users", "anna:$apr1$BspgNsum$8ZdGQ/KXRFccnlRXF6StP.\n");
    let beside = ["--stack-name", "registry-new", "--yes"];
    let make = ["up", "--domain", HOST, "--dns-zone", "none", "--htpasswd", "users"];
    fixture.run(&[&make[..], &beside].concat()).await.exits(0).ignored();
    let name = ["up", "--dns-zone", "example.test"];
    fixture.run(&[&name[..], &beside].concat()).await.exits(0).ignored();
    let zones = fixture.call("route53", "ListHostedZones", json!({})).await;
    let input = json!({ "HostedZoneId": zones["HostedZones"][0]["Id"] });
    let records = fixture.call("route53", "ListResourceRecordSets", input).await;
    assert!(records.to_string().contains("\"docker.example.test.\""), "{records:#}");
    assert_eq!(fixture.stacks().await, ["registry-new", "registry"], "the old one is not touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_of_somebody_else_is_left_alone() {
    let fixture = Fixture::new().await;
    let group = json!({ "Type": "AWS::EC2::SecurityGroup", "Properties": { "GroupDescription": "theirs" } });
    let input = json!({
        "StackName": "docker-registry",
        "ChangeSetName": "theirs",
        "ChangeSetType": "CREATE",
        "TemplateBody": json!({ "Resources": { "Theirs": group } }).to_string(),
    });
    fixture.call("cloudformation", "CreateChangeSet", input).await;
    for arguments in [&["up", "--domain", HOST, "--yes"][..], &["status"], &["down", "--yes"]] {
        let output = fixture.run(arguments).await.exits(1);
        assert!(output.stderr.contains("its change set theirs was made by someone else"), "{output}");
    }
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
}
