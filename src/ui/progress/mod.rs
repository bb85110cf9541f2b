//! Shows a running operation: live lines on a terminal, else one plain line per event and a heartbeat.

mod board;
mod lines;
mod live;
mod plain;
mod typical;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

pub use board::Expected;
use board::{Board, News};
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
    trouble: Mutex<Option<Spell>>,
    /// Resources given up since the stack last said something.
    given_up: Mutex<usize>,
}

/// A time in which AWS does not answer as it should.
#[derive(Debug)]
struct Spell {
    since: Timestamp,
    told: Vec<String>,
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
        Progress {
            board,
            lines,
            drawing,
            readiness: Mutex::default(),
            trouble: Mutex::default(),
            given_up: Mutex::default(),
        }
    }
}

impl Progress {
    /// Shows an event.
    pub fn event(&self, event: &StackEvent) {
        let news = locked(&self.board).apply(event);
        let Some(news) = news else { return };
        let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        match (&news, &self.drawing) {
            // What failed because something else did would bury it: counted, and told in one line.
            (News::Cancelled(_), _) => return *given_up += 1,
            // The live lines say it.
            (News::Began(_), Drawing::Live(_)) => return,
            (News::Stack(..), _) if *given_up > 0 => self.line(&self.lines.given_up(std::mem::take(&mut *given_up))),
            _ => {}
        }
        self.line(&self.lines.news(&news));
    }

    /// Shows that AWS does not answer as it should: each reason once, until it answers again.
    pub fn trouble(&self, text: &str) {
        let mut spell = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let spell = spell.get_or_insert_with(|| Spell { since: Timestamp::now(), told: Vec::new() });
        if spell.told.iter().all(|told| told != text) {
            spell.told.push(text.to_owned());
            self.line(&self.lines.trouble(text));
        }
    }

    /// Shows that AWS answers again, if it was said that it does not.
    pub fn recovered(&self) {
        let spell = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(spell) = spell {
            let after = Timestamp::now().duration_since(spell.since);
            self.line(&self.lines.recovered(after.try_into().unwrap_or_default()));
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
