//! The real template through its whole life, with nodes that really answer health checks and signal.

use dockreg_region::service::cloudformation::ResourceFault;
use serde_json::{Value, json};

use crate::change_sets::computed;
use crate::fixture::{Fixture, deployment, in_this_order, text};
use crate::template::{self, output, parameter};

const STACK: &str = "docker-registry";

/// The least a person at the console fills in, the host name besides.
fn given(fixture: &Fixture) -> Vec<(&'static str, String)> {
    fixture.region.world(|world| {
        let vpc = world.ec2.network.vpcs.keys().next().cloned().unwrap_or_default();
        let mut subnets: Vec<_> = world.ec2.network.subnets.values().collect();
        subnets.sort_by(|one, other| one.availability_zone.cmp(&other.availability_zone));
        let subnets: Vec<&str> = subnets.iter().take(2).map(|subnet| subnet.subnet_id.as_str()).collect();
        let certificate = world.iam.certificates.values().next().map(|it| it.arn.clone()).unwrap_or_default();
        vec![
            (parameter::VPC_ID, vpc),
            (parameter::SUBNETS, subnets.join(",")),
            (parameter::SSL_CERTIFICATE, certificate),
            (parameter::DNS_PREFIX, "docker".to_owned()),
            (parameter::DNS_ZONE, "example.test".to_owned()),
        ]
    })
}

