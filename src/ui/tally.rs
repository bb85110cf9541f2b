//! A line on the terminal that counts, for looks that may take a while. Without a terminal nothing is said.

use std::time::Duration;

use tokio::time::Instant;

use super::screen;
use super::shell::{Shell, Verbosity};

/// What is over by then needs no line that appears and goes.
const SOON: Duration = Duration::from_millis(300);

/// The line; dropping it takes it away.
#[derive(Debug)]
pub struct Tally {
    what: &'static str,
    since: Instant,
    draws: bool,
}

impl Shell {
    /// Begins to count what is being done, such as `reading certificates`.
    pub fn tally(&self, what: &'static str) -> Tally {
        let draws = self.draws_live() && self.verbosity() > Verbosity::Quiet;
        Tally { what, since: Instant::now(), draws }
    }
}

impl Tally {
    /// Shows how far it is.
    pub fn show(&self, done: usize, of: usize) {
        if self.draws && self.since.elapsed() >= SOON {
            screen::draw(vec![format!("{}: {done} of {of}", self.what)]);
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if self.draws {
            screen::draw(Vec::new());
        }
    }
}
