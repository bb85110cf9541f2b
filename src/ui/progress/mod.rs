//! Shows a running operation: live lines on a terminal, else one plain line per event and a heartbeat.

mod board;
mod lines;
mod live;
mod plain;
mod typical;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use board::Board;
pub use board::Expected;
use live::Live;
use plain::Plain;

use super::shell::{Shell, Verbosity};
use crate::registry::verify::Verification;
use crate::stack::event::StackEvent;
use lines::Lines;

/// The board, shared with whatever redraws it.
type Shared = Arc<Mutex<Board>>;

fn locked(board: &Shared) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An operation on the screen; dropping it takes the live lines away and leaves the finished ones.
#[derive(Debug)]
pub struct Progress {
    board: Shared,
    lines: Lines,
    drawing: Drawing,
    readiness: Mutex<Option<Verification>>,
    trouble: Mutex<Option<String>>,
}

#[derive(Debug)]
enum Drawing {
    Live(Live),
    Plain(Plain),
    Silent,
}

impl Shell {
    /// Begins to show an operation: what it is called, and the resources it will touch as far as they are known.
    ///
    /// Must be called within the runtime: the heartbeat is a task of it.
    pub fn progress(&self, title: &str, expected: Vec<Expected>) -> Progress {
        let board = Arc::new(Mutex::new(Board::new(expected, Timestamp::now())));
        let lines = Lines::new(self.paint_stderr(), self.width());
        let drawing = match self.verbosity() {
            Verbosity::Quiet => Drawing::Silent,
            _ if self.draws_live() => Drawing::Live(Live::new(title, Arc::clone(&board), lines)),
            _ => Drawing::Plain(Plain::new(title, Arc::clone(&board), lines)),
        };
        Progress { board, lines, drawing, readiness: Mutex::new(None), trouble: Mutex::new(None) }
    }
}

impl Progress {
    /// Shows an event.
    pub fn event(&self, event: &StackEvent) {
        let news = locked(&self.board).apply(event);
        if let Some(line) = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
            tracing::debug!(line, "AWS answers again");
        }
        if let Some(news) = news {
            match &self.drawing {
                Drawing::Live(live) => live.news(&news),
                Drawing::Plain(plain) => plain.line(&self.lines.news(&news)),
                Drawing::Silent => {}
            }
        }
    }

    /// Shows that AWS does not answer, once for each different reason.
    pub fn trouble(&self, text: &str) {
        let mut last = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_deref() != Some(text) {
            *last = Some(text.to_owned());
            self.line(&self.lines.trouble(text));
        }
    }

    /// Shows how far the registry is from answering: each stage once when it passes, and what it waits for.
    pub fn readiness(&self, now: &Verification) {
        let mut before = self.readiness.lock().unwrap_or_else(PoisonError::into_inner);
        for line in self.lines.readiness(before.as_ref(), now) {
            self.line(&line);
        }
        match &self.drawing {
            Drawing::Live(live) => live.readiness(self.lines.waiting_for(now)),
            Drawing::Plain(plain) => plain.readiness(self.lines.waiting_for(now)),
            Drawing::Silent => {}
        }
        *before = Some(now.clone());
    }

    /// Shows a line of its own among the others.
    pub fn line(&self, text: &str) {
        match &self.drawing {
            Drawing::Live(live) => live.line(text),
            Drawing::Plain(plain) => plain.line(text),
            Drawing::Silent => {}
        }
    }
}
