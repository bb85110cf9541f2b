//! The document itself: as it is printed, and against what the source calls.

use std::collections::BTreeSet;
use std::path::Path;

use dockreg_region::Options;
use dockreg_region::service::iam::roles::NewRole;
use regex::Regex;
use serde_json::{Value, json};

use crate::harness::{Fixture, HOST};

#[tokio::test(flavor = "multi_thread")]
async fn it_is_printed_without_credentials() {
    let mut fixture = Fixture::new().await;
    fixture.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY").unset("AWS_SESSION_TOKEN");
    insta::assert_snapshot!("policy_text", fixture.run(&["iam-policy"]).await.exits(0).transcript());
    let document = fixture.run(&["iam-policy", "--output", "json", "--stack-name", "other"]).await.exits(0).document();
    let policy = document["data"]["policy"].to_string();
    assert!(policy.contains(":stack/other/*") && !policy.contains("docker-registry"), "{policy}");
    assert!(policy.contains("arn:aws:s3:::other-bucket-*") && policy.contains(":role/other-NodeRole-*"), "{policy}");
    assert_eq!(document["data"]["characters"], policy.len());
    assert!(fixture.region().region().journal.entries().is_empty(), "nothing is asked of AWS");
    fixture.unset("AWS_REGION").unset("AWS_DEFAULT_REGION");
    let refused = fixture.run(&["iam-policy"]).await.exits(1);
    assert!(refused.stderr.contains("no AWS region is set"), "{refused}");
}

/// Whoever adds a call to `src/aws` is told to add it to the table.
#[test]
fn the_table_knows_every_operation_that_the_source_calls() {
    let operations = operations_called();
    assert!(operations.len() > 40, "{operations:?}");
    let granted: BTreeSet<String> = dockreg::registry::policy::actions()
        .iter()
        .filter_map(|own| own.split(':').nth(1))
        .map(str::to_owned)
        .collect();
    // Their actions have other names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    let named_otherwise = [
        "DeleteObjects",
        "GetBucketEncryption",
        "GetBucketLifecycleConfiguration",
        "ListBuckets",
        "ListObjectVersions",
        "PutBucketLifecycleConfiguration",
    ];
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no permission is needed.
    let free = ["GetCallerIdentity"];
    let exempt = [&named_otherwise[..], &free].concat();
    let missing: Vec<_> =
        operations.iter().filter(|own| !granted.contains(*own) && !exempt.contains(&own.as_str())).collect();
    assert!(missing.is_empty(), "not in src/registry/policy/table.rs: {missing:?}");
}

/// The operations that errors in `src/aws` name: every call names its own.
fn operations_called() -> BTreeSet<String> {
    let named = Regex::new(r#"(?:AwsCallError::of\(|OPERATION: &str = )"(\w+)""#).expect("a pattern");
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a file of the source");
            found.extend(named.captures_iter(&text).map(|own| own[1].to_owned()));
        }
    }
    found
}

/// `up --role-arn`: the caller's part passes the role, and the role's part makes the resources.
#[tokio::test(flavor = "multi_thread")]
async fn caller_and_role_hold_a_part_each() {
    let role = "arn:aws:iam::123456789012:role/deployer";
    let fixture = Fixture::with(Options { new_account: true, ..Options::default() }).await;
    super::scenes::patient(&fixture);
    let policy = async |flags: &[&str]| -> Value {
        let output = fixture.run(&[&["iam-policy"], flags].concat()).await.exits(0);
        serde_json::from_str(&output.stdout).expect("JSON")
    };
    let (caller, of_role) = (policy(&["--role-arn", role]).await, policy(&["--for-role"]).await);
    let region = fixture.region().region();
    region.world(|world| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": "cloudformation.amazonaws.com" } }] });
        let new = NewRole { name: "deployer".to_owned(), assume_role_policy: trust, ..NewRole::default() };
        world.iam.create_role(&region, new).expect("a role");
        world.iam.put_role_policy("deployer", "dockreg", of_role.clone()).expect("a policy");
        world.iam.caller_policy = Some(caller.clone());
    });
    fixture.run(&["up", "--domain", HOST, "--role-arn", role, "--yes"]).await.exits(0).ignored();
    fixture.run(&["up", "--nodes", "2", "--yes"]).await.exits(0).ignored();
    fixture.run(&["down", "--yes"]).await.exits(0).ignored();
    let asked = region.journal.asked("user/operator");
    assert!(asked.contains("iam:PassRole") && !asked.contains("iam:CreateRole"), "{asked:?}");
    // Without the role there is nothing that the caller could make.
    let refused = fixture.run(&["up", "--domain", HOST, "--yes"]).await.exits(3);
    assert!(refused.stderr.contains("not authorized to perform"), "{refused}");
}
