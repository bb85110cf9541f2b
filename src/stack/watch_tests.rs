//! A watch against scripted pages, on a paused clock.

use std::sync::Mutex;

use futures_util::StreamExt;

use super::*;
use crate::aws::CallKind;
use crate::stack::event::STACK_TYPE;

type Answer = Result<EventPage, AwsCallError>;

/// Answers polls in turn from a list, and counts them.
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<Instant>>,
}

impl Script {
    fn new(answers: Vec<Answer>) -> Self {
        Self { answers: Mutex::new(answers.into()), calls: Mutex::new(Vec::new()) }
    }

    fn calls(&self) -> usize {
        self.calls.lock().map(|calls| calls.len()).unwrap_or_default()
    }
}

#[async_trait]
impl EventSource for Script {
    async fn page(&self, _: &str, _: Option<String>) -> Answer {
        if let Ok(mut calls) = self.calls.lock() {
            calls.push(Instant::now());
        }
        let next = self.answers.lock().ok().and_then(|mut answers| answers.pop_front());
        next.unwrap_or_else(|| Err(AwsCallError::incomplete("DescribeStackEvents", "an answer in the script")))
    }
}

fn event(number: u32, logical_id: &str, status: &str) -> StackEvent {
    let stack = logical_id == "stack";
    StackEvent {
        id: format!("e{number}"),
        at: jiff::Timestamp::UNIX_EPOCH,
        logical_id: logical_id.to_owned(),
        physical_id: stack.then(|| "arn".to_owned()),
        resource_type: match logical_id {
            "stack" => STACK_TYPE,
            "Nodes" => "AWS::AutoScaling::AutoScalingGroup",
            _ => "AWS::S3::Bucket",
        }
        .to_owned(),
        status: status.to_owned(),
        reason: None,
        stack_id: "arn".to_owned(),
        token: None,
    }
}

fn page(events: &[StackEvent], next: Option<&str>) -> Answer {
    Ok(EventPage { events: events.to_vec(), next: next.map(str::to_owned) })
}

fn failure(kind: CallKind) -> Answer {
    Err(AwsCallError { operation: "DescribeStackEvents", kind, code: None, message: String::new(), request_id: None })
}

async fn run(script: &Script, from: From) -> Vec<String> {
    let sights: Vec<Sight> = watch(script, "arn", from, None, no_sign()).collect().await;
    let short = |sight: &Sight| match sight {
        Sight::Event(event) => event.id.clone(),
        Sight::Trouble(error) => format!("trouble {:?}", error.kind),
        Sight::Recovered => "recovered".to_owned(),
        Sight::Settled(status) => status.to_string(),
        Sight::Lost(error) => format!("lost {:?}", error.kind),
    };
    sights.iter().map(short).collect()
}

#[tokio::test(start_paused = true)]
async fn events_come_once_and_in_order_and_the_end_ends_it() {
    let (start, busy) = (event(1, "stack", "CREATE_IN_PROGRESS"), event(2, "Bucket", "CREATE_IN_PROGRESS"));
    let (done, end) = (event(3, "Bucket", "CREATE_COMPLETE"), event(4, "stack", "CREATE_COMPLETE"));
    let script = Script::new(vec![
        page(&[event(0, "stack", "REVIEW_IN_PROGRESS")], None),
        page(&[busy.clone(), start.clone(), event(0, "stack", "REVIEW_IN_PROGRESS")], None),
        page(&[end, done, busy], Some("more")),
    ]);
    assert_eq!(run(&script, From::After("e0".to_owned())).await, ["e1", "e2", "e3", "e4", "CREATE_COMPLETE"]);
    assert_eq!(script.calls(), 3, "the page after the last event seen is not read");
}

#[tokio::test(start_paused = true)]
async fn attaching_begins_with_the_running_operation() {
    let old = event(1, "stack", "CREATE_COMPLETE");
    let begun = event(2, "stack", "UPDATE_IN_PROGRESS");
    let undone = event(3, "stack", "UPDATE_ROLLBACK_IN_PROGRESS");
    let end = event(4, "stack", "UPDATE_ROLLBACK_COMPLETE");
    let script = Script::new(vec![
        page(std::slice::from_ref(&undone), Some("older")),
        page(&[begun, old], None),
        page(&[end, undone], None),
    ]);
    assert_eq!(run(&script, From::OperationStart).await, ["e2", "e3", "e4", "UPDATE_ROLLBACK_COMPLETE"]);
}

