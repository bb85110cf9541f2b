//! Progress where there is no terminal: a line with the time for each event, and a sign of life in between. No
//! control characters.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::lines::Lines;
use super::{Shared, locked};
use crate::ui::{screen, words};

/// Silence no longer than this: CI systems end jobs that say nothing.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Plain lines on standard error.
#[derive(Debug)]
pub struct Plain {
    pulse: Arc<Pulse>,
    heartbeat: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Pulse {
    board: Shared,
    spoke: Mutex<Instant>,
    readiness: Mutex<Option<String>>,
}

impl Plain {
    /// Writes the title and begins the heartbeat.
    pub fn new(title: &str, board: Shared, lines: Lines) -> Self {
        screen::write(&format!("{title}\n"));
        let pulse = Arc::new(Pulse { board, spoke: Mutex::new(Instant::now()), readiness: Mutex::new(None) });
        let heartbeat = tokio::runtime::Handle::try_current().ok().map(|runtime| {
            let pulse = Arc::clone(&pulse);
            runtime.spawn(async move {
                loop {
                    tokio::time::sleep_until(pulse.next()).await;
                    if pulse.next() <= Instant::now() {
                        pulse.write(&pulse.sign_of_life(lines));
                    }
                }
            })
        });
        Self { pulse, heartbeat }
    }

    /// Writes a line with the time since the beginning.
    pub fn line(&self, text: &str) {
        self.pulse.write(text);
    }

    /// Remembers what the registry's readiness waits for, for the heartbeat.
    pub fn readiness(&self, text: Option<String>) {
        *self.pulse.readiness.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

impl Pulse {
    fn next(&self) -> Instant {
        *self.spoke.lock().unwrap_or_else(PoisonError::into_inner) + HEARTBEAT
    }

    fn sign_of_life(&self, lines: Lines) -> String {
        let readiness = self.readiness.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lines.heartbeat(&locked(&self.board), readiness.as_deref(), Timestamp::now())
    }

    fn write(&self, text: &str) {
        *self.spoke.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let clock = words::clock(locked(&self.board).elapsed(Timestamp::now()));
        screen::write(&format!("{clock:>7}  {text}\n"));
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        if let Some(heartbeat) = &self.heartbeat {
            heartbeat.abort();
        }
    }
}
