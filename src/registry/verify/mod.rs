//! Staged readiness: from the load balancer's address to a registry that answers under its own name. It connects and
//! judges; it never prints.

mod address;
mod delegation;
mod dns;
mod given;
mod http;
mod served;
mod stage;
mod tls;
mod trust;

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::connect_to::ConnectTo;
pub use delegation::{Delegation, public_name_servers};
pub use served::{Tally, addresses, knock, served};
pub use stage::{Outcome, Stage, StageResult, Verification};
pub use trust::{Trust, TrustProblem};

/// What is to be proven, and how it is reached.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The registry's host name.
    pub host: String,
    /// The load balancer's own name.
    pub load_balancer: String,
    /// Whether only the VPC reaches the load balancer.
    pub internal: bool,
    /// Where the host's record is kept.
    pub record: Record,
    /// Redirected connections.
    pub connect_to: Vec<ConnectTo>,
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// The operator's name.
    pub user: String,
    /// The operator's password.
    pub password: SecretString,
}

/// Where the host's DNS record is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// In a hosted zone of this account.
    Zone {
        /// The zone's name.
        name: String,
        /// The servers that answer for it.
        name_servers: Vec<String>,
    },
    /// Somewhere else, by hand.
    Elsewhere,
}

/// How a readiness check is repeated.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The pause between two passes.
    pub pause: Duration,
    /// When to give up.
    pub deadline: Option<Instant>,
}

/// One pass over every stage. The load balancer and the zone are asked at the same time; this machine's resolver only
/// after the zone's own servers have answered, because an early question would be remembered as "no such host".
pub async fn verify(probe: &Probe) -> Verification {
    let (mut stages, zone) = tokio::join!(service(probe), timed(Stage::ZoneDns, dns::zone(probe)));
    let system = if zone.outcome.is_fine() {
        timed(Stage::SystemDns, dns::system(probe)).await
    } else {
        not_reached(Stage::SystemDns)
    };
    stages.extend([zone, system]);
    Verification { stages }
}

/// Repeats the check until it passes or the deadline is over, and reports each pass that tells something new.
pub async fn verify_until(probe: &Probe, pace: Pace, mut on_change: impl FnMut(&Verification)) -> Verification {
    let mut last: Option<Verification> = None;
    loop {
        let now = verify(probe).await;
        if last.as_ref().is_none_or(|last| !last.tells_the_same_as(&now)) {
            on_change(&now);
        }
        let next = Instant::now() + pace.pause;
        if now.passed() || pace.deadline.is_some_and(|deadline| next > deadline) {
            return now;
        }
        last = Some(now);
        tokio::time::sleep_until(next).await;
    }
}

/// The stages on the way through the load balancer, up to the first that fails.
async fn service(probe: &Probe) -> Vec<StageResult> {
    let mut stages = Vec::with_capacity(Stage::ALL.len());
    if walk(probe, &mut stages).await.is_none() {
        for stage in Stage::ALL.into_iter().take_while(|stage| *stage != Stage::ZoneDns).skip(stages.len()) {
            stages.push(not_reached(stage));
        }
    }
    stages
}

/// Goes from stage to stage; none as soon as one fails.
async fn walk(probe: &Probe, stages: &mut Vec<StageResult>) -> Option<()> {
    let addresses = step(stages, Stage::LoadBalancerAddress, address::find(probe)).await?;
    let stream = step(stages, Stage::Tcp, address::connect(probe, &addresses)).await?;
    let mut session = step(stages, Stage::Tls, tls::handshake(probe, stream)).await?;
    step(stages, Stage::Unauthorized, http::without_password(probe, &mut session)).await?;
    step(stages, Stage::Ping, http::ping(probe, &mut session)).await?;
    step(stages, Stage::V2, http::api(probe, &mut session)).await
}

/// What a stage hands to the next one, with what was seen; or why there is nothing to hand on.
type Step<T> = Result<(T, Outcome), Outcome>;

async fn step<T>(stages: &mut Vec<StageResult>, stage: Stage, work: impl Future<Output = Step<T>>) -> Option<T> {
    let began = Instant::now();
    let (value, outcome) = match work.await {
        Ok((value, outcome)) => (Some(value), outcome),
        Err(outcome) => (None, outcome),
    };
    stages.push(StageResult { stage, outcome, took: began.elapsed() });
    value
}

async fn timed(stage: Stage, work: impl Future<Output = Outcome>) -> StageResult {
    let began = Instant::now();
    let outcome = work.await;
    StageResult { stage, outcome, took: began.elapsed() }
}

fn not_reached(stage: Stage) -> StageResult {
    StageResult { stage, outcome: Outcome::NotReached, took: Duration::ZERO }
}

#[cfg(test)]
mod tests;
