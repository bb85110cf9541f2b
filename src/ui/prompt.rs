//! Questions to the person at the terminal. Asked on standard error; never asked when there is no terminal.

use std::io::IsTerminal;

use dialoguer::console::Term;
use dialoguer::{Confirm, Input};
use thiserror::Error;

use super::Shell;

/// Why a question has no answer.
#[derive(Debug, Error)]
pub enum Unanswered {
    /// Standard input or standard error is no terminal.
    #[error("there is no terminal to ask on")]
    NoTerminal,
    /// The person pressed Ctrl-C or Escape.
    #[error("interrupted")]
    Interrupted,
}

impl Shell {
    /// Whether questions can be asked: both the person's keyboard and the screen are there.
    pub fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a question that is answered with yes or no; Enter alone means no.
    pub fn ask(&self, question: &str) -> Result<bool, Unanswered> {
        self.interactive()?;
        Confirm::new().with_prompt(question).default(false).interact().map_err(interrupted)
    }

    /// Asks to type a name, as consent to what cannot be undone: true if it is the expected one.
    pub fn ask_name(&self, question: &str, expected: &str) -> Result<bool, Unanswered> {
        self.interactive()?;
        let typed: String =
            Input::new().with_prompt(question).allow_empty(true).interact_text().map_err(interrupted)?;
        Ok(typed.trim() == expected)
    }

    fn interactive(&self) -> Result<(), Unanswered> {
        if self.is_interactive() { Ok(()) } else { Err(Unanswered::NoTerminal) }
    }
}

/// A read that failed in the middle of a question was interrupted; the cursor, hidden meanwhile, is shown again.
fn interrupted(_: dialoguer::Error) -> Unanswered {
    let restored = Term::stderr().show_cursor();
    tracing::debug!(?restored, "question interrupted");
    Unanswered::Interrupted
}
