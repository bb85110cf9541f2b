//! Proves what is served: on every address of the load balancer, by a handshake with each.

use std::time::Duration;

use rustls_pki_types::CertificateDer;
use tokio::time::Instant;

use super::Run;
use super::pick::leaf;
use crate::command::interrupt;
use crate::error::{Failure, Kind};
use crate::registry::certificate::Candidate;
use crate::registry::verify::{addresses, served};

/// A load balancer serves a changed certificate within seconds, on each of its addresses by itself.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks, unless the user set an interval.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until every address serves the certificate; returns how many there are.
pub(super) async fn wait(run: &Run<'_>, new: &Candidate) -> Result<usize, Failure> {
    let Some(expected) = leaf(&run.aws, new).await? else {
        return Err(unproven(run, "the new certificate's own text cannot be had from ACM"));
    };
    let patience = Instant::now() + PATIENCE;
    let end = run.context.timing.deadline().map_or(patience, |deadline| deadline.min(patience));
    let pause = run.context.timing.poll_interval.unwrap_or(PAUSE);
    loop {
        let why = match look(run, &expected).await {
            Ok(count) => return Ok(count),
            Err(why) => why,
        };
        if Instant::now() >= end {
            return Err(unproven(run, &why));
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupt::interrupted() => {
                let failure = Failure::new(Kind::Interrupted, "interrupted; the stack is updated");
                return Err(failure.hint(format!("to look again: {}", run.context.command_line("status"))));
            }
        }
    }
}

/// Whether every address serves this certificate: how many there are, or which does not.
async fn look(run: &Run<'_>, expected: &CertificateDer<'static>) -> Result<usize, String> {
    let found = addresses(run.host.as_str(), &run.balancer, &run.args.probe.connect_to).await?;
    let seen = served(&found, run.host.as_str()).await;
    for (address, outcome) in &seen {
        match outcome {
            Ok(leaf) if leaf == expected => {}
            Ok(_) => return Err(format!("{address} serves another certificate")),
            Err(why) => return Err(format!("{address}: {why}")),
        }
    }
    Ok(seen.len())
}

fn unproven(run: &Run<'_>, why: &str) -> Failure {
    Failure::new(Kind::NotVerified, "the stack is updated, and not every address is seen to serve the new certificate")
        .cause(why)
        .hint(format!("to look again: {}", run.context.command_line("status")))
}

/// A failed rotation, with what is served after it.
pub(super) async fn still(run: &Run<'_>, old: &Candidate, failure: Failure) -> Failure {
    let looked = match leaf(&run.aws, old).await {
        Ok(Some(expected)) => look(run, &expected).await,
        Ok(None) => Err("its own text cannot be had from ACM".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let served = match looked {
        Ok(count) => format!("{} is served as before, seen on every address ({count})", old.label()),
        Err(why) => format!("whether {} is served as before is not seen: {why}", old.label()),
    };
    let hint = failure.hint.clone().map(|hint| format!("{hint}; then: ")).unwrap_or_default();
    let message = format!("{}; {served}", failure.message);
    Failure { message, ..failure }.hint(format!("{hint}{}", run.context.command_line("cert rotate")))
}
