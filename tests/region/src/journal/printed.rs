//! A guard that prints the timeline of a region when a test fails.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::Region;

/// More lines than this are of no use to a reader; the last ones are printed.
const LINES: usize = 300;

/// Prints the region's timeline on standard error if it is dropped by a panic. Every `Running` holds one; a test whose
/// region does not listen keeps its own.
pub struct PrintedOnPanic(Arc<Region>);

impl PrintedOnPanic {
    /// Watches over the test that holds it.
    pub fn new(region: Arc<Region>) -> Self {
        Self(region)
    }
}

impl Drop for PrintedOnPanic {
    #[expect(clippy::print_stderr, reason = "a failing test shows what happened in its region")]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let timeline = self.0.journal.timeline();
        let lines: Vec<&str> = timeline.lines().collect();
        let mut text = format!("== what happened in the region ({} lines)\n", lines.len());
        for line in &lines[lines.len().saturating_sub(LINES)..] {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{line}");
        }
        eprint!("{text}");
    }
}
