//! Follows a stack's events until its operation has ended. Yields what it sees and never prints.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::time::Instant;

use super::event::{Phase, StackEvent};
use super::rhythm::{Outlook, Rhythm};
use super::status::StackStatus;
use crate::aws::cloudformation::EventPage;
use crate::aws::{Aws, AwsCallError};

/// Where events come from: CloudFormation, or a script in tests.
#[async_trait]
pub trait EventSource: Send + Sync {
    /// One page of a stack's events, newest first.
    async fn page(&self, stack_id: &str, token: Option<String>) -> Result<EventPage, AwsCallError>;
}

#[async_trait]
impl EventSource for Aws {
    async fn page(&self, stack_id: &str, token: Option<String>) -> Result<EventPage, AwsCallError> {
        crate::aws::cloudformation::events(self, stack_id, token).await
    }
}

/// Where a watch begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// After the event of this id.
    After(String),
    /// With the event that began the operation that runs now.
    OperationStart,
}

/// One thing a watch saw.
#[derive(Clone, Debug)]
pub enum Sight {
    /// An event, oldest first.
    Event(StackEvent),
    /// AWS did not answer; the watch goes on by itself.
    Trouble(AwsCallError),
    /// AWS answers again.
    Recovered,
    /// The operation has ended with this status. Nothing follows.
    Settled(StackStatus),
    /// AWS will not answer any more; the operation may well go on. Nothing follows.
    Lost(AwsCallError),
}

/// Tells a watch that the end is near, because something outside CloudFormation shows it: the registry answers.
pub type Soon = tokio::sync::watch::Receiver<bool>;

/// A [`Soon`] for operations whose end nothing outside shows.
#[must_use]
pub fn no_sign() -> Soon {
    tokio::sync::watch::channel(false).1
}

/// The id of a stack's newest event, to watch from before an operation is started.
pub async fn newest(source: &dyn EventSource, stack_id: &str) -> Result<Option<String>, AwsCallError> {
    Ok(source.page(stack_id, None).await?.events.first().map(|event| event.id.clone()))
}

/// Follows a stack from a place on until its operation has ended.
pub fn watch<'a>(
    source: &'a dyn EventSource,
    stack_id: &str,
    from: From,
    poll_interval: Option<Duration>,
    soon: Soon,
) -> impl Stream<Item = Sight> + Unpin + Send + use<'a> {
    let watcher = Watcher {
        source,
        stack_id: stack_id.to_owned(),
        from,
        rhythm: Rhythm::new(poll_interval),
        seen: VecDeque::new(),
        open: BTreeMap::new(),
        pause: Duration::ZERO,
        quiet_polls: 0,
        trouble: None,
        soon,
        ended: false,
    };
    Box::pin(unfold(watcher, |mut watcher| async move {
        let sight = watcher.next().await?;
        Some((sight, watcher))
    }))
}

/// An AWS that has not answered for so long will not answer soon: whoever waits is told, and the operation goes on.
const GIVE_UP: Duration = Duration::from_secs(15 * 60);

struct Watcher<'a> {
    source: &'a dyn EventSource,
    stack_id: String,
    from: From,
    rhythm: Rhythm,
    seen: VecDeque<Sight>,
    /// Resources at work, by logical id: type and since when.
    open: BTreeMap<String, (String, Instant)>,
    pause: Duration,
    quiet_polls: u32,
    /// Since when AWS has not answered.
    trouble: Option<Instant>,
    soon: Soon,
    ended: bool,
}

