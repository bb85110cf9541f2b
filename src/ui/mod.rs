//! The only place that draws and prints. Results go to standard output, everything else to standard error.

mod document;
mod paint;
mod progress;
mod prompt;
mod screen;
mod shell;
mod table;
mod tally;
mod trace;
pub mod words;

pub use document::{Document, SCHEMA};
pub use paint::{Paint, Tone};
pub use progress::{Expected, Progress};
pub use prompt::Unanswered;
pub use shell::{ColorChoice, Format, Look, Shell, Verbosity};
pub use table::{Table, toned};
pub use tally::Tally;
pub use trace::show_calls;
