//! Standard error, the one screen there is: lines that stay, and below them a block of live lines that is redrawn.
//!
//! Whatever writes to standard error writes here, so that nothing lands inside the block. While somebody is asked a
//! question the block is away and new lines wait.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dialoguer::console::{Term, measure_text_width};

/// What is on the screen below the lines that stay.
struct Screen {
    block: Vec<String>,
    /// Lines that wait while a question is open; none while there is no question.
    held: Option<String>,
}

static SCREEN: Mutex<Screen> = Mutex::new(Screen { block: Vec::new(), held: None });

fn screen() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes text that stays, whole lines, above the block.
pub(super) fn write(text: &str) {
    let mut screen = screen();
    if let Some(held) = &mut screen.held {
        held.push_str(text);
    } else if screen.block.is_empty() {
        put(text);
    } else {
        put(&redrawn(&screen.block, text, &screen.block, columns()));
    }
}

/// Writes text at once, also while lines are held back: a question, or the end of its line.
pub(super) fn write_now(text: &str) {
    let _screen = screen();
    put(text);
}

/// Draws the block anew; no lines take it away.
pub(super) fn draw(mut lines: Vec<String>) {
    let mut screen = screen();
    if screen.held.is_some() || (screen.block.is_empty() && lines.is_empty()) {
        return;
    }
    let (rows, columns) = size();
    fit(&mut lines, rows);
    put(&redrawn(&screen.block, "", &lines, columns));
    screen.block = lines;
}

/// Takes the block away and holds new lines back until [`Held`] is dropped.
pub(super) fn hold() -> Held {
    let mut screen = screen();
    if !screen.block.is_empty() {
        put(&redrawn(&screen.block, "", &[], columns()));
        screen.block.clear();
    }
    screen.held.get_or_insert_default();
    Held(())
}

/// The screen belongs to a question.
#[derive(Debug)]
pub(super) struct Held(());

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(held) = screen().held.take() {
            put(&held);
        }
    }
}

/// Rows and columns; those of an old terminal where there is none, or one that does not say.
pub(super) fn size() -> (usize, usize) {
    let known = Term::stderr().size_checked().filter(|(rows, columns)| *rows > 1 && *columns > 0);
    let (rows, columns) = known.unwrap_or((24, 80));
    (usize::from(rows), usize::from(columns))
}

fn columns() -> usize {
    size().1
}

/// A block higher than the screen could not be taken away again: what does not fit is counted in one line.
fn fit(lines: &mut Vec<String>, rows: usize) {
    let most = rows.saturating_sub(1).max(1);
    // The last line says the most about the whole.
    if most == 1 {
        lines.drain(..lines.len().saturating_sub(1));
    } else if lines.len() > most {
        let cut = lines.len() - most;
        let from = lines.len() - 2 - cut;
        lines.splice(from..=from + cut, [format!("  … and {} more", cut + 1)]);
    }
}

/// What turns a screen that ends with one block into a screen that ends with another, with text in between that stays.
fn redrawn(old: &[String], above: &str, new: &[String], columns: usize) -> String {
    // A terminal that became narrower has broken the old lines.
    let rows: usize = old.iter().map(|line| measure_text_width(line).div_ceil(columns).max(1)).sum();
    let mut text = String::from("\r");
    if rows > 1 {
        text.push_str(&format!("\x1b[{}A", rows - 1));
    }
    if !above.is_empty() || new.is_empty() {
        text.push_str("\x1b[J");
        text.push_str(above);
    }
    // The cursor rests at the end of the last line, without a line break: the screen would scroll.
    text.push_str(&new.iter().map(|line| format!("{line}\x1b[K")).collect::<Vec<_>>().join("\n"));
    text.push_str("\x1b[J");
    text
}

fn put(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let written = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    drop(stderr);
    // Whoever reads may have seen enough. Not traced: traces are written here too.
    drop(written);
}

/// Where traces go: above the block like everything else.
#[derive(Debug)]
pub(super) struct Traces;

impl Write for Traces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        write(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