#[tokio::test(start_paused = true)]
async fn attaching_to_a_continued_rollback_begins_after_the_failed_one() {
    let old = [event(2, "stack", "UPDATE_ROLLBACK_FAILED"), event(1, "stack", "UPDATE_IN_PROGRESS")];
    let continued = event(3, "stack", "UPDATE_ROLLBACK_IN_PROGRESS");
    let end = event(4, "stack", "UPDATE_ROLLBACK_COMPLETE");
    let script = Script::new(vec![
        page(&[std::slice::from_ref(&continued), old.as_slice()].concat(), None),
        page(&[&[end, continued], old.as_slice()].concat(), None),
    ]);
    assert_eq!(run(&script, From::OperationStart).await, ["e3", "e4", "UPDATE_ROLLBACK_COMPLETE"]);
}

#[tokio::test(start_paused = true)]
async fn attaching_to_an_operation_that_has_just_ended_tells_all_of_it() {
    let script = Script::new(vec![page(
        &[
            event(3, "stack", "CREATE_COMPLETE"),
            event(2, "Bucket", "CREATE_COMPLETE"),
            event(1, "stack", "CREATE_IN_PROGRESS"),
        ],
        None,
    )]);
    assert_eq!(run(&script, From::OperationStart).await, ["e1", "e2", "e3", "CREATE_COMPLETE"]);
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_is_told_and_survived() {
    let script = Script::new(vec![
        failure(CallKind::Throttled),
        failure(CallKind::Unreachable),
        page(&[event(1, "stack", "DELETE_COMPLETE")], None),
    ]);
    let began = Instant::now();
    let seen = run(&script, From::After("e0".to_owned())).await;
    assert_eq!(seen, ["trouble Throttled", "trouble Unreachable", "recovered", "e1", "DELETE_COMPLETE"]);
    assert!(began.elapsed() >= Duration::from_secs(3), "it backs off");
}

#[tokio::test(start_paused = true)]
async fn a_definitive_refusal_ends_it() {
    let script = Script::new(vec![failure(CallKind::Expired)]);
    assert_eq!(run(&script, From::OperationStart).await, ["lost Expired"]);
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_silence_stay_within_the_budget() {
    let silent = (0..400).map(|_| page(&[event(1, "Bucket", "CREATE_IN_PROGRESS")], None));
    let script = Script::new(silent.collect());
    let mut sights = watch(&script, "arn", From::After("e0".to_owned()), None, no_sign());
    let silence =
        tokio::time::timeout(Duration::from_secs(600), async { while sights.next().await.is_some() {} }).await;
    assert!(silence.is_err(), "nothing ends it");
    assert!(script.calls() <= 210, "{} calls in ten minutes", script.calls());
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_the_end_cuts_the_pause_short() {
    let working = event(1, "Nodes", "CREATE_IN_PROGRESS");
    let mut answers: Vec<Answer> = (0..14).map(|_| page(std::slice::from_ref(&working), None)).collect();
    answers.push(page(&[event(2, "stack", "CREATE_COMPLETE"), working], None));
    let script = Script::new(answers);
    let (sign, soon) = tokio::sync::watch::channel(false);
    let began = Instant::now();
    let mut sights = watch(&script, "arn", From::After("e0".to_owned()), None, soon);
    let end = async {
        while let Some(sight) = sights.next().await {
            if matches!(sight, Sight::Settled(_)) {
                return began.elapsed();
            }
        }
        Duration::MAX
    };
    let given = async {
        tokio::time::sleep(Duration::from_secs(40)).await;
        sign.send_replace(true);
    };
    let (took, ()) = tokio::join!(end, given);
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_aws_that_does_not_answer_for_long_is_given_up() {
    let script = Script::new((0..400).map(|_| failure(CallKind::Unreachable)).collect());
    let began = Instant::now();
    let seen = run(&script, From::OperationStart).await;
    assert_eq!(seen.last().map(String::as_str), Some("lost Unreachable"));
    assert!(began.elapsed() >= GIVE_UP && began.elapsed() < GIVE_UP + Duration::from_secs(60), "{:?}", began.elapsed());
}
