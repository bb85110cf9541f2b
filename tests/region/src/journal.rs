//! Every request the region got: what, when, how long, by whom, how it ended. Tests and benchmarks count calls here.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

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

/// The requests so far, in the order of their answers.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Entry>>);

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// A copy of all entries.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// One line per request: seconds since the first, how long, service, operation, outcome, caller.
    pub fn timeline(&self) -> String {
        let entries = self.entries();
        let start = entries.iter().map(|entry| entry.at).fold(f64::INFINITY, f64::min);
        let mut text = String::new();
        for entry in &entries {
            let bug = entry.bug.as_ref().map(|bug| format!(" BUG {bug}")).unwrap_or_default();
            // Writing to a String does not fail.
            let _ = writeln!(
                text,
                "{:>9.3}s {:>7.1}ms {:<15} {:<32} {:<28} {}{bug}",
                entry.at - start,
                Duration::from_secs_f64(entry.took.max(0.0)).as_secs_f64() * 1000.0,
                entry.service,
                entry.operation,
                entry.outcome,
                entry.caller,
            );
        }
        text
    }
}
