//! What the user or the account got wrong: the documented code, a message that says what to do, nothing half made.

use dockreg_region::fault::{Effect, Fault};
use serde_json::json;

use crate::harness::{Fixture, HOST, Output, UP};

/// The run was refused, and nothing was made.
async fn refused(fixture: &Fixture, name: &str, arguments: &[&str]) {
    let output: Output = fixture.run(arguments).await.exits(1);
    assert!(output.stderr.contains("next:"), "no advice in\n{output}");
    insta::assert_snapshot!(format!("refused_{name}"), output.transcript());
    assert!(fixture.stacks().await.is_empty(), "a stack was left");
    assert!(fixture.buckets().is_empty(), "a bucket was left");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_terminal_and_no_yes() {
    refused(&Fixture::new().await, "no_terminal", &["up", "--domain", HOST]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_there() {
    let fixture = Fixture::new().await;
    refused(&fixture, "certificate_unknown", &["up", "--domain", HOST, "--certificate", "absent", "--yes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_cover_the_host() {
    let fixture = Fixture::new().await;
    refused(&fixture, "certificate_other", &["up", "--domain", "other.example.test", "--yes"]).await;
    let named = ["up", "--domain", "other.example.test", "--certificate", HOST, "--yes"];
    refused(&fixture, "certificate_named_other", &named).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate() {
    let fixture = Fixture::new().await;
    let issued = fixture.region().authority().issue_for(&["old.example.test".into()], -90, -1).expect("a certificate");
    fixture.keep("old", &issued);
    refused(&fixture, "certificate_expired", &["up", "--domain", "old.example.test", "--yes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_not_there() {
    let fixture = Fixture::new().await;
    refused(&fixture, "zone_unknown", &["up", "--domain", HOST, "--dns-zone", "nowhere.test", "--yes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subnets_of_one_zone() {
    let fixture = Fixture::new().await;
    let described = fixture.call("ec2", "DescribeSubnets", json!({})).await;
    let first = described["Subnets"][0]["SubnetId"].as_str().expect("a subnet").to_owned();
    let named = format!("{first},{first}");
    refused(&fixture, "subnets_same_zone", &["up", "--domain", HOST, "--subnets", &named, "--yes"]).await;
    let unknown = ["up", "--domain", HOST, "--subnets", "subnet-0000,subnet-1111", "--yes"];
    refused(&fixture, "subnets_unknown", &unknown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_htpasswd_file_with_a_plain_password() {
    let fixture = Fixture::new().await;
    fixture.file("users", "anna:hunter2\n");
    refused(&fixture, "htpasswd_plain", &["up", "--domain", HOST, "--htpasswd", "users", "--yes"]).await;
    assert!(!fixture.printed().contains("hunter2"));
    refused(&fixture, "htpasswd_missing", &["up", "--domain", HOST, "--htpasswd", "absent", "--yes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_of_that_name_that_somebody_else_made() {
    let fixture = Fixture::new().await;
    let body = json!({ "Resources": { "Theirs": { "Type": "AWS::EC2::SecurityGroup",
        "Properties": { "GroupDescription": "not a registry" } } } });
    let input = json!({ "StackName": "docker-registry", "TemplateBody": body.to_string() });
    fixture.call("cloudformation", "CreateStack", input).await;
    for (name, arguments) in
        [("foreign_up", &UP[..]), ("foreign_status", &["status"]), ("foreign_down", &["down", "--yes"])]
    {
        let output = fixture.run(arguments).await.exits(1);
        insta::assert_snapshot!(format!("refused_{name}"), output.transcript());
    }
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    assert_eq!(fixture.stacks().await, ["docker-registry"], "it is not touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_missing_wrong_or_expired() {
    let mut fixture = Fixture::new().await;
    fixture.set("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS0");
    refused(&fixture, "credentials_wrong", &UP).await;
    fixture.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    refused(&fixture, "credentials_missing", &UP).await;

    let fixture = Fixture::new().await;
    fixture.region().region().plant(Fault { effect: Effect::ExpireToken, ..Fault::default() });
    let output = fixture.run(&UP).await.exits(1);
    insta::assert_snapshot!("refused_credentials_expired", output.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_profile_comes_before_keys_of_the_environment() {
    let mut fixture = Fixture::new().await;
    std::fs::create_dir(fixture.home().join(".aws")).expect("a directory");
    let keys = |id: &str, secret: &str| format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    let environment = fixture.region().environment();
    let own = |name: &str| environment.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    let (id, secret) = (own("AWS_ACCESS_KEY_ID").expect("an id"), own("AWS_SECRET_ACCESS_KEY").expect("a key"));
    let right = keys(&id, &secret);
    let wrong = keys("AKIANOBODYKNOWSTHIS0", "nothing");
    fixture.file(".aws/config", &format!("[profile right]\n{right}\n[profile wrong]\n{wrong}"));
    let output = fixture.run(&["cert", "list", "--profile", "wrong"]).await.exits(1);
    assert!(output.stderr.contains("next: renew the credentials: aws configure --profile wrong"), "{output}");
    let output = fixture.run(&["cert", "list", "--profile", "absent"]).await.exits(1);
    assert!(output.stderr.contains("error: there is no AWS profile absent"), "{output}");
    fixture.set("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS0").set("AWS_SECRET_ACCESS_KEY", "nothing");
    fixture.run(&["cert", "list", "--profile", "right"]).await.exits(0).ignored();
    fixture.run(&["cert", "list"]).await.exits(1).ignored();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_region_than_the_endpoints() {
    let output = Fixture::new().await.run(&["status", "--region", "eu-west-1"]).await.exits(1);
    assert!(output.stderr.contains("next: look at --region, AWS_REGION"), "{output}");
    assert!(!output.stderr.contains("AWS_ACCESS_KEY_ID"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_region() {
    let mut fixture = Fixture::new().await;
    fixture.unset("AWS_REGION").unset("AWS_DEFAULT_REGION").unset("AWS_ACCESS_KEY_ID");
    refused(&fixture, "no_region", &UP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_nobody_listens_at() {
    let mut fixture = Fixture::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
    fixture.set("AWS_ENDPOINT_URL", format!("http://{free}"));
    refused(&fixture, "endpoint_unreachable", &UP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_nodes_than_the_account_may_run() {
    let fixture = Fixture::new().await;
    fixture.region().region().world(|world| world.ec2.vcpu_quota = Some(5));
    refused(&fixture, "quota", &["up", "--domain", HOST, "--nodes", "3", "--yes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_tight_is_told_so_and_served() {
    let fixture = Fixture::new().await;
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    fixture.region().region().world(|world| {
        world.ec2.vcpu_quota = Some(5);
        world.ec2.ebs_key = Some(key.to_owned());
    });
    let output = fixture.run(&["up", "--domain", HOST, "--nodes", "2", "--dry-run"]).await.exits(0);
    assert!(output.stderr.contains("too few for the one more that a rolling change starts first"), "{output}");
    assert!(output.stderr.contains(key), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_cannot_be_read_stops_nothing() {
    let fixture = Fixture::new().await;
    fixture.region().region().plant(Fault {
        service: Some("service-quotas".to_owned()),
        operation: Some("GetServiceQuota".to_owned()),
        effect: Effect::Fail { code: "ServiceException".into(), message: "no".into(), status: Some(500) },
        ..Fault::default()
    });
    let output = fixture.run(&["up", "--domain", HOST, "--dry-run"]).await.exits(0);
    assert!(output.stdout.contains("18 resources"), "{output}");
}

/// Without a look beforehand the group refuses it, some minutes in.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_pair_that_is_not_there() {
    let fixture = Fixture::new().await;
    let with_key = |key| ["up", "--domain", HOST, "--key-name", key, "--yes"];
    let refused = fixture.run(&with_key("nobodys")).await.exits(1);
    assert!(refused.stderr.contains("error: there is no key pair nobodys in us-east-1"), "{refused}");
    assert!(refused.stderr.contains("leave --key-name away"), "{refused}");
    assert!(fixture.mutations().is_empty(), "{:?}", fixture.mutations());
    fixture.run(&with_key("operator")).await.exits(0).ignored();
    // What the stack has is not looked for again.
    let before = fixture.region().region().journal.count("DescribeKeyPairs");
    fixture.run(&with_key("operator")).await.exits(0).ignored();
    assert_eq!(fixture.region().region().journal.count("DescribeKeyPairs"), before);
}

/// Who may not look finds out then.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_pair_that_may_not_be_looked_for() {
    let fixture = Fixture::new().await;
    fixture.plant(json!({
        "operation": "DescribeKeyPairs", "effect": { "fail": { "code": "UnauthorizedOperation", "message": "not you", "status": 403 } },
    }));
    let failed = fixture.run(&["up", "--domain", HOST, "--key-name", "nobodys", "--yes"]).await.exits(3);
    assert!(failed.stderr.contains("there is no key pair of that name in this region: see --key-name"), "{failed}");
}
