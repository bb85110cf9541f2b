//! Who is let in, and what a wrong caller is told.

use dockreg_region::Running;
use jiff::SignedDuration;
use serde_json::json;

use crate::signer::{Answer, Ask, region};

const IDENTITY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

fn says(answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(text), "{text} expected in {}", answer.body);
}

#[tokio::test]
async fn the_operator_is_let_in_and_noted() {
    let running = region().await;
    says(&Ask::query("sts", IDENTITY).answer(&running).await, 200, ":user/operator</Arn>");
    let journal = running.region().journal.entries();
    assert_eq!(journal.len(), 1);
    assert_eq!((journal[0].operation.as_str(), journal[0].outcome.as_str()), ("GetCallerIdentity", "ok"));
    assert!(running.region().journal.timeline().contains("GetCallerIdentity"));
    running.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_so() {
    let running = region().await;
    for (minutes, says_so) in [(-6, "Signature expired: "), (6, "Signature not yet current: ")] {
        let mut off = Ask::query("sts", IDENTITY);
        off.at += SignedDuration::from_mins(minutes);
        says(&off.answer(&running).await, 403, says_so);
    }
    let mut near = Ask::query("sts", IDENTITY);
    near.at -= SignedDuration::from_mins(4);
    assert_eq!(near.answer(&running).await.status, 200);
    let mut late = Ask::query("ec2", "Action=DescribeVpcs&Version=2016-11-15");
    late.at -= SignedDuration::from_mins(6);
    says(&late.answer(&running).await, 400, "<Code>RequestExpired</Code>");
}

#[tokio::test]
async fn a_wrong_secret_is_no_signature() {
    let running = region().await;
    for (mut ask, status, code) in [
        (Ask::query("sts", IDENTITY), 403, "<Code>SignatureDoesNotMatch</Code>"),
        (Ask::query("ec2", "Action=DescribeVpcs&Version=2016-11-15"), 401, "<Code>AuthFailure</Code>"),
        (Ask::json("acm", "CertificateManager.ListCertificates", &json!({})), 400, "InvalidSignatureException"),
        (Ask { method: "GET", ..Ask::new("s3") }, 403, "<Code>SignatureDoesNotMatch</Code>"),
    ] {
        ask.secret = "not/the/secret/of/this/key/0000000000000".to_owned();
        says(&ask.answer(&running).await, status, code);
    }
}

#[tokio::test]
async fn scope_and_body_are_part_of_the_signature() {
    let running = region().await;
    let far = Ask { region: "eu-west-1", ..Ask::query("sts", IDENTITY) };
    says(&far.answer(&running).await, 403, "Credential should be scoped to a valid region");
    let host = running.endpoint().replace("http://", "");
    let (headers, _) = Ask::query("sts", IDENTITY).signed(&host);
    let changed = format!("{IDENTITY}&x=1").into_bytes();
    let answer = crate::signer::send(&host, "POST", "/", headers, changed).await.expect("an answer");
    says(&answer, 403, "SignatureDoesNotMatch");
    let unsigned = crate::signer::send(&host, "POST", "/", vec![], IDENTITY.into()).await.expect("an answer");
    assert_eq!(unsigned.status, 403);
}

/// A role with one policy, and credentials of an instance that has it.
fn node(running: &Running, statement: serde_json::Value) -> (String, String, String) {
    let region = running.region();
    region.world(|world| {
        let trust = json!({ "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole" } });
        let new = dockreg_region::service::iam::roles::NewRole {
            name: "node".to_owned(),
            assume_role_policy: trust,
            ..Default::default()
        };
        world.iam.create_role(&region, new).expect("a role");
        world.iam.put_role_policy("node", "p", json!({ "Statement": statement })).expect("a policy");
        let made = world.iam.mint(&region, "node", "i-1");
        (made.access_key_id, made.secret_access_key, made.session_token)
    })
}

#[tokio::test]
async fn a_node_may_do_what_its_role_allows_and_nothing_else() {
    let running = region().await;
    let make = |name: &str| {
        let body = json!({ "Name": name, "SecretString": "s" });
        Ask::json("secretsmanager", "secretsmanager.CreateSecret", &body)
    };
    for name in ["mine", "other"] {
        assert_eq!(make(name).answer(&running).await.status, 200);
    }
    let resource = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mine-*";
    let allow = json!({ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": resource });
    let (key, secret, token) = node(&running, allow);
    let get = |name: &str| Ask {
        key: key.clone(),
        secret: secret.clone(),
        token: Some(token.clone()),
        ..Ask::json("secretsmanager", "secretsmanager.GetSecretValue", &json!({ "SecretId": name }))
    };
    says(&get("mine").answer(&running).await, 200, "\"SecretString\":\"s\"");
    says(&get("other").answer(&running).await, 400, "AccessDeniedException");
    let stray = Ask { token: None, ..get("mine") };
    says(&stray.answer(&running).await, 400, "UnrecognizedClientException");
    running.region().world(|world| {
        if let Some(one) = world.iam.keys.get_mut(&key) {
            one.expires = Some(0.0);
        }
    });
    says(&get("mine").answer(&running).await, 400, "ExpiredTokenException");
    let asked = Ask { key, secret, token: Some(token), ..Ask::query("sts", IDENTITY) };
    says(&asked.answer(&running).await, 403, "<Code>ExpiredToken</Code>");
}

#[tokio::test]
async fn what_the_model_does_not_know_is_refused() {
    let running = region().await;
    let ec2 = |form: &str| Ask::query("ec2", form);
    let unknown = ec2("Action=DescribeVpcs&Version=2016-11-15&Bogus=1").answer(&running).await;
    says(&unknown, 400, "The parameter Bogus is not recognized");
    says(&ec2("Action=Fly&Version=2016-11-15").answer(&running).await, 400, "<Code>InvalidAction</Code>");
    let missing = Ask::query("cloudformation", "Action=ExecuteChangeSet&Version=2010-05-15").answer(&running).await;
    says(&missing, 400, "Value null at 'changeSetName'");
    let typed = Ask::json("ssm", "AmazonSSM.GetParameter", &json!({ "Name": 1 })).answer(&running).await;
    says(&typed, 400, "SerializationException");
    assert!(running.region().journal.bugs().is_empty());
}