impl Watcher<'_> {
    async fn next(&mut self) -> Option<Sight> {
        loop {
            if let Some(sight) = self.seen.pop_front() {
                return Some(sight);
            }
            if self.ended {
                return None;
            }
            tokio::select! {
                () = tokio::time::sleep(self.pause) => {}
                // An error means that whoever could give a sign is gone; then the pause alone counts.
                Ok(()) = self.soon.changed() => {}
            }
            self.poll().await;
        }
    }

    async fn poll(&mut self) {
        match self.fresh().await {
            Ok(events) => {
                if self.trouble.take().is_some() {
                    self.seen.push_back(Sight::Recovered);
                }
                self.quiet_polls = if events.is_empty() { self.quiet_polls.saturating_add(1) } else { 0 };
                for event in events {
                    self.note(event);
                }
                let outlook = self.outlook(Instant::now());
                self.pause = self.rhythm.after_answer(outlook);
            }
            Err(error) if error.kind.is_passing() && self.troubled_for() < GIVE_UP => {
                self.pause = self.rhythm.after_error(spread());
                self.seen.push_back(Sight::Trouble(error));
            }
            Err(error) => {
                self.ended = true;
                self.seen.push_back(Sight::Lost(error));
            }
        }
    }

    /// How long AWS has not answered, this time counted.
    fn troubled_for(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(*self.trouble.get_or_insert(now))
    }

    /// Events not seen yet, oldest first: pages are read back to the last one seen and no further.
    async fn fresh(&mut self) -> Result<Vec<StackEvent>, AwsCallError> {
        let mut fresh = Vec::new();
        let mut token = None;
        'pages: loop {
            self.rhythm.called(Instant::now());
            let page = self.source.page(&self.stack_id, token).await?;
            for event in page.events {
                match &self.from {
                    From::After(id) if *id == event.id => break 'pages,
                    // The end of an operation before: what runs goes on from there, as a continued rollback does.
                    From::OperationStart if !fresh.is_empty() && is_end(&event) => break 'pages,
                    From::OperationStart if event.starts_operation() => {
                        fresh.push(event);
                        break 'pages;
                    }
                    _ => fresh.push(event),
                }
            }
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        if let Some(newest) = fresh.first() {
            self.from = From::After(newest.id.clone());
        }
        fresh.reverse();
        Ok(fresh)
    }

    fn note(&mut self, event: StackEvent) {
        let settled = event.stack_status().filter(StackStatus::is_settled);
        if !event.is_stack() {
            if event.phase() == Phase::InProgress {
                let now = Instant::now();
                self.open.entry(event.logical_id.clone()).or_insert_with(|| (event.resource_type.clone(), now));
            } else {
                self.open.remove(&event.logical_id);
            }
        }
        self.seen.push_back(Sight::Event(event));
        if let Some(status) = settled {
            self.ended = true;
            self.seen.push_back(Sight::Settled(status));
        }
    }

    /// Near the end when nothing is at work (the stack's own event is due), or when the last one or two resources may
    /// finish at any moment: by their age, or because there is a sign of it.
    fn outlook(&self, now: Instant) -> Outlook {
        let sign = *self.soon.borrow();
        let may_finish = |(kind, since): &(String, Instant)| {
            least_time(kind).map_or(sign, |least| now.duration_since(*since) >= least)
        };
        if self.open.len() <= 2 && self.open.values().all(may_finish) {
            Outlook::NearEnd
        } else if self.quiet_polls >= 2 {
            Outlook::Idle
        } else {
            Outlook::Busy
        }
    }
}

/// Whether a stack's operation ended with this.
fn is_end(event: &StackEvent) -> bool {
    event.stack_status().is_some_and(|status| status.is_settled())
}

/// The time after which a resource of this type is worth a close look; public reports give typical times of 116 s for
/// a load balancer and 126 s for an instance profile. `None` for nodes: how long they boot, nobody knows.
fn least_time(resource_type: &str) -> Option<Duration> {
    let seconds = match resource_type {
        "AWS::AutoScaling::AutoScalingGroup" => return None,
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => 100,
        "AWS::IAM::InstanceProfile" => 110,
        "AWS::Route53::RecordSet" => 15,
        _ => 3,
    };
    Some(Duration::from_secs(seconds))
}

/// A number between 0 and 1, different in every run.
fn spread() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(random & 0xffff).unwrap_or_default()) / 65_535.0
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
