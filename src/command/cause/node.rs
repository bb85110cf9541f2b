//! What is behind nodes that never reported success: one of them and its boot log, or that none could be launched. Nodes that
//! served before the operation have nothing to do with it.

use jiff::Timestamp;
use serde::Serialize;

use crate::aws::autoscaling::{self, Activity};
use crate::aws::{Aws, ec2};
use crate::stack::boot;
use crate::stack::event::StackEvent;
use crate::stack::failure::{RootCause, signalled_failure};

/// A node that did not come up.
#[derive(Clone, Debug, Serialize)]
pub(in crate::command) struct Node {
    /// Its instance.
    pub(in crate::command) instance: String,
    /// How far its boot came, when its console says so.
    pub(in crate::command) step: Option<boot::Step>,
    /// The end of its boot log; none when EC2 has none yet.
    pub(in crate::command) boot_log: Option<String>,
}

/// What became of the nodes that the operation was to launch.
pub(super) enum Launch {
    /// One was launched and did not come up.
    Node(Node),
    /// None could be launched, for this reason.
    Refused(String),
    /// None was launched by this group, and the reason is not known.
    Nothing(String),
}

/// What is behind the failure: the node that signalled it, else the newest of the operation that wrote anything, else the
/// launch that failed. None when it cannot be seen.
pub(super) async fn behind(aws: &Aws, events: &[StackEvent], root: &RootCause) -> Option<Launch> {
    let of_group = |event: &&StackEvent| event.logical_id == root.logical_id;
    let own = || events.iter().filter(of_group);
    if let Some(instance) = own().rev().find_map(|event| signalled_failure(event.reason.as_deref()?)) {
        return Some(Launch::Node(look(aws, instance).await));
    }
    let known = own().find_map(|event| event.physical_id.clone().filter(|id| !id.is_empty()));
    let group = root.physical_id.clone().or(known)?;
    let began = began(events)?;
    let launched = ec2::instances(aws, &group).await.ok().map(|mut instances| {
        instances.retain(|instance| instance.launched.is_none_or(|at| is_since(began, at)));
        instances.sort_by_key(|instance| std::cmp::Reverse(instance.launched));
        instances
    });
    let mut silent = None;
    for instance in launched.iter().flatten() {
        let node = look(aws, &instance.id).await;
        if node.boot_log.is_some() {
            return Some(Launch::Node(node));
        }
        silent.get_or_insert(node);
    }
    // Who may not ask is told less.
    let activities = autoscaling::activities(aws, &group).await.unwrap_or_default();
    let refused = refusal(&activities, began).map(Launch::Refused);
    // None seen is none there only for who may look.
    refused.or(silent.map(Launch::Node)).or_else(|| launched.map(|_| Launch::Nothing(group)))
}

/// How to see why a group launches nothing.
pub(super) fn advice(group: &str) -> String {
    format!(
        "no node was launched; why: aws autoscaling describe-scaling-activities --auto-scaling-group-name {group} --max-items 5"
    )
}

/// When the operation began that these events are of, oldest first.
fn began(events: &[StackEvent]) -> Option<Timestamp> {
    events.iter().rev().find(|event| event.starts_operation()).or(events.first()).map(|event| event.at)
}

/// Whether something was not before the operation. EC2 cuts its times to the second.
fn is_since(began: Timestamp, at: Timestamp) -> bool {
    at.as_second() >= began.as_second()
}

/// Why the newest launch failed, unless a later one did not. Activities are in order, the newest first.
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/CHAP_Troubleshooting.html>
fn refusal(activities: &[Activity], began: Timestamp) -> Option<String> {
    let own = activities.iter().filter(|activity| activity.started.is_some_and(|at| is_since(began, at)));
    let mut launches = own.filter(|activity| !activity.description.starts_with("Terminating"));
    let ended = launches.find(|activity| matches!(activity.status.as_str(), "Successful" | "Failed" | "Cancelled"))?;
    ended.message.clone().filter(|_| ended.status != "Successful")
}

async fn look(aws: &Aws, instance: &str) -> Node {
    let console = ec2::console_output(aws, instance).await.ok().flatten();
    let boot_log = console.as_deref().map(boot::tail);
    Node { instance: instance.to_owned(), step: console.as_deref().and_then(boot::step), boot_log }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(description: &str, status: &str, at: &str) -> Activity {
        let message = (status != "Successful" && status != "InProgress").then(|| format!("{status} at {at}"));
        let started = at.parse().ok();
        Activity { description: description.to_owned(), status: status.to_owned(), message, started }
    }

    #[test]
    fn the_newest_failed_launch_of_the_operation_tells_why() {
        const LAUNCH: &str = "Launching a new EC2 instance";
        let before = activity(LAUNCH, "Failed", "2026-11-28T05:00:01Z");
        let first = activity(LAUNCH, "Failed", "2026-11-28T05:00:02.100Z");
        let second = activity(LAUNCH, "Cancelled", "2026-11-28T05:01:02Z");
        let under_way = activity(LAUNCH, "InProgress", "2026-11-28T05:02:02Z");
        let launched = activity(LAUNCH, "Successful", "2026-11-28T05:03:02Z");
        let ended = activity("Terminating EC2 instance: i-0", "Failed", "2026-11-28T05:04:02Z");
        let table: [(&[&Activity], Option<&str>); 6] = [
            (&[&before], None),
            (&[&first, &before], Some("Failed at 2026-11-28T05:00:02.100Z")),
            (&[&second, &first], Some("Cancelled at 2026-11-28T05:01:02Z")),
            (&[&under_way, &second], Some("Cancelled at 2026-11-28T05:01:02Z")),
            (&[&ended, &second], Some("Cancelled at 2026-11-28T05:01:02Z")),
            (&[&launched, &second], None),
        ];
        // Half a second after the first of them, by a clock that has more digits.
        let began = "2026-11-28T05:00:02.600Z".parse().expect("a time");
        for (activities, told) in table {
            let activities: Vec<_> = activities.iter().map(|&own| own.clone()).collect();
            assert_eq!(refusal(&activities, began).as_deref(), told, "{activities:?}");
        }
    }
}
