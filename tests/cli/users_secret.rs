//! The users secret of a standing registry: nodes that would not take it replace none that have taken it before.

use std::collections::BTreeSet;
use std::sync::Arc;

use dockreg_region::Options;
use dockreg_region::node::in_process::InProcess;
use serde_json::{Value, json};

use crate::harness::{Fixture, OPERATOR, UP};

/// What nobody may print.
const HASH: &str = "abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

async fn standing() -> (Fixture, Arc<InProcess>, BTreeSet<String>) {
    let nodes = Arc::new(InProcess::default());
    let fixture = Fixture::with(Options { nodes: Some(nodes.clone()), ..Options::default() }).await;
    fixture.run(&UP).await.exits(0).ignored();
    let before = nodes.instance_ids().into_iter().collect();
    (fixture, nodes, before)
}

async fn put_users(fixture: &Fixture, text: &str) {
    let secrets = fixture
        .region()
        .region()
        .world(|world| world.secretsmanager.secrets.values().map(|secret| secret.arn.clone()).collect::<Vec<_>>());
    let count = fixture.region().region().journal.entries().len();
    let arn = secrets.iter().find(|arn| arn.contains("UsersSecret")).expect("the stack has a users secret");
    let input = json!({ "SecretId": arn, "SecretString": text, "ClientRequestToken": format!("{count:032}") });
    fixture.call("secretsmanager", "PutSecretValue", input).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_nodes_is_refused_with_the_line_that_they_would_refuse() {
    let (fixture, nodes, before) = standing().await;
    put_users(&fixture, &format!("# users\nanna:$2y$08${HASH}\nbert:$2y$31${HASH}\n")).await;
    let up = [&UP[..], &["--instance-type", "t3.medium"]].concat();
    let output = fixture.run(&up).await.exits(1);
    for words in ["nothing was changed", "line 3 has too costly a hash", "mend line 3", "put-secret-value"] {
        assert!(output.stderr.contains(words), "no {words:?} in\n{output}");
    }
    assert!(!output.stderr.contains(HASH), "{output}");
    assert_eq!(fixture.status().await, "CREATE_COMPLETE");
    assert_eq!(nodes.instance_ids().into_iter().collect::<BTreeSet<_>>(), before);
    // What touches no node needs none that takes it.
    fixture.run(&[&UP[..], &["--allowed-cidr", "10.0.0.0/8"]].concat()).await.exits(0).ignored();
    put_users(&fixture, &format!("anna:$2y$08${HASH}\n")).await;
    fixture.run(&up).await.exits(0).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn users_that_this_machine_may_not_read_are_left_to_the_nodes() {
    let (fixture, nodes, before) = standing().await;
    fixture.plant(json!({
        "operation": "GetSecretValue", "resource": "UsersSecret", "caller": OPERATOR, "effect": "denied",
    }));
    fixture.run(&[&UP[..], &["--instance-type", "t3.medium"]].concat()).await.exits(0).ignored();
    assert!(before.is_disjoint(&nodes.instance_ids().into_iter().collect()), "the node is another one");
}

/// As aws-cli would change the stack, without dockreg's own look.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_node_that_does_not_take_the_users_takes_no_old_ones_place() {
    let (fixture, nodes, before) = standing().await;
    put_users(&fixture, "no htpasswd entry").await;
    let described = fixture.call("cloudformation", "DescribeStacks", json!({ "StackName": "docker-registry" })).await;
    let keys = described["Stacks"][0]["Parameters"].as_array().cloned().unwrap_or_default();
    let parameters: Vec<Value> = keys
        .iter()
        .map(|own| match own["ParameterKey"].as_str() {
            Some("InstanceType") => json!({ "ParameterKey": "InstanceType", "ParameterValue": "t3.medium" }),
            key => json!({ "ParameterKey": key, "UsePreviousValue": true }),
        })
        .collect();
    let change = json!({
        "StackName": "docker-registry", "UsePreviousTemplate": true, "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": parameters,
    });
    fixture.call("cloudformation", "UpdateStack", change).await;
    assert_eq!(fixture.settled("docker-registry").await, "UPDATE_ROLLBACK_COMPLETE");
    let after: BTreeSet<String> = nodes.instance_ids().into_iter().collect();
    assert!(before.is_subset(&after), "{before:?} became {after:?}");
    fixture.run(&["status"]).await.exits(0).ignored();
}
