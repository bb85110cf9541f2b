//! The only place that draws and prints. Results go to standard output, everything else to standard error.

mod document;
mod paint;
mod progress;
mod prompt;
mod screen;
mod shell;
mod table;
mod trace;
pub mod words;

pub use document::{Document, SCHEMA};
pub use paint::{Paint, Tone};
pub use progress::{Expected, Progress};
pub use prompt::Unanswered;
pub use shell::{ColorChoice, Format, Look, Shell, Verbosity};
pub use table::Table;
pub use trace::show_calls;
