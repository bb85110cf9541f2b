//! A board fed with events as CloudFormation sends them.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};

use super::{Board, Expected, News};
use crate::stack::event::{STACK_TYPE, StackEvent};
use crate::ui::Paint;
use crate::ui::progress::lines::Lines;

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + seconds.seconds()
}

fn event(seconds: i64, id: &str, kind: &str, status: &str, reason: Option<&str>) -> StackEvent {
    StackEvent {
        id: format!("{id}-{status}-{seconds}"),
        at: at(seconds),
        logical_id: id.into(),
        physical_id: (kind == STACK_TYPE).then(|| "arn:stack".into()),
        resource_type: kind.into(),
        status: status.into(),
        reason: reason.map(str::to_owned),
        stack_id: "arn:stack".into(),
        token: None,
    }
}

fn expected(list: &[(&str, &str)]) -> Vec<Expected> {
    list.iter().map(|(id, kind)| Expected { logical_id: (*id).to_owned(), resource_type: (*kind).to_owned() }).collect()
}

#[test]
fn times_come_from_the_events_and_repeated_beginnings_are_no_news() {
    let mut board = Board::new(expected(&[("LoadBalancer", BALANCER)]), at(0));
    assert!(matches!(
        board.apply(&event(5, "LoadBalancer", BALANCER, "CREATE_IN_PROGRESS", None)),
        Some(News::Began(_))
    ));
    let again = event(6, "LoadBalancer", BALANCER, "CREATE_IN_PROGRESS", Some("Resource creation Initiated"));
    assert_eq!(board.apply(&again), None);
    assert_eq!(board.working()[0].elapsed(at(65)), (Duration::from_secs(60), false));
    assert_eq!(board.working()[0].elapsed(at(245)), (Duration::from_secs(240), true), "slower than usual");
    let Some(News::Done(_, took)) = board.apply(&event(125, "LoadBalancer", BALANCER, "CREATE_COMPLETE", None)) else {
        panic!("no news of the end");
    };
    assert_eq!(took, Some(Duration::from_secs(120)));
    assert_eq!(board.tally(), (1, 1));
    assert!(board.working().is_empty());
}

#[test]
fn the_summary_counts_only_what_it_knows_the_end_of() {
    let summary = |board: &Board| {
        let lines = Lines::new(Paint { enabled: false }, 80);
        lines.summary("Creating registry", board, at(65))
    };
    let mut known = Board::new(expected(&[("LoadBalancer", BALANCER), ("Bucket", "AWS::S3::Bucket")]), at(0));
    known.apply(&event(1, "Bucket", "AWS::S3::Bucket", "CREATE_COMPLETE", None));
    assert!(summary(&known).starts_with("Creating registry  1:05  1 of 2, about "), "{}", summary(&known));
    known.apply(&event(2, "registry", STACK_TYPE, "ROLLBACK_IN_PROGRESS", None));
    assert_eq!(summary(&known), "Creating registry: rolling back  1:05");
    // Who came later has seen of the resources only those that began.
    let mut late = Board::new(Vec::new(), at(0));
    late.apply(&event(1, "Bucket", "AWS::S3::Bucket", "CREATE_COMPLETE", None));
    assert_eq!(summary(&late), "Creating registry  1:05  1 done");
}

#[test]
fn a_failure_is_told_from_what_it_drags_along() {
    let mut board = Board::new(Vec::new(), at(0));
    let news = board.apply(&event(1, "Nodes", "AWS::X::Y", "CREATE_FAILED", Some("no capacity")));
    assert!(matches!(news, Some(News::Failed(_, reason)) if reason == "no capacity"));
    let dragged = event(1, "Bucket", "AWS::S3::Bucket", "CREATE_FAILED", Some("Resource creation cancelled"));
    assert!(matches!(board.apply(&dragged), Some(News::Cancelled(_))));
    let kept = event(2, "Bucket", "AWS::S3::Bucket", "DELETE_SKIPPED", None);
    assert!(matches!(board.apply(&kept), Some(News::Kept(_))));
    let stack = event(3, "docker-registry", STACK_TYPE, "ROLLBACK_IN_PROGRESS", Some("Nodes failed"));
    assert!(matches!(board.apply(&stack), Some(News::Stack(..))));
}

#[test]
fn the_remaining_time_is_that_of_the_longest_chain() {
    let chain = expected(&[
        ("Group", "AWS::EC2::SecurityGroup"),
        ("LoadBalancer", BALANCER),
        ("Listener", "AWS::ElasticLoadBalancingV2::Listener"),
        ("Secret", "AWS::SecretsManager::Secret"),
    ]);
    let mut board = Board::new(chain, at(0));
    assert_eq!(board.remaining(at(0)), Duration::from_secs(6 + 116 + 3));
    board.apply(&event(0, "Group", "AWS::EC2::SecurityGroup", "CREATE_IN_PROGRESS", None));
    board.apply(&event(6, "Group", "AWS::EC2::SecurityGroup", "CREATE_COMPLETE", None));
    board.apply(&event(6, "LoadBalancer", BALANCER, "CREATE_IN_PROGRESS", None));
    assert_eq!(board.remaining(at(106)), Duration::from_secs(16 + 3));
    assert_eq!(board.remaining(at(1000)), Duration::from_secs(6), "an overdue resource adds nothing; a secret is left");
}