/// The input of an operation with the given parameters and those named here.
fn input(given: &[(&'static str, String)], more: &[(&str, &str)]) -> Value {
    let all: Vec<(&str, &str)> =
        given.iter().map(|(key, value)| (*key, value.as_str())).chain(more.iter().copied()).collect();
    let mut input = deployment(STACK, template::body(), &all);
    input["Capabilities"] = json!(["CAPABILITY_IAM"]);
    input
}

async fn expect(fixture: &Fixture, status: &str) {
    let found = fixture.settled(STACK).await;
    assert_eq!(found, status, "{}", fixture.story(STACK).await.join("\n"));
}

/// Lets the next operation on the group fail.
fn fail_group(fixture: &Fixture, action: &str) {
    let fault = ResourceFault {
        logical_id: template::NODE_GROUP.to_owned(),
        action: action.to_owned(),
        reason: "the test says no".to_owned(),
        times: 1,
    };
    fixture.region.world(|world| world.cloudformation.fail_resource(fault));
}

/// How many instances run.
async fn running(fixture: &Fixture) -> usize {
    let filter = json!({"Filters": [{"Name": "instance-state-name", "Values": ["running"]}]});
    let found = fixture.ask("ec2", "DescribeInstances", filter).await.unwrap_or_else(|error| panic!("{error}"));
    let reservations = found["Reservations"].as_array().cloned().unwrap_or_default();
    reservations.iter().filter_map(|one| one["Instances"].as_array()).map(Vec::len).sum()
}

#[tokio::test]
async fn three_parameters_are_enough_to_launch_it_alone() {
    let fixture = Fixture::whole().await;
    let least = &given(&fixture)[..3];
    fixture.ok("CreateStack", input(least, &[])).await;
    expect(&fixture, "CREATE_COMPLETE").await;
    assert_eq!(running(&fixture).await, 1);
    let host = fixture.output(STACK, output::REGISTRY_HOST).await;
    assert_eq!(host, fixture.output(STACK, output::LOAD_BALANCER_DNS_NAME).await);
    assert!(host.is_some_and(|host| host.ends_with(".elb.amazonaws.com")));
}

#[tokio::test]
async fn a_creation_that_fails_at_the_nodes_leaves_nothing_behind() {
    let fixture = Fixture::whole().await;
    fail_group(&fixture, "CREATE");
    fixture.ok("CreateStack", input(&given(&fixture), &[])).await;
    expect(&fixture, "ROLLBACK_COMPLETE").await;
    fixture.region.world(|world| {
        assert!(world.s3.buckets.is_empty(), "a bucket that only this creation knew goes with it");
        assert!(world.secretsmanager.secrets.is_empty() && world.iam.roles.is_empty() && world.iam.policies.is_empty());
        let groups: Vec<&str> = world.ec2.security_groups.values().map(|group| group.name.as_str()).collect();
        assert_eq!(groups, ["default"]);
    });
}

#[tokio::test]
async fn a_preview_says_what_a_new_image_does_to_the_nodes() {
    let fixture = Fixture::whole().await;
    let given = given(&fixture);
    fixture.ok("CreateStack", input(&given, &[])).await;
    expect(&fixture, "CREATE_COMPLETE").await;
    let mut request = input(&given, &[(parameter::DOCKER_IMAGE, "example/registry:2")]);
    request["ChangeSetName"] = json!("preview");
    let id = text(&fixture.ok("CreateChangeSet", request).await["Id"]);
    let change_set = computed(&fixture, &id).await;
    assert_eq!(change_set["ExecutionStatus"], "AVAILABLE", "{change_set}");
    let changes: Vec<(String, String)> = change_set["Changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|change| {
            (text(&change["ResourceChange"]["LogicalResourceId"]), text(&change["ResourceChange"]["Replacement"]))
        })
        .collect();
    let expected = [("LaunchTemplate", "False"), (template::NODE_GROUP, "Conditional")];
    assert_eq!(changes, expected.map(|(id, replacement)| (id.to_owned(), replacement.to_owned())));
    let detail = &change_set["Changes"][1]["ResourceChange"]["Details"][1];
    assert_eq!(detail["CausingEntity"], "LaunchTemplate.LatestVersionNumber");
    assert_eq!(detail["Target"]["Path"], "/Properties/LaunchTemplate/Version");
}

#[tokio::test]
async fn the_template_is_created_left_alone_updated_rolled_back_and_deleted() {
    let fixture = Fixture::whole().await;
    let given = given(&fixture);

    let (code, _) = fixture.refused("CreateStack", deployment(STACK, template::body(), &[])).await;
    assert_eq!(code, "ValidationError");
    fixture.ok("CreateStack", input(&given, &[(parameter::NODES, "2")])).await;
    expect(&fixture, "CREATE_COMPLETE").await;
    assert_eq!(fixture.output(STACK, output::REGISTRY_HOST).await.as_deref(), Some("docker.example.test"));
    assert_eq!(running(&fixture).await, 2);
    let bucket = fixture.output(STACK, output::BUCKET_NAME).await.unwrap_or_default();
    let story = fixture.story(STACK).await;
    assert_eq!(story.iter().filter(|line| line.contains("Received SUCCESS signal with UniqueId i-")).count(), 2);

    let (_, message) = fixture.refused("UpdateStack", input(&given, &[(parameter::NODES, "PREVIOUS")])).await;
    assert_eq!(message, "No updates are to be performed.");

    let image = [(parameter::NODES, "PREVIOUS"), (parameter::DOCKER_IMAGE, "public.ecr.aws/docker/library/registry:2")];
    fixture.ok("UpdateStack", input(&given, &image)).await;
    expect(&fixture, "UPDATE_COMPLETE").await;
    assert_eq!(running(&fixture).await, 2);
    let rolled = fixture.story(STACK).await;
    let signals =
        rolled.iter().filter(|line| line.starts_with("NodeGroup UPDATE_IN_PROGRESS Received SUCCESS")).count();
    assert_eq!(signals, 2, "both nodes were replaced one after the other:\n{}", rolled.join("\n"));

    fail_group(&fixture, "UPDATE");
    let three = [(parameter::NODES, "3"), (parameter::DOCKER_IMAGE, "PREVIOUS")];
    fixture.ok("UpdateStack", input(&given, &three)).await;
    expect(&fixture, "UPDATE_ROLLBACK_COMPLETE").await;
    assert_eq!(running(&fixture).await, 2);

    let id = text(&fixture.stack(STACK).await["StackId"]);
    fixture.ok("DeleteStack", json!({"StackName": STACK})).await;
    assert_eq!(fixture.settled(&id).await, "DELETE_COMPLETE", "{}", fixture.story(&id).await.join("\n"));
    in_this_order(&fixture.story(&id).await, &["Bucket DELETE_SKIPPED", "docker-registry DELETE_COMPLETE"]);
    fixture.region.world(|world| {
        assert!(world.s3.bucket(&bucket).is_ok(), "images outlive the stack");
        assert!(world.secretsmanager.secrets.is_empty() && world.iam.roles.is_empty());
    });
    assert_eq!(running(&fixture).await, 0);
}
