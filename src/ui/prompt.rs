//! Questions to the person at the terminal. Asked on standard error; never asked when there is no terminal.
//!
//! Whole lines are read, and the terminal's own modes are never changed: a signal can end a question at any time, and
//! there is nothing to be set right again.

use std::io::IsTerminal;
use std::sync::OnceLock;

use thiserror::Error;
use tokio::sync::{Mutex, mpsc};

use super::{Shell, screen, words};

/// Why a question has no answer.
#[derive(Debug, Error)]
pub enum Unanswered {
    /// Standard input or standard error is no terminal.
    #[error("there is no terminal to ask on")]
    NoTerminal,
    /// The keyboard was closed: Ctrl-D, or the terminal is gone.
    #[error("the keyboard is closed")]
    Closed,
}

impl Shell {
    /// Whether questions can be asked: both the person's keyboard and the screen are there.
    pub fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a question that is answered with yes or no; Enter alone means no.
    pub async fn ask(&self, question: &str) -> Result<bool, Unanswered> {
        loop {
            match self.ask_line(&format!("{question} [y/N] ")).await?.to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "" | "n" | "no" => return Ok(false),
                _ => {}
            }
        }
    }

    /// Asks to type a name, as consent to what cannot be undone: true if it is the expected one.
    pub async fn ask_name(&self, question: &str, expected: &str) -> Result<bool, Unanswered> {
        Ok(self.ask_line(&format!("{question}: ")).await? == expected)
    }

    /// Asks for a line. The screen is the question's until it is
    /// answered or given up.
    pub async fn ask_line(&self, question: &str) -> Result<String, Unanswered> {
        if !self.is_interactive() {
            return Err(Unanswered::NoTerminal);
        }
        let mut open = Open { _held: screen::hold(), answered: false };
        let mut keyboard = keyboard().lock().await;
        screen::write_now(&words::wrap(question, self.width()));
        let line = keyboard.line().await.ok_or(Unanswered::Closed)?;
        open.answered = true;
        Ok(line.trim().to_owned())
    }
}

/// An open question. One that is given up leaves the cursor behind it: the line is ended.
struct Open {
    _held: screen::Held,
    answered: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.answered {
            screen::write_now("\n");
        }
    }
}

/// The keyboard: lines as they are typed, read only while a question waits for one. Between questions nothing is read,
/// so that the run may be put into the background.
struct Keyboard {
    wanted: std::sync::mpsc::Sender<()>,
    typed: mpsc::UnboundedReceiver<String>,
    /// A read cannot be taken back: that of a question that was given up serves the next one.
    reading: bool,
}

impl Keyboard {
    async fn line(&mut self) -> Option<String> {
        while self.typed.try_recv().is_ok() {
            self.reading = false;
        }
        if !self.reading {
            self.reading = self.wanted.send(()).is_ok();
        }
        let line = self.typed.recv().await;
        self.reading = false;
        line
    }
}

fn keyboard() -> &'static Mutex<Keyboard> {
    static KEYBOARD: OnceLock<Mutex<Keyboard>> = OnceLock::new();
    KEYBOARD.get_or_init(|| {
        let (wanted, wishes) = std::sync::mpsc::channel();
        let (types, typed) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let mut lines = std::io::stdin().lines();
            while wishes.recv().is_ok() {
                match lines.next() {
                    Some(Ok(line)) if types.send(line.clone()).is_ok() => {}
                    _ => break,
                }
            }
        });
        Mutex::new(Keyboard { wanted, typed, reading: false })
    })
}
