//! The stack's own certificate while it is made: shows the record that validates it, and bounds the wait for it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::command::follow::until;
use crate::error::{Failure, Kind};
use crate::registry::template::CERTIFICATE;
use crate::registry::validation::ValidationRecord;
use crate::stack::event::{Phase, StackEvent};
use crate::ui::Progress;

/// ACM issues within minutes of seeing the record; what is not issued by then waits for something that `up` cannot see.
/// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>
const PATIENCE: Duration = Duration::from_secs(45 * 60);

/// The certificate that is waited for: until when.
pub(super) type Waits = watch::Sender<Option<Instant>>;

/// Learns from an event, and shows the record when it is told.
pub(super) fn learn(event: &StackEvent, progress: &Progress, waits: &Waits) {
    if event.logical_id != CERTIFICATE {
        return;
    }
    match event.phase() {
        Phase::InProgress if event.status.starts_with("CREATE_") => {
            waits.send_if_modified(|end| end.is_none() && end.replace(Instant::now() + PATIENCE).is_none());
            if let Some(record) = event.reason.as_deref().and_then(ValidationRecord::from_event) {
                progress.line(&format!("validation record: {record}"));
                progress.line("  the stack puts it into the zone; ACM issues the certificate once it sees it, mostly in 2 to 10 min");
            }
        }
        Phase::InProgress => {}
        Phase::Complete | Phase::Failed | Phase::Skipped => {
            waits.send_replace(None);
        }
    }
}

/// Follows as long as the certificate is not waited for beyond reason.
pub(super) async fn no_longer_than<T>(
    waits: &Waits,
    resume: &str,
    following: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut changes = waits.subscribe();
    let mut following = std::pin::pin!(following);
    loop {
        let end = *changes.borrow_and_update();
        tokio::select! {
            ended = &mut following => return ended,
            _ = changes.changed() => {}
            () = until(end) => return Err(never_issued(resume)),
        }
    }
}

fn never_issued(resume: &str) -> Failure {
    Failure::new(Kind::Timeout, "ACM has not issued the certificate in 45 minutes; the operation goes on in AWS")
        .cause("it does not see the validation record, or a CAA record of the domain names other authorities")
        .hint(format!("to follow it: {resume}; to give it up: dockreg down"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sleeps(time: Duration) -> Result<(), Failure> {
        tokio::time::sleep(time).await;
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_for_a_certificate_has_an_end_and_no_other_has() {
        let waits = watch::Sender::new(None);
        let long = sleeps(PATIENCE * 3);
        assert!(no_longer_than(&waits, "dockreg up", long).await.is_ok(), "no certificate is waited for");
        waits.send_replace(Some(Instant::now() + PATIENCE));
        let long = sleeps(PATIENCE * 3);
        let ended = no_longer_than(&waits, "dockreg up", long).await.map_err(|failure| failure.kind);
        assert_eq!(ended, Err(Kind::Timeout));
        waits.send_replace(Some(Instant::now() + PATIENCE));
        let issued = async {
            tokio::time::sleep(PATIENCE / 2).await;
            waits.send_replace(None);
            sleeps(PATIENCE * 3).await
        };
        assert!(no_longer_than(&waits, "dockreg up", issued).await.is_ok(), "it was issued in time");
    }
}
