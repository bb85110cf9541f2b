//! Every request the region got and every state it went through. Tests and benchmarks count calls here, and a test that
//! fails prints it as a timeline. Inputs and answers are not in it, so neither are secrets.

mod printed;
mod states;
mod timeline;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::region::World;

pub use printed::PrintedOnPanic;

/// One request.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Seconds since 1970 at which it came.
    pub at: f64,
    /// Model name of the service; empty when it could not be told.
    pub service: String,
    /// Operation; empty when it could not be told.
    pub operation: String,
    /// Seconds until the answer was ready.
    pub took: f64,
    /// ARN-like text of the caller; `-` for an unsigned request.
    pub caller: String,
    /// `ok`, the error code on the wire, or what a fault did to the connection.
    pub outcome: String,
    /// A bug of the region itself: an answer that the model does not allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bug: Option<String>,
}

/// One change of a state.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Seconds since 1970 at which it was seen.
    pub at: f64,
    /// What changed, such as `instance i-0…` or `docker-registry Nodes`.
    pub what: String,
    /// The new state, such as `running` or `CREATE_COMPLETE`; `gone` for what is no longer there.
    pub state: String,
    /// Why, where AWS says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The requests so far, in the order of their answers, and the changes of state, in their order.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<Vec<Entry>>,
    seen: Mutex<states::Seen>,
    asked: Mutex<BTreeSet<(String, String)>>,
}

impl Journal {
    /// Adds an entry. A bug of the region is also said aloud.
    pub fn write(&self, entry: Entry) {
        if let Some(bug) = &entry.bug {
            tracing::error!(
                service = entry.service,
                operation = entry.operation,
                bug,
                "the region answered what the model does not allow"
            );
        }
        tracing::debug!(
            service = entry.service,
            operation = entry.operation,
            outcome = entry.outcome,
            caller = entry.caller,
            took = entry.took
        );
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Notes that a caller's policies were asked about an action.
    pub(crate) fn ask(&self, caller: &str, action: &str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.insert((caller.to_owned(), action.to_owned()));
    }

    /// The actions that policies were asked about so far, by callers whose ARN contains `caller`. Only judged callers are in
    /// it: nodes, and an operator with a policy.
    pub fn asked(&self, caller: &str) -> BTreeSet<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|(who, _)| who.contains(caller)).map(|(_, action)| action.clone()).collect()
    }

    /// Notes what has changed in the world since the last look.
    pub(crate) fn look_at(&self, world: &World) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).look_at(world);
    }

    /// A copy of all requests.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A copy of all changes of state.
    pub fn changes(&self) -> Vec<Change> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).changes.clone()
    }

    /// How often `operation` was called, whatever its outcome.
    pub fn count(&self, operation: &str) -> usize {
        self.entries().iter().filter(|entry| entry.operation == operation).count()
    }

    /// Bugs of the region itself, as `Service.Operation: what`.
    pub fn bugs(&self) -> Vec<String> {
        let bug = |entry: Entry| Some(format!("{}.{}: {}", entry.service, entry.operation, entry.bug?));
        self.entries().into_iter().filter_map(bug).collect()
    }

    /// One line per request and per change, in the order of time. Requests: seconds since the first line, how long,
    /// service, operation, outcome, caller; the same ones in a row are one line. Changes: what, state, reason.
    pub fn timeline(&self) -> String {
        timeline::table(&self.entries(), &self.changes())
    }

    /// Requests and changes as JSON, one per line, in the order of time.
    pub fn lines(&self) -> String {
        timeline::lines(&self.entries(), &self.changes())
    }
}
