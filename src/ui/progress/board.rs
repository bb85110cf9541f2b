//! What is known of a running operation: every resource, how far it is, how long it may still take. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::typical::{self, Deed};
use crate::stack::event::{Phase, StackEvent};
use crate::stack::failure::is_echo;
use crate::stack::status::Sentiment;

/// A resource that the operation will touch, known from the change set before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Name in the template.
    pub logical_id: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
}

/// How far a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not begun.
    Waiting,
    /// Begun at this time, by AWS's clock.
    Working(Timestamp),
    /// Over, well or not.
    Over,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Name in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// What happens to it.
    pub deed: Deed,
    /// How far it is.
    pub state: State,
}

/// What an event means to somebody watching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Work on a resource began.
    Began(Row),
    /// It is done, after this time if its beginning was seen.
    Done(Row, Option<Duration>),
    /// It failed, with AWS's reason.
    Failed(Row, String),
    /// It was given up because another one failed.
    Cancelled(Row),
    /// It is left as it is.
    Kept(Row),
    /// The stack itself has a new status.
    Stack(Sentiment, String, Option<String>),
}

/// The state of an operation.
#[derive(Debug, Clone)]
pub struct Board {
    rows: Vec<Row>,
    began: Timestamp,
    /// Whether all that the operation touches is known from its beginning.
    complete: bool,
    /// Whether what was done is being undone.
    undoing: bool,
}

impl Board {
    /// A board on which nothing has begun.
    pub fn new(expected: Vec<Expected>, now: Timestamp) -> Self {
        let complete = !expected.is_empty();
        let rows = expected
            .into_iter()
            .map(|Expected { logical_id, resource_type }| Row {
                logical_id,
                resource_type,
                deed: Deed::Create,
                state: State::Waiting,
            })
            .collect();
        Self { rows, began: now, complete, undoing: false }
    }

    /// Time since the watch began.
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        between(self.began, now)
    }

    /// Takes in an event; none if it says nothing new.
    pub fn apply(&mut self, event: &StackEvent) -> Option<News> {
        if let Some(status) = event.stack_status() {
            self.undoing = status.word().contains("ROLLBACK");
            return Some(News::Stack(status.sentiment(), status.word().to_owned(), event.reason.clone()));
        }
        let index = self.rows.iter().position(|row| row.logical_id == event.logical_id).unwrap_or_else(|| {
            self.rows.push(Row {
                logical_id: event.logical_id.clone(),
                resource_type: event.resource_type.clone(),
                deed: Deed::Create,
                state: State::Waiting,
            });
            self.rows.len() - 1
        });
        let row = self.rows.get_mut(index)?;
        let deed = deed_of(&event.status);
        let since = match row.state {
            State::Working(since) if row.deed == deed => Some(since),
            _ => None,
        };
        row.deed = deed;
        row.state = match event.phase() {
            Phase::InProgress => State::Working(since.unwrap_or(event.at)),
            Phase::Complete | Phase::Failed | Phase::Skipped => State::Over,
        };
        let row = row.clone();
        match event.phase() {
            Phase::InProgress => since.is_none().then_some(News::Began(row)),
            Phase::Complete => Some(News::Done(row, since.map(|since| between(since, event.at)))),
            Phase::Skipped => Some(News::Kept(row)),
            Phase::Failed => {
                let reason = event.reason.clone().unwrap_or_else(|| "AWS gives no reason".to_owned());
                Some(if is_echo(&reason) { News::Cancelled(row) } else { News::Failed(row, reason) })
            }
        }
    }

    /// The resources being worked on, longest first.
    pub fn working(&self) -> Vec<&Row> {
        let mut rows: Vec<_> = self.rows.iter().filter(|row| matches!(row.state, State::Working(_))).collect();
        rows.sort_by_key(|row| match row.state {
            State::Working(since) => since,
            State::Waiting | State::Over => self.began,
        });
        rows
    }

    /// Whether what was done is being undone: then what is over is no measure of what is left.
    pub fn is_undoing(&self) -> bool {
        self.undoing
    }

    /// Whether the resources on the board are all there will be.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// How many resources are over, of how many.
    pub fn tally(&self) -> (usize, usize) {
        (self.rows.iter().filter(|row| row.state == State::Over).count(), self.rows.len())
    }

    /// A guess of how long it still takes: the longest chain of resources that wait for one another.
    pub fn remaining(&self, now: Timestamp) -> Duration {
        self.rows.iter().map(|row| self.remaining_of(row, now, 0)).max().unwrap_or_default()
    }

    fn remaining_of(&self, row: &Row, now: Timestamp, depth: usize) -> Duration {
        let usual = typical::time(&row.resource_type, row.deed);
        match row.state {
            State::Over => Duration::ZERO,
            State::Working(since) => usual.saturating_sub(between(since, now)),
            // The table has no cycle; the depth only keeps a wrong one from hanging.
            State::Waiting if depth > 8 => usual,
            State::Waiting => {
                let before = typical::waits_for(&row.resource_type);
                let others = self.rows.iter().filter(|other| before.contains(&other.resource_type.as_str()));
                usual + others.map(|other| self.remaining_of(other, now, depth + 1)).max().unwrap_or_default()
            }
        }
    }
}

impl Row {
    /// How long it has been worked on, and whether that is longer than usual.
    pub fn elapsed(&self, now: Timestamp) -> (Duration, bool) {
        let State::Working(since) = self.state else { return (Duration::ZERO, false) };
        let elapsed = between(since, now);
        (elapsed, typical::is_slow(elapsed, self.usual()))
    }

    /// How long it usually takes.
    pub fn usual(&self) -> Duration {
        typical::time(&self.resource_type, self.deed)
    }

    /// What people call it.
    pub fn noun(&self) -> &str {
        typical::noun(&self.resource_type)
    }
}

fn deed_of(status: &str) -> Deed {
    if status.starts_with("DELETE") {
        Deed::Delete
    } else if status.starts_with("UPDATE") || status.starts_with("IMPORT") {
        Deed::Update
    } else {
        Deed::Create
    }
}

/// The time from one moment to a later one; zero if the clocks disagree.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
#[path = "board_tests.rs"]
mod tests;
