//! SIGINT and SIGTERM, as something to wait for beside the work.

use std::sync::OnceLock;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::error::{Failure, Kind};

/// Whether the process was asked to stop. It stays true, so that a signal that comes between two waits is not lost.
fn stop() -> &'static watch::Sender<bool> {
    static STOP: OnceLock<watch::Sender<bool>> = OnceLock::new();
    STOP.get_or_init(|| watch::Sender::new(false))
}

/// Takes SIGINT and SIGTERM over, for the rest of the run. The first asks to stop; who sends a second does not want to
/// wait for anything.
pub(super) fn listen() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        next().await;
        stop().send_replace(true);
        next().await;
        #[expect(clippy::exit, reason = "whatever still runs must not be waited for")]
        std::process::exit(i32::from(Kind::Interrupted.exit_code()));
    });
}

/// Ends when the process is asked to stop, at once if it already was.
pub(super) async fn interrupted() {
    if stop().subscribe().wait_for(|asked| *asked).await.is_err() {
        std::future::pending::<()>().await;
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
