//! Progress on a terminal: finished resources scroll up, those at work are redrawn below with their times.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::lines::Lines;
use super::{Shared, locked};
use crate::ui::{screen, words};

/// How often the lines are redrawn: often enough for a clock and a spinner.
const REDRAW: Duration = Duration::from_millis(120);

/// Frames of the spinner.
const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// Live lines on standard error.
#[derive(Debug)]
pub struct Live {
    picture: Arc<Picture>,
    redrawing: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Picture {
    title: String,
    board: Shared,
    lines: Lines,
    readiness: Mutex<Option<String>>,
}

impl Live {
    /// Draws the summary line and goes on redrawing.
    pub fn new(title: &str, board: Shared, lines: Lines) -> Self {
        let picture = Arc::new(Picture { title: title.to_owned(), board, lines, readiness: Mutex::default() });
        picture.draw(0);
        let redrawing = tokio::runtime::Handle::try_current().ok().map(|runtime| {
            let picture = Arc::clone(&picture);
            runtime.spawn(async move {
                for frame in 1.. {
                    tokio::time::sleep(REDRAW).await;
                    picture.draw(frame);
                }
            })
        });
        Self { picture, redrawing }
    }

    /// Shows what the registry's readiness waits for, below everything else.
    pub fn readiness(&self, text: Option<String>) {
        *self.picture.readiness.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    /// A line above the live ones.
    pub fn line(&self, text: &str) {
        let width = self.picture.lines.width().min(screen::size().1);
        screen::write(&format!("{}\n", words::wrap(text, width)));
    }
}

impl Picture {
    fn draw(&self, frame: usize) {
        let lines = self.lines.on(screen::size().1);
        let spinner = FRAMES[frame % FRAMES.len()];
        let now = Timestamp::now();
        let board = locked(&self.board);
        let mut block: Vec<String> =
            board.working().into_iter().map(|row| format!("{spinner} {}", lines.working(row, now))).collect();
        let readiness = self.readiness.lock().unwrap_or_else(PoisonError::into_inner).clone();
        block.extend(readiness.map(|text| format!("{spinner} {}", lines.cut(&text))));
        block.push(format!("{spinner} {}", lines.summary(&self.title, &board, now)));
        drop(board);
        screen::draw(block);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(redrawing) = &self.redrawing {
            redrawing.abort();
        }
        screen::draw(Vec::new());
        // An empty line sets the result apart.
        screen::write("\n");
    }
}
