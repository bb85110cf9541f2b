//! The region's own paths, as somebody who plays with it uses them, and faults from a file.

use std::process::Stdio;
use std::time::Duration;

use dockreg_region::Running;
use dockreg_region::clock::ClockChange;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::events::create;
use crate::signer::{Answer, Ask, region, send};

async fn own(running: &Running, method: &str, path: &str, body: &str) -> Answer {
    let host = running.endpoint().replace("http://", "");
    let headers = vec![("host".to_owned(), host.clone())];
    send(&host, method, path, headers, body.as_bytes().to_vec()).await.expect("an answer")
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

#[tokio::test]
async fn faults_are_added_listed_and_cleared_while_it_runs() {
    let running = region().await;
    let ask = Ask::query("sts", "Action=GetCallerIdentity&Version=2011-06-15");
    let planted = r#"[{ "service": "sts", "operation": "GetCallerIdentity", "times": 2, "effect": "throttle" }]"#;
    assert_eq!(own(&running, "POST", "/_region/faults", planted).await.status, 204);
    assert_eq!(ask.answer(&running).await.status, 400);
    let listed = json(&own(&running, "GET", "/_region/faults", "").await);
    let expected = json!([{ "service": "sts", "operation": "GetCallerIdentity", "after": 0, "times": 2, "seed": 0,
        "after_effect": false, "effect": "throttle", "calls": 1, "hits": 1 }]);
    assert_eq!(listed, expected);
    assert_eq!(own(&running, "DELETE", "/_region/faults", "").await.status, 204);
    assert_eq!(json(&own(&running, "GET", "/_region/faults", "").await), json!([]));
    assert_eq!(ask.answer(&running).await.status, 200);
}

#[tokio::test]
async fn wrong_faults_are_refused_whole_and_with_what_is_wrong() {
    let running = region().await;
    for (text, problem) in [
        ("[{", "not an array of faults: EOF while parsing"),
        (r#"[{ "effect": "trottle" }]"#, "unknown variant `trottle`, expected one of `fail`, `throttle`"),
        (r#"[{ "service": "sqs", "effect": "throttle" }]"#, "fault 1: the region has no service sqs"),
        (
            r#"[{ "effect": "throttle" }, { "service": "ec2", "operation": "DescribeStacks", "effect": "throttle" }]"#,
            "fault 2: the region has no operation DescribeStacks",
        ),
        (r#"[{ "probability": 2, "effect": "throttle" }]"#, "fault 1: probability must be above 0 and at most 1"),
    ] {
        let answer = own(&running, "POST", "/_region/faults", text).await;
        assert_eq!(answer.status, 400, "{text}");
        assert!(answer.body.contains(problem), "{}", answer.body);
    }
    assert_eq!(json(&own(&running, "GET", "/_region/faults", "").await), json!([]));
}

#[tokio::test]
async fn the_clock_is_seen_changed_stopped_and_stepped() {
    let running = region().await;
    let clock = async |change: &str| own(&running, "POST", "/_region/clock", change).await;
    assert_eq!(json(&own(&running, "GET", "/_region/clock", "").await)["speed"], 600.0);
    // So fast that everything would end at once if it did not stand still.
    assert_eq!(
        json(&clock(r#"{"speed": 1000000}"#).await),
        json!({ "speed": 1000000.0, "paused": false, "stepped": 0.0 })
    );
    assert_eq!(json(&clock(r#"{"paused": true}"#).await)["paused"], true);
    create(&running, "stepped").await;
    let ended = || {
        running
            .region()
            .journal
            .changes()
            .iter()
            .any(|change| change.state == "CREATE_COMPLETE" && change.what == "stack stepped")
    };
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let mut steps = 0;
    while !ended() {
        steps += 1;
        assert_eq!(json(&clock(r#"{"step": 3600}"#).await)["stepped"], 3600.0 * f64::from(steps));
        ticks.tick().await;
    }
    assert!(steps > 1, "two resources, one after the other, in one step");
    for (change, problem) in [
        (r#"{"speed": 0}"#, "speed must be above 0"),
        (r#"{"sped": 1}"#, "not a change of the clock: unknown field `sped`"),
        (r#"{"paused": false, "step": 1}"#, "only a paused clock can be stepped"),
    ] {
        let answer = clock(change).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains(problem), "{}", answer.body);
    }
    assert!(running.region().clock.change(ClockChange { speed: Some(60.0), ..ClockChange::default() }).is_ok());
    assert_eq!(json(&own(&running, "GET", "/_region/clock", "").await)["speed"], 60.0);
}

#[tokio::test]
async fn faults_come_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("faults.json");
    let program = |text: &str| {
        std::fs::write(&file, text).expect("the folder takes a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockreg-region"));
        command.args(["--faults", &file.display().to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.spawn().expect("the program starts")
    };
    let mut good = program(r#"[{ "operation": "DescribeStacks", "effect": "denied" }]"#);
    let mut lines = BufReader::new(good.stdout.take().expect("its output")).lines();
    let line = lines.next_line().await.expect("a line").expect("a line");
    let host = line.split('\'').nth(1).and_then(|url| url.strip_prefix("http://")).expect("the endpoint").to_owned();
    let headers = vec![("host".to_owned(), host.clone())];
    let listed = send(&host, "GET", "/_region/faults", headers, Vec::new()).await.expect("an answer");
    assert_eq!(json(&listed)[0]["effect"], "denied");
    let bad =
        program(r#"[{ "operation": "DescribeStack", "effect": "denied" }]"#).wait_with_output().await.expect("it ends");
    assert!(!bad.status.success());
    let said = String::from_utf8_lossy(&bad.stderr);
    assert!(said.contains("faults.json: fault 1: the region has no operation DescribeStack"), "{said}");
}
