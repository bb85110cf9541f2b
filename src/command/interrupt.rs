//! SIGINT and SIGTERM, as something to wait for beside the work. An interrupt alone never deletes anything.

use std::sync::OnceLock;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::error::{Failure, Kind};

/// What the process was asked so far. It is kept, so that a signal that comes between two waits is not lost.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// Interrupts that were not taken back.
    interrupts: u32,
    /// SIGTERM came: whoever sends it does not want to be asked anything.
    terminated: bool,
    /// Whether the first interrupt only opens a choice.
    choosing: bool,
}

impl Asked {
    /// Whether nothing that still runs is to be waited for.
    fn at_once(self) -> bool {
        self.interrupts > if self.choosing && !self.terminated { 2 } else { 1 }
    }
}

fn asked() -> &'static watch::Sender<Asked> {
    static ASKED: OnceLock<watch::Sender<Asked>> = OnceLock::new();
    ASKED.get_or_init(watch::Sender::default)
}

/// Takes SIGINT and SIGTERM over, for the rest of the run. The first asks to stop; who sends a second does not want to
/// wait for anything: `last_words` are said, and the process ends.
pub(super) fn listen(last_words: impl Fn(Failure) + Send + 'static) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::spawn(async move {
        loop {
            let terminated = tokio::select! {
                _ = interrupt.recv() => false,
                _ = terminate.recv() => true,
            };
            // Judged by the moment it came: whoever is woken by it may end the choice at once.
            let mut at_once = false;
            asked().send_modify(|asked| {
                asked.interrupts += 1;
                asked.terminated |= terminated;
                at_once = asked.at_once();
            });
            if at_once {
                last_words(cut_short());
                #[expect(clippy::exit, reason = "whatever still runs must not be waited for")]
                std::process::exit(i32::from(Kind::Interrupted.exit_code()));
            }
        }
    });
}

async fn until(came: impl Fn(&Asked) -> bool) {
    if asked().subscribe().wait_for(came).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends when the process is asked to stop, at once if it already was.
pub(super) async fn interrupted() {
    until(|asked| asked.interrupts > 0).await;
}

/// Ends when an open choice is not to be waited for: by a second interrupt, or by SIGTERM.
pub(super) async fn insisted() {
    until(|asked| asked.interrupts > 1 || asked.terminated).await;
}

/// Whether the process was asked to end by SIGTERM.
pub(super) fn is_terminated() -> bool {
    asked().borrow().terminated
}

/// While it lives the first interrupt only opens a choice, and it takes one more to end the process at once.
pub(super) struct Choosing(());

/// Says that an interrupt will open a choice from now on.
pub(super) fn choosing() -> Choosing {
    asked().send_modify(|asked| asked.choosing = true);
    Choosing(())
}

impl Choosing {
    /// The choice was made to go on: the interrupt counts no more.
    pub(super) fn forgive(&self) {
        asked().send_modify(|asked| asked.interrupts = 0);
    }
}

impl Drop for Choosing {
    fn drop(&mut self) {
        asked().send_modify(|asked| asked.choosing = false);
    }
}

/// Does work that changes nothing, and stops it when the process is asked to stop.
pub(super) async fn or_stop<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        () = interrupted() => Err(stopped()),
    }
}

/// The failure of a run that was interrupted while an operation goes on.
pub(super) fn detached(resume: &str) -> Failure {
    Failure::new(Kind::Interrupted, "interrupted; the operation goes on in AWS").hint(format!("to follow it: {resume}"))
}

/// The failure of a run that was interrupted before it changed anything.
pub(super) fn stopped() -> Failure {
    Failure::new(Kind::Interrupted, "interrupted; nothing was changed")
}

/// The failure of a run that was interrupted again while it cleaned up or asked.
fn cut_short() -> Failure {
    Failure::new(Kind::Interrupted, "interrupted again: ended at once, whatever was under way")
        .hint("see how things stand with `dockreg status`; `dockreg up` goes on from there")
}
