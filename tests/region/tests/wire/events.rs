//! Faults of resources, and events that drip.

use std::time::Duration;

use dockreg_region::Running;
use dockreg_region::fault::{Effect, Fault};

use crate::signer::{Ask, region};

const TEMPLATE: &str = r#"{"Resources":{
    "First":{"Type":"AWS::SSM::Parameter","Properties":{"Name":"/first","Type":"String","Value":"one"}},
    "Second":{"Type":"AWS::SSM::Parameter","DependsOn":"First","Properties":{"Name":"/second","Type":"String","Value":"two"}}}}"#;

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, dockreg_region::wire::UNRESERVED).to_string()
}

/// Creates a stack of two parameters, one after the other.
pub async fn create(running: &Running, name: &str) {
    let form = format!("Action=CreateStack&Version=2010-05-15&StackName={name}&TemplateBody={}", encoded(TEMPLATE));
    let answer = Ask::query("cloudformation", &form).answer(running).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Waits for the end; gives the status.
async fn settled(running: &Running, name: &str) -> String {
    let region = running.region();
    let what = format!("stack {name}");
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    loop {
        ticks.tick().await;
        let changes = region.journal.changes();
        let last = changes.iter().rfind(|change| change.what == what).map(|change| change.state.clone());
        if let Some(end) = last.filter(|state| !state.ends_with("_IN_PROGRESS")) {
            return end;
        }
    }
}

/// How many events the stack shows.
async fn events(running: &Running, name: &str) -> usize {
    let form = format!("Action=DescribeStackEvents&Version=2010-05-15&StackName={name}");
    let answer = Ask::query("cloudformation", &form).answer(running).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body.matches("<EventId>").count()
}

#[tokio::test]
async fn events_drip() {
    let running = region().await;
    create(&running, "slow-to-tell").await;
    assert_eq!(settled(&running, "slow-to-tell").await, "CREATE_COMPLETE");
    let all = events(&running, "slow-to-tell").await;
    let drip = Fault { service: Some("cloudformation".to_owned()), effect: Effect::DripEvents(2), ..Fault::default() };
    running.region().plant(drip);
    for shown in [2, 4, 6, all.min(8)] {
        assert_eq!(events(&running, "slow-to-tell").await, shown);
    }
    running.region().faults.clear();
    assert_eq!(events(&running, "slow-to-tell").await, all);
    assert!(running.region().journal.bugs().is_empty());
}

#[tokio::test]
async fn a_resource_fails_before_it_is_made_or_after() {
    let running = region().await;
    for (name, after_effect) in [("early", false), ("late", true)] {
        let effect = Effect::FailResource { reason: "the test says no".to_owned() };
        let operation = Some("CREATE".to_owned());
        running.region().plant(Fault {
            operation,
            resource: Some("Second".to_owned()),
            after_effect,
            effect,
            ..Fault::default()
        });
        create(&running, name).await;
        assert_eq!(settled(&running, name).await, "ROLLBACK_COMPLETE");
        let changes = running.region().journal.changes();
        let second = changes.iter().filter(|change| change.what == format!("{name} Second"));
        let states: Vec<&str> = second.map(|change| change.state.as_str()).collect();
        assert!(states.contains(&"CREATE_FAILED"), "{states:?}");
        // What was made is deleted again.
        assert!(running.region().world(|world| world.ssm.value("/second").is_none()));
        assert!(
            changes
                .iter()
                .any(|change| change.reason.as_ref().is_some_and(|reason| reason.contains("the test says no")))
        );
    }
}

#[tokio::test]
async fn a_slow_resource_takes_its_time() {
    let running = region().await;
    let effect = Effect::SlowResource(600.0);
    running.region().plant(Fault { resource: Some("First".to_owned()), effect, ..Fault::default() });
    let started = std::time::Instant::now();
    create(&running, "slow").await;
    assert_eq!(settled(&running, "slow").await, "CREATE_COMPLETE");
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
}

/// Seconds that each resource and the DNS change take in a region of this seed, by the clock's own speed.
async fn durations(seed: u64) -> Vec<(String, f64)> {
    let domain = Some("docker.example.test".to_owned());
    let options = dockreg_region::Options { domain, seed, speed: 10.0, ..dockreg_region::Options::default() };
    let running = dockreg_region::start(options).await.expect("a region");
    create(&running, "timed").await;
    assert_eq!(settled(&running, "timed").await, "CREATE_COMPLETE");
    let changes = running.region().journal.changes();
    let at = |what: &str, state: &str| {
        let mut all = changes.iter().filter(|change| change.what == what && change.state == state);
        all.next().map(|change| change.at).expect("the resource is in the journal")
    };
    let took = |what: &str| at(what, "CREATE_COMPLETE") - at(what, "CREATE_IN_PROGRESS");
    ["timed First", "timed Second"].map(|what| (what.to_owned(), took(what) * 10.0)).to_vec()
}

#[tokio::test]
async fn a_seed_repeats_every_duration_and_another_has_others() {
    let (one, again, other) = tokio::join!(durations(1), durations(1), durations(2));
    let near = |one: &[(String, f64)], other: &[(String, f64)]| {
        one.iter().zip(other).all(|((_, one), (_, other))| (one - other).abs() < one.max(*other) * 0.5)
    };
    assert!(near(&one, &again), "{one:?} {again:?}");
    assert!(!near(&one, &other), "{one:?} {other:?}");
}
