//! Requests and changes of state in the order of time, as a table and as JSON lines.

use std::fmt::Write as _;

use serde_json::json;

use super::{Change, Entry};

/// A reason is cut after this many characters.
const REASON: usize = 200;

enum Line<'a> {
    Request(&'a Entry),
    Change(&'a Change),
}

impl Line<'_> {
    fn at(&self) -> f64 {
        match self {
            Self::Request(entry) => entry.at,
            Self::Change(change) => change.at,
        }
    }
}

fn in_order<'a>(entries: &'a [Entry], changes: &'a [Change]) -> Vec<Line<'a>> {
    let mut lines: Vec<_> = entries.iter().map(Line::Request).chain(changes.iter().map(Line::Change)).collect();
    lines.sort_by(|one, other| one.at().total_cmp(&other.at()));
    lines
}

/// One JSON object per line.
pub(super) fn lines(entries: &[Entry], changes: &[Change]) -> String {
    let mut text = String::new();
    for line in in_order(entries, changes) {
        let line = match line {
            Line::Request(entry) => json!(entry),
            Line::Change(change) => json!(change),
        };
        // Writing to a String does not fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

/// A table to read.
pub(super) fn table(entries: &[Entry], changes: &[Change]) -> String {
    let lines = in_order(entries, changes);
    let start = lines.first().map_or(0.0, Line::at);
    let mut text = String::new();
    let mut rest = lines.iter().peekable();
    while let Some(line) = rest.next() {
        let at = line.at() - start;
        let _ = match line {
            Line::Change(change) => {
                let reason: String = change.reason.iter().flat_map(|reason| reason.chars()).take(REASON).collect();
                let reason = reason.replace('\n', " ");
                let line = format!("{at:>9.3}s            {:<48} {:<28} {reason}", change.what, change.state);
                writeln!(text, "{}", line.trim_end())
            }
            Line::Request(entry) => {
                let same = |next: &&&Line<'_>| matches!(next, Line::Request(next) if is_like(entry, next));
                let mut again = 0;
                while rest.next_if(|next| same(&next)).is_some() {
                    again += 1;
                }
                let again = if again > 0 { format!(" ×{}", again + 1) } else { String::new() };
                let bug = entry.bug.as_ref().map(|bug| format!(" BUG {bug}")).unwrap_or_default();
                writeln!(
                    text,
                    "{at:>9.3}s {:>7.1}ms  {:<15} {:<32} {:<28} {}{again}{bug}",
                    entry.took.max(0.0) * 1000.0,
                    entry.service,
                    entry.operation,
                    entry.outcome,
                    entry.caller,
                )
            }
        };
    }
    text
}

fn is_like(one: &Entry, other: &Entry) -> bool {
    let what = |entry: &Entry| {
        (entry.service.clone(), entry.operation.clone(), entry.outcome.clone(), entry.caller.clone(), entry.bug.clone())
    };
    what(one) == what(other)
}
