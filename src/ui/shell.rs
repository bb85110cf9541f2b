//! Where text goes and how it looks: results to standard output, all else to standard error.
//!
//! A closed pipe is no error: whoever reads has seen enough.

use std::io::{IsTerminal, Write};

use dialoguer::console::{Term, is_dumb};

use super::{Document, Paint, Tone, screen, words};
use crate::error::Failure;

/// Lines are no longer than this, however wide the terminal: longer ones are hard to read.
const MAX_WIDTH: usize = 120;

/// The width when the stream is no terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 120;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set (<https://no-color.org>) or the terminal is a dumb one.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What a person waiting wants to know.
    #[default]
    Normal,
    /// Details too.
    Verbose,
}

/// What the user said about output.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// How results are written.
    pub format: Format,
    /// When to use colours.
    pub color: ColorChoice,
    /// How much is said.
    pub verbosity: Verbosity,
}

/// The way to the person or program that started this.
#[derive(Debug, Clone)]
pub struct Shell {
    format: Format,
    verbosity: Verbosity,
    stdout: Paint,
    stderr: Paint,
    width: usize,
}

impl Shell {
    /// A shell that looks as asked for, on the streams as they are.
    pub fn new(look: Look) -> Self {
        let paint = |term: &Term| Paint {
            enabled: match look.color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => term.features().colors_supported(),
            },
        };
        let (stdout, stderr) = (Term::stdout(), Term::stderr());
        let columns = stdout.size_checked().or_else(|| stderr.size_checked()).map(|(_, columns)| usize::from(columns));
        Self {
            format: look.format,
            verbosity: look.verbosity,
            stdout: paint(&stdout),
            stderr: paint(&stderr),
            width: columns.unwrap_or(WIDTH_WITHOUT_TERMINAL).clamp(40, MAX_WIDTH),
        }
    }

    /// The same shell for a terminal of another width.
    #[must_use]
    pub fn with_width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// How results are written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Columns that text may take.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether somebody reads the results as they are written.
    pub fn results_are_read_on_a_terminal(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// Colours of standard output, for results.
    pub fn paint(&self) -> Paint {
        self.stdout
    }

    /// Colours of standard error.
    pub fn paint_stderr(&self) -> Paint {
        self.stderr
    }

    /// How much is said on standard error.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether lines on standard error can be redrawn.
    pub fn draws_live(&self) -> bool {
        std::io::stderr().is_terminal() && !is_dumb()
    }

    /// Says what a person waiting wants to know.
    pub fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(text);
        }
    }

    /// Says what only the curious want to know (`-v`).
    pub fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.say(&self.stderr.text(Tone::Faint, text));
        }
    }

    /// Says what needs attention and is no failure. Part of the document too, so said here in text mode only.
    pub fn warn(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.say(&format!("{} {text}", self.stderr.text(Tone::Caution, "warning:")));
        }
    }

    /// Says what ended the command: message, cause and what to type next.
    pub fn error(&self, failure: &Failure) {
        let mut text = format!("{} {}\n", self.stderr.text(Tone::Bad, "error:"), failure.message);
        if let Some(cause) = &failure.cause {
            text.push_str(&format!("  {} {}\n", self.stderr.text(Tone::Faint, "because:"), indented(cause)));
        }
        if let Some(aws) = &failure.aws {
            let code = aws.code.as_deref().unwrap_or("no answer");
            let request = aws.request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default();
            let said = format!("{}: {code}{request}", aws.operation);
            text.push_str(&format!("  {} {said}\n", self.stderr.text(Tone::Faint, "aws:")));
        }
        if let Some(hint) = &failure.hint {
            text.push_str(&format!("  {} {}\n", self.stderr.text(Tone::Good, "next:"), indented(hint)));
        }
        self.say(&text);
    }

    /// Writes to standard error; on a terminal with lines broken between words.
    fn say(&self, text: &str) {
        let text = ended(text);
        if std::io::stderr().is_terminal() {
            screen::write(&words::wrap(&text, self.width));
        } else {
            screen::write(&text);
        }
    }

    /// Writes a result for people to standard output. Nothing is wrapped: lines are there to be copied.
    pub fn result(&self, text: &str) {
        if !text.is_empty() {
            to_stdout(&ended(text));
        }
    }

    /// Writes the document to standard output.
    pub fn document(&self, document: &Document<'_>) {
        match serde_json::to_string_pretty(document) {
            Ok(text) => to_stdout(&ended(&text)),
            Err(error) => screen::write(&format!("the result cannot be written as JSON: {error}\n")),
        }
    }
}

/// Further lines stand under the first one.
fn indented(text: &str) -> String {
    text.replace('\n', "\n    ")
}

fn ended(text: &str) -> String {
    if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

fn to_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    tracing::trace!(?written, "standard output");
}
