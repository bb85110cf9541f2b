//! Errors on request: each service's own code and words, how often, before and after the effect.

use dockreg_region::Running;
use dockreg_region::fault::{Effect, Fault};
use serde_json::json;

use crate::signer::{Ask, region};

/// A fault of one operation.
pub fn fault(operation: &str, times: u32, effect: Effect) -> Fault {
    Fault { operation: Some(operation.to_owned()), times: Some(times), effect, ..Fault::default() }
}

/// A call that leaves a secret behind.
pub fn create(name: &str) -> Ask {
    let body = json!({ "Name": name, "SecretString": "s" });
    Ask::json("secretsmanager", "secretsmanager.CreateSecret", &body)
}

/// Whether the secret is there.
pub fn kept(running: &Running, name: &str) -> bool {
    running.region().world(|world| world.secretsmanager.secret(name).is_ok())
}

/// One call of each kind of service: name, call, how its errors show a code.
fn calls() -> Vec<(&'static str, Ask)> {
    let mut buckets = Ask::new("s3");
    buckets.method = "GET";
    let mut zones = Ask::new("route53");
    (zones.method, zones.path) = ("GET", "/2013-04-01/hostedzone".to_owned());
    vec![
        ("query", Ask::query("cloudformation", "Action=DescribeStacks&Version=2010-05-15")),
        ("ec2", Ask::query("ec2", "Action=DescribeVpcs&Version=2016-11-15")),
        ("json", Ask::json("acm", "CertificateManager.ListCertificates", &json!({}))),
        ("route53", zones),
        ("s3", buckets),
    ]
}

/// Status, and whether code and words are in the answer, of each call.
async fn each_says(effect: Effect, expected: [(u16, &str, &str); 5]) {
    let running = region().await;
    running.region().plant(Fault { effect, ..Fault::default() });
    for ((kind, ask), (status, code, words)) in calls().into_iter().zip(expected) {
        let answer = ask.answer(&running).await;
        assert_eq!(answer.status, status, "{kind}: {}", answer.body);
        assert!(answer.body.contains(code) && answer.body.contains(words), "{kind}: {}", answer.body);
    }
    assert!(running.region().journal.bugs().is_empty());
}

#[tokio::test]
async fn throttling_has_each_services_code() {
    let rate = "Rate exceeded";
    let expected = [
        (400, "<Code>Throttling</Code>", rate),
        (503, "<Code>RequestLimitExceeded</Code>", "Request limit exceeded."),
        (400, "ThrottlingException", rate),
        (400, "<Code>Throttling</Code>", rate),
        (503, "<Code>SlowDown</Code>", "Please reduce your request rate."),
    ];
    each_says(Effect::Throttle, expected).await;
}

#[tokio::test]
async fn expired_tokens_have_each_services_code() {
    let expired = "The security token included in the request is expired";
    let expected = [
        (403, "<Code>ExpiredToken</Code>", expired),
        (400, "<Code>RequestExpired</Code>", "Request has expired."),
        (400, "ExpiredTokenException", expired),
        (403, "<Code>ExpiredToken</Code>", expired),
        (400, "<Code>ExpiredToken</Code>", "The provided token has expired."),
    ];
    each_says(Effect::ExpireToken, expected).await;
}

#[tokio::test]
async fn a_denial_names_the_caller_and_the_action() {
    let expected = [
        (403, "<Code>AccessDenied</Code>", "perform: cloudformation:DescribeStacks"),
        (403, "<Code>UnauthorizedOperation</Code>", "perform: ec2:DescribeVpcs"),
        (400, "AccessDeniedException", "user/operator is not authorized to perform: acm:ListCertificates"),
        (403, "<Code>AccessDenied</Code>", "route53:ListHostedZones"),
        (403, "<Code>AccessDenied</Code>", ""),
    ];
    each_says(Effect::Denied, expected).await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_in_each_services_way() {
    let (expired, too_large) = ("Signature expired: ", "request time and the current time is too large");
    let expected = [
        (403, "<Code>SignatureDoesNotMatch</Code>", expired),
        (400, "<Code>RequestExpired</Code>", "Request has expired."),
        (400, "InvalidSignatureException", expired),
        (403, "<Code>SignatureDoesNotMatch</Code>", expired),
        (403, "<Code>RequestTimeTooSkewed</Code>", too_large),
    ];
    each_says(Effect::SkewedClock, expected).await;
}

#[tokio::test]
async fn a_failure_of_the_service_is_its_own_500() {
    let unknown = "unknown error, exception or failure";
    let expected = [
        (500, "<Code>InternalFailure</Code>", unknown),
        (500, "<Code>InternalError</Code>", "An internal error has occurred"),
        (500, "InternalFailure", unknown),
        (500, "<Code>InternalFailure</Code>", unknown),
        (500, "<Code>InternalError</Code>", "We encountered an internal error."),
    ];
    each_says(Effect::InternalFailure, expected).await;
}

#[tokio::test]
async fn a_proxy_on_the_way_answers_in_html() {
    let page = (502, "<html>", "<h1>502 Bad Gateway</h1>");
    each_says(Effect::BadGateway, [page; 5]).await;
}

#[tokio::test]
async fn a_throttled_call_is_refused_as_often_as_asked() {
    let running = region().await;
    running.region().plant(fault("DescribeVpcs", 2, Effect::Throttle));
    let ask = Ask::query("ec2", "Action=DescribeVpcs&Version=2016-11-15");
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(ask.answer(&running).await.status);
    }
    assert_eq!(statuses, [503, 503, 200]);
    assert_eq!(running.region().journal.count("DescribeVpcs"), 3);
    assert_eq!(running.region().journal.entries()[0].outcome, "RequestLimitExceeded");
}

#[tokio::test]
async fn an_error_comes_before_the_effect_or_after_it() {
    let running = region().await;
    running.region().plant(fault("CreateSecret", 1, Effect::InternalFailure));
    assert_eq!(create("before").answer(&running).await.status, 500);
    assert!(!kept(&running, "before"));
    let late = Fault { after_effect: true, ..fault("CreateSecret", 1, Effect::InternalFailure) };
    running.region().plant(late);
    assert_eq!(create("after").answer(&running).await.status, 500);
    assert!(kept(&running, "after"));
}

#[tokio::test]
async fn a_fault_of_one_resource_leaves_the_others_alone() {
    let running = region().await;
    let fault = Fault { resource: Some("\"one\"".to_owned()), ..fault("CreateSecret", 1, Effect::Throttle) };
    running.region().plant(fault);
    assert_eq!(create("other").answer(&running).await.status, 200);
    assert_eq!(create("one").answer(&running).await.status, 400);
    assert_eq!(create("one").answer(&running).await.status, 200);
}

#[tokio::test]
async fn a_probability_hits_a_share_of_the_calls() {
    let running = region().await;
    let fault =
        Fault { probability: Some(0.5), times: None, seed: 5, ..fault("GetCallerIdentity", 0, Effect::Throttle) };
    running.region().plant(fault);
    let ask = Ask::query("sts", "Action=GetCallerIdentity&Version=2011-06-15");
    let mut refused = 0;
    for _ in 0..60 {
        refused += u32::from(ask.answer(&running).await.status == 400);
    }
    assert!((20..=40).contains(&refused), "{refused} of 60");
}
