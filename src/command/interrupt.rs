//! SIGINT and SIGTERM, as something to wait for beside the work.

use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Failure, Kind};

/// Ends when the process is asked to stop. Without signal handlers it never ends, and signals act as usual.
pub(super) async fn interrupted() {
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        _ => std::future::pending().await,
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
