//! AWS as it is on a bad day. Passing trouble is survived and told in one line; what is definitive ends at once, and says
//! how to go on.

use serde_json::{Value, json};

use crate::harness::{Fixture, Output, UP};

/// An `up` whose watch meets this effect for some polls.
async fn up_through(effect: Value, polls: u32) -> Output {
    let fixture = Fixture::new().await;
    fixture.plant(json!({ "operation": "DescribeStackEvents", "after": 2, "times": polls, "effect": effect }));
    fixture.run(&UP).await
}

fn count(output: &Output, text: &str) -> usize {
    output.stderr.matches(text).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_survives_what_passes_and_says_it_once() {
    for (effect, told) in [
        (json!("throttle"), "! AWS asks for fewer calls; asking less often"),
        (
            json!({ "fail": { "code": "InternalFailure", "message": "sorry", "status": 500 } }),
            "! AWS fails to answer (sorry)",
        ),
        (json!("bad_gateway"), "! AWS fails to answer (a web page in place of an answer, HTTP status 502)"),
        (json!("cut_before"), "! AWS cannot be reached"),
        (json!("cut_after"), "! AWS cannot be reached"),
        (json!("reset_before"), "! AWS cannot be reached"),
    ] {
        let output = up_through(effect.clone(), 4).await.exits(0);
        assert_eq!(count(&output, told), 1, "{effect}: {output}");
        assert_eq!(count(&output, "AWS answers again"), 1, "{effect}: {output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn different_troubles_in_turn_are_no_flood() {
    let fixture = Fixture::new().await;
    for after in 0..6 {
        let effect = if after % 2 == 0 { "throttle" } else { "cut_before" };
        fixture.plant(json!({ "operation": "DescribeStackEvents", "after": 2, "times": 1, "effect": effect }));
    }
    let output = fixture.run(&UP).await.exits(0);
    assert!(count(&output, "! AWS") <= 2, "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_waited_for_and_a_stalled_one_is_not() {
    up_through(json!({ "slow": 1.0 }), 2).await.exits(0).ignored();
    let began = tokio::time::Instant::now();
    let output = up_through(json!("stall"), 1).await.exits(0);
    assert_eq!(count(&output, "! AWS cannot be reached (no answer in time)"), 1, "{output}");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_expire_while_watching_say_how_to_resume() {
    let output = up_through(json!("expire_token"), 1).await.exits(1);
    assert!(output.stderr.contains("the operation cannot be followed any more; it goes on in AWS"), "{output}");
    assert!(output.stderr.contains("AWS_ACCESS_KEY_ID"), "{output}");
    assert!(output.stderr.contains("to follow it again: dockreg up"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definitive_refusal_while_watching_ends_at_once() {
    let fixture = Fixture::new().await;
    let denied = json!({ "fail": { "code": "AccessDenied", "message": "not you", "status": 403 } });
    fixture.plant(json!({ "operation": "DescribeStackEvents", "after": 2, "effect": denied }));
    let output = fixture.run(&UP).await.exits(1);
    assert!(output.stderr.contains("the AWS credentials may not do DescribeStackEvents: not you"), "{output}");
    assert!(output.stderr.contains("to follow it again: dockreg up"), "{output}");
    assert_eq!(
        fixture.region().region().journal.count("DescribeStackEvents"),
        3,
        "asked once more than it was allowed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_named_with_its_error() {
    let fixture = Fixture::new().await;
    fixture.plant(json!({ "effect": "skewed_clock" }));
    let output = fixture.run(&UP).await.exits(1);
    assert!(output.stderr.contains("this machine's clock is 1 h 0 min"), "{output}");
    assert!(output.stderr.contains("timedatectl"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_says_how_to_log_in_again() {
    let mut fixture = Fixture::new().await;
    fixture.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY").unset("AWS_SESSION_TOKEN");
    let config = "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example.test/start\n\
                  [profile work]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = admin\n\
                  [profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = work\n";
    let config = fixture.file("config", config);
    fixture.set("AWS_CONFIG_FILE", config.display().to_string());
    for profile in ["work", "admin"] {
        let output =
            fixture.run(&["up", "--domain", "docker.example.test", "--yes", "--profile", profile]).await.exits(1);
        assert!(output.stderr.contains("log in again: aws sso login --profile work"), "{profile}: {output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_found_is_said() {
    let mut fixture = Fixture::new().await;
    fixture.set("AWS_ENDPOINT_URL", "http://aws.invalid:4566").set("AWS_MAX_ATTEMPTS", "1");
    let output = fixture.run(&UP).await.exits(1);
    assert!(output.stderr.contains("AWS cannot be reached"), "{output}");
    assert!(output.stderr.contains("dns error") && output.stderr.contains("the region's name"), "{output}");
}
