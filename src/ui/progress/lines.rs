//! The wording of progress, the same live and plain. Pure.

use std::time::Duration;

use dialoguer::console::truncate_str;
use jiff::Timestamp;

use super::board::{Board, News, Row};
use super::typical::Deed;
use crate::registry::verify::{Outcome, Stage, Verification};
use crate::stack::failure::{is_echo, is_known};
use crate::stack::status::Sentiment;
use crate::ui::words;
use crate::ui::{Paint, Tone};

/// Room for the names of resources; longer ones push the rest to the right.
const NAME_WIDTH: usize = 26;

/// Room for what a resource is.
const NOUN_WIDTH: usize = 16;

/// How lines are written.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    paint: Paint,
    width: usize,
}

impl Lines {
    /// Lines in these colours, no longer than the width where they can be cut.
    pub fn new(paint: Paint, width: usize) -> Self {
        Self { paint, width }
    }

    /// Columns that a line may take.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The same lines on a terminal that has so many columns now.
    pub fn on(self, columns: usize) -> Self {
        Self { width: self.width.min(columns), ..self }
    }

    /// The line of an event.
    pub fn news(&self, news: &News) -> String {
        match news {
            News::Began(row) => format!("{} {}{}", self.paint.mark(Tone::Faint), named(row), doing(row.deed)),
            News::Done(row, took) => {
                let time = took.map(|took| format!(" in {}", words::duration(took))).unwrap_or_default();
                format!("{} {}{}{time}", self.paint.mark(Tone::Good), named(row), done(row.deed))
            }
            News::Failed(row, reason) => {
                let text = format!("{}not {}: {reason}", named(row), done(row.deed));
                format!("{} {}", self.paint.mark(Tone::Bad), self.paint.text(Tone::Bad, &text))
            }
            News::Cancelled(row) => format!("{} {}given up", self.paint.mark(Tone::Faint), named(row)),
            News::Kept(row) => format!("{} {}kept", self.paint.mark(Tone::Good), named(row)),
            News::Stack(sentiment, word, reason) => {
                let tone = match sentiment {
                    Sentiment::Good => Tone::Good,
                    Sentiment::Neutral => Tone::Faint,
                    Sentiment::Bad => Tone::Bad,
                };
                // A list of what failed says nothing that the lines above do not say.
                let reason = reason.as_ref().filter(|reason| !is_echo(reason) && !is_known(reason));
                let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("{} stack {word}{reason}", self.paint.mark(tone))
            }
        }
    }

    /// The line of a resource at work.
    pub fn working(&self, row: &Row, now: Timestamp) -> String {
        let (elapsed, slow) = row.elapsed(now);
        let verb = if row.deed == Deed::Create { String::new() } else { format!("{} ", doing(row.deed)) };
        let judged = if slow {
            self.paint.text(Tone::Caution, ", slower than usual")
        } else {
            self.paint.text(Tone::Faint, &format!(" of {}", roughly(row)))
        };
        self.cut(&format!("{}{verb}{}{judged}", named(row), words::duration(elapsed)))
    }

    /// The line for all that was given up because something else failed.
    pub fn given_up(&self, resources: usize) -> String {
        format!("{} {} given up because of it", self.paint.mark(Tone::Faint), words::count(resources, "other resource"))
    }

    /// A line that is redrawn must not wrap; the spinner before it takes two columns, and what is typed stands behind.
    pub fn cut(&self, line: &str) -> String {
        truncate_str(line, self.width.saturating_sub(5), "…").into_owned()
    }

    /// The line over all: clock, how many resources are over, and a guess of the rest.
    pub fn summary(&self, title: &str, board: &Board, now: Timestamp) -> String {
        let (over, all) = board.tally();
        let clock = words::clock(board.elapsed(now));
        if board.is_undoing() {
            return self.cut(&format!("{}  {clock}", self.paint.text(Tone::Strong, &format!("{title}: rolling back"))));
        }
        let left = match board.remaining(now).as_secs() {
            0 => String::new(),
            1..10 => ", a few seconds left".to_owned(),
            _ => format!(", about {} left", words::about(board.remaining(now))),
        };
        let count = match all {
            0 => String::new(),
            _ if !board.is_complete() => format!("  {over} done"),
            _ => format!("  {over} of {all}{left}"),
        };
        self.cut(&format!("{}  {clock}{count}", self.paint.text(Tone::Strong, title)))
    }

    /// The line that proves that the program is alive when nothing happens.
    pub fn heartbeat(&self, board: &Board, readiness: Option<&str>, now: Timestamp) -> String {
        let working = board.working();
        let shown: Vec<_> = working
            .iter()
            .take(3)
            .map(|row| {
                let (elapsed, slow) = row.elapsed(now);
                let usual = roughly(row);
                let judged = if slow { format!("slower than usual ({usual})") } else { format!("of {usual}") };
                format!("{} {} {judged}", row.logical_id, words::duration(elapsed))
            })
            .collect();
        let more = match working.len().saturating_sub(shown.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        match (shown.is_empty(), readiness) {
            (false, _) => format!("{} still at work: {}{more}", Tone::Faint.mark(), shown.join("; ")),
            (true, Some(readiness)) => format!("{} {readiness}", Tone::Faint.mark()),
            (true, None) => format!("{} waiting for CloudFormation", Tone::Faint.mark()),
        }
    }

    /// The line of an AWS that does not answer.
    pub fn trouble(&self, text: &str) -> String {
        format!("{} {text}", self.paint.mark(Tone::Caution))
    }

    /// The line of an AWS that answers again after this time.
    pub fn recovered(&self, after: Duration) -> String {
        format!("{} AWS answers again, after {}", self.paint.mark(Tone::Good), words::duration(after))
    }

    /// A line for each stage that passes now and did not before.
    pub fn readiness(&self, before: Option<&Verification>, now: &Verification) -> Vec<String> {
        let passed_before = |stage: Stage| {
            before
                .and_then(|before| before.outcome(stage))
                .is_some_and(|outcome| matches!(outcome, Outcome::Passed { .. }))
        };
        now.stages
            .iter()
            .filter(|result| !passed_before(result.stage))
            .filter_map(|result| match &result.outcome {
                Outcome::Passed { seen } => Some(self.stage(result.stage, seen)),
                _ => None,
            })
            .collect()
    }

    fn stage(&self, stage: Stage, seen: &str) -> String {
        format!("{} {:NAME_WIDTH$} {seen}", self.paint.mark(Tone::Good), stage.title())
    }

    /// What the registry's readiness waits for.
    pub fn waiting_for(&self, now: &Verification) -> Option<String> {
        let (stage, why, _) = now.first_fault()?;
        Some(format!("waiting for {}: {why}", stage.title()))
    }
}

fn named(row: &Row) -> String {
    format!("{:NAME_WIDTH$} {:NOUN_WIDTH$} ", row.logical_id, row.noun())
}

/// How long a resource usually takes.
fn roughly(row: &Row) -> String {
    let usual = words::about(row.usual());
    if row.usual().as_secs() < 10 { usual } else { format!("about {usual}") }
}

fn doing(deed: Deed) -> &'static str {
    match deed {
        Deed::Create => "creating",
        Deed::Update => "updating",
        Deed::Delete => "deleting",
    }
}

fn done(deed: Deed) -> &'static str {
    match deed {
        Deed::Create => "created",
        Deed::Update => "updated",
        Deed::Delete => "deleted",
    }
}
