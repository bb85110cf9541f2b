//! Progress on a terminal: finished resources scroll up, those at work are redrawn below with their times.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use jiff::Timestamp;

use super::board::{News, Row};
use super::lines::Lines;
use super::{Shared, locked};

/// How often the lines are redrawn: often enough for a clock and a spinner.
const REDRAW: Duration = Duration::from_millis(120);

/// Frames of the spinner; the last one is never seen, for finished lines are taken away.
const FRAMES: &str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ";

/// Live lines on standard error.
#[derive(Debug)]
pub struct Live {
    screen: MultiProgress,
    summary: ProgressBar,
    readiness: Mutex<Option<ProgressBar>>,
    working: Mutex<BTreeMap<String, ProgressBar>>,
    board: Shared,
    lines: Lines,
}

impl Live {
    /// Draws the summary line and goes on redrawing.
    pub fn new(title: &str, board: Shared, lines: Lines) -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let (title, shared) = (title.to_owned(), Arc::clone(&board));
        let summary = screen.add(spinner(move || lines.summary(&title, &locked(&shared), Timestamp::now())));
        summary.enable_steady_tick(REDRAW);
        Self { screen, summary, readiness: Mutex::default(), working: Mutex::default(), board, lines }
    }

    /// Shows an event: a line above when something ended, a live line while it is at work.
    pub fn news(&self, news: &News) {
        match news {
            News::Began(row) => return self.begin(row),
            News::Done(row, _) | News::Failed(row, _) | News::Cancelled(row) | News::Kept(row) => {
                let ended = self.working.lock().unwrap_or_else(PoisonError::into_inner).remove(&row.logical_id);
                ended.iter().for_each(|bar| self.take_away(bar));
            }
            News::Stack(..) => {}
        }
        self.line(&self.lines.news(news));
    }

    fn begin(&self, row: &Row) {
        let (shared, lines, id) = (Arc::clone(&self.board), self.lines, row.logical_id.clone());
        let bar = spinner(move || {
            let board = locked(&shared);
            let row = board.working().into_iter().find(|row| row.logical_id == id);
            row.map(|row| lines.working(row, Timestamp::now())).unwrap_or_default()
        });
        let bar = self.screen.insert_before(&self.summary, bar);
        bar.enable_steady_tick(REDRAW);
        let mut working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = working.insert(row.logical_id.clone(), bar) {
            self.take_away(&old);
        }
    }

    /// Shows what the registry's readiness waits for, below everything else.
    pub fn readiness(&self, text: Option<String>) {
        let mut shown = self.readiness.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(text) = text else {
            if let Some(bar) = shown.take() {
                self.take_away(&bar);
            }
            return;
        };
        let bar = shown.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{spinner} {msg}");
            let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            let bar = self.screen.insert_after(&self.summary, bar);
            bar.enable_steady_tick(REDRAW);
            bar
        });
        bar.set_message(text);
    }

    /// A line above the live ones.
    pub fn line(&self, text: &str) {
        if let Err(error) = self.screen.println(text) {
            tracing::debug!(%error, "the terminal does not take a line");
        }
    }

    fn take_away(&self, bar: &ProgressBar) {
        bar.finish_and_clear();
        self.screen.remove(bar);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        working.values().for_each(ProgressBar::finish_and_clear);
        self.readiness(None);
        // An empty line sets the result apart.
        self.line("");
        self.summary.finish_and_clear();
    }
}

/// A spinner whose text is made anew whenever it is drawn.
fn spinner(text: impl Fn() -> String + Clone + Send + Sync + 'static) -> ProgressBar {
    let draw = move |_: &ProgressState, out: &mut dyn Write| {
        let written = out.write_str(&text());
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    };
    let style = ProgressStyle::with_template("{spinner} {text}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars(FRAMES)
        .with_key("text", draw);
    ProgressBar::new_spinner().with_style(style)
}
