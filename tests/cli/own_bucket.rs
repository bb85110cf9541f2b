//! A bucket of one's own (`up --bucket`): what would let every push fail, or heap up in it, is seen before anything is made.

use std::collections::BTreeMap;

use dockreg_region::fault::{Effect, Fault};
use dockreg_region::service::s3::{NewBucket, create_bucket};
use serde_json::{Value, json};

use crate::harness::{Fixture, HOST, Output};

const NAME: &str = "images-of-our-own";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A bucket with these settings, as CloudFormation names them.
async fn bucket(fixture: &Fixture, settings: Value) {
    let settings: BTreeMap<String, Value> = serde_json::from_value(settings).expect("settings");
    let new = NewBucket { name: NAME.to_owned(), location: "us-east-1".to_owned(), settings, ..NewBucket::default() };
    create_bucket(&fixture.region().region(), new).await.expect("a bucket");
}

fn encrypted(by: Value) -> Value {
    json!({ "BucketEncryption": { "ServerSideEncryptionConfiguration": [{ "ServerSideEncryptionByDefault": by }] } })
}

async fn planned(fixture: &Fixture) -> Output {
    fixture.run(&["up", "--domain", HOST, "--bucket", NAME, "--dry-run"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_nodes_could_not_write_into_is_refused_with_its_key() {
    let fixture = Fixture::new().await;
    bucket(&fixture, encrypted(json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY }))).await;
    let refused = fixture.run(&["up", "--domain", HOST, "--bucket", NAME, "--yes"]).await.exits(1);
    assert!(refused.stderr.contains(&format!("bucket {NAME} encrypts by the key {KEY}")), "{refused}");
    assert!(refused.stderr.contains(&format!("aws s3api put-bucket-encryption --bucket {NAME}")), "{refused}");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_aws_manages_are_no_obstacle() {
    for by in [
        json!({ "SSEAlgorithm": "AES256" }),
        json!({ "SSEAlgorithm": "aws:kms" }),
        json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:123456789012:alias/aws/s3" }),
    ] {
        let fixture = Fixture::new().await;
        bucket(&fixture, encrypted(by.clone())).await;
        let output = planned(&fixture).await.exits(0);
        assert!(!output.stderr.contains("encrypt"), "{by}\n{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_heap_up_is_warned_of() {
    let words = format!("bucket {NAME} keeps the parts of pushes that broke off for ever");
    let aborting = |status: &str, prefix: &str| {
        json!({ "LifecycleConfiguration": { "Rules": [{ "Id": "a", "Status": status, "Filter": { "Prefix": prefix },
            "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 7 } }] } })
    };
    let expiring = json!({ "LifecycleConfiguration": { "Rules": [{ "Id": "a", "Status": "Enabled",
        "Filter": { "Prefix": "logs/" }, "Expiration": { "Days": 30 } }] } });
    for (settings, is_warned) in [
        (json!({}), true),
        (expiring, true),
        (aborting("Disabled", ""), true),
        (aborting("Enabled", "logs/"), true),
        (aborting("Enabled", ""), false),
        (aborting("Enabled", "docker/"), false),
    ] {
        let fixture = Fixture::new().await;
        bucket(&fixture, settings.clone()).await;
        let output = planned(&fixture).await.exits(0);
        assert_eq!(output.stderr.contains(&words), is_warned, "{settings}\n{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_it_is_told_and_served() {
    let fixture = Fixture::new().await;
    bucket(&fixture, json!({})).await;
    for operation in ["GetBucketEncryption", "GetBucketLifecycleConfiguration"] {
        fixture.region().region().plant(Fault {
            service: Some("s3".to_owned()),
            operation: Some(operation.to_owned()),
            effect: Effect::Fail { code: "AccessDenied".into(), message: "no".into(), status: Some(403) },
            ..Fault::default()
        });
    }
    let output = planned(&fixture).await.exits(0);
    assert!(output.stderr.contains(&format!("how bucket {NAME} is encrypted could not be seen")), "{output}");
    assert!(!output.stderr.contains("for ever"), "{output}");
}
