//! Health checks of registered targets, really made.

use std::sync::{Arc, Weak};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::firewall;
use crate::Region;
use crate::service::elbv2::Health;
use crate::service::elbv2::target_groups::HealthCheck;

/// A check of a node that is not a real machine never waits less than this, however fast the region's clock: the machine
/// that all of them share is no faster for it.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A check is never repeated sooner than this.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);

/// Identifies a registration of a target; it is checked until that registration ends.
#[derive(Debug, Clone)]
struct Watched {
    target_group: String,
    instance_id: String,
    registration: u64,
}

/// How one check went: Ok, or the reason code and description.
type Outcome = Result<(), (&'static str, String)>;

/// Checks a target from now on until it is deregistered or the region stops.
pub fn watch(region: &Arc<Region>, target_group: &str, instance_id: &str, registration: u64) {
    let watched = Watched { target_group: target_group.to_owned(), instance_id: instance_id.to_owned(), registration };
    tokio::spawn(run(Arc::downgrade(region), watched));
}

/// What the next check does.
enum Next {
    /// Check `port` so; unless it is `open` to the load balancer, no answer can come.
    Check { check: HealthCheck, port: u16, open: bool },
    /// No load balancer sends requests to the target: nothing is checked.
    Idle,
}

async fn run(region: Weak<Region>, watched: Watched) {
    let (mut passed, mut failed, mut fresh) = (0_u64, 0_u64, true);
    loop {
        let Some((next, wait)) = region.upgrade().and_then(|region| plan(&region, &watched)) else { return };
        tokio::time::sleep(wait).await;
        let Next::Check { check, port, open } = next else { continue };
        let Some((address, running, real)) = region.upgrade().map(|region| {
            let nodes = &region.nodes;
            let running = nodes.running(&watched.instance_id);
            (nodes.address(&watched.instance_id, port), running, nodes.real_time())
        }) else {
            return;
        };
        let timed_out = || Err(("Target.Timeout", "Request timed out".to_owned()));
        let outcome = match address {
            // What is off or behind a closed door does not even refuse.
            _ if !(open && running) => timed_out(),
            Some(address) => {
                let timeout = Duration::from_secs(check.timeout_seconds);
                let timeout = if real { timeout } else { timeout.max(SHORTEST_TIMEOUT) };
                match tokio::time::timeout(timeout, request(address, &check)).await {
                    Ok(outcome) => outcome,
                    Err(_) => timed_out(),
                }
            }
            None => Err(("Target.FailedHealthChecks", "Health checks failed".to_owned())),
        };
        (passed, failed) = if outcome.is_ok() { (passed + 1, 0) } else { (0, failed + 1) };
        let verdict = match outcome {
            // The threshold is for those that were unhealthy: a new target must pass one check.
            // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
            Ok(()) if fresh || passed >= check.healthy_threshold => Health::Healthy,
            Err((reason, description)) if failed >= check.unhealthy_threshold => {
                Health::Unhealthy { reason, description }
            }
            _ if fresh => Health::Initial,
            _ => continue,
        };
        fresh = verdict == Health::Initial;
        let Some(region) = region.upgrade() else { return };
        record(&region, &watched, verdict);
    }
}

/// What to do next and after how long, or None when the registration has ended.
fn plan(region: &Region, watched: &Watched) -> Option<(Next, Duration)> {
    region.world(|world| {
        let state = &world.elbv2;
        let group = state.target_group(&watched.target_group).ok()?;
        let target = group.targets.iter().find(|target| {
            target.instance_id == watched.instance_id
                && target.registration == watched.registration
                && target.health != Health::Draining
        })?;
        let check = group.health_check.clone();
        let interval = region.node_clock().scaled(Duration::from_secs(check.interval_seconds)).max(SHORTEST_INTERVAL);
        let balancers = state.load_balancers_of(&watched.target_group);
        let serving = balancers
            .iter()
            .filter_map(|arn| state.load_balancer(arn).ok())
            .find(|one| one.active && one.zones.iter().any(|zone| zone.name == target.zone));
        let port = check.port.parse().unwrap_or(target.port);
        let next = match (serving, world.ec2.instances.instance(&watched.instance_id)) {
            (Some(serving), Ok(instance)) => {
                let open = firewall::passes(world, serving, instance, port);
                Next::Check { check, port, open }
            }
            _ => Next::Idle,
        };
        Some((next, interval))
    })
}

async fn request(address: std::net::SocketAddr, check: &HealthCheck) -> Outcome {
    let broken = || ("Target.FailedHealthChecks", "Health checks failed".to_owned());
    let stream = TcpStream::connect(address).await.map_err(|_| broken())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| broken())?;
    let connection = tokio::spawn(connection);
    let request = Request::get(&check.path)
        .header(header::HOST, address.to_string())
        .header(header::USER_AGENT, "ELB-HealthChecker/2.0")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| broken())?;
    let answered = sender.send_request(request).await;
    let outcome = match answered {
        Ok(response) => {
            let status = response.status().as_u16();
            let complete = response.into_body().collect().await;
            match complete {
                Ok(_) if check.matches(status) => Ok(()),
                Ok(_) => {
                    Err(("Target.ResponseCodeMismatch", format!("Health checks failed with these codes: [{status}]")))
                }
                Err(_) => Err(broken()),
            }
        }
        Err(_) => Err(broken()),
    };
    connection.abort();
    outcome
}

fn record(region: &Region, watched: &Watched, verdict: Health) {
    region.world(|world| {
        let changed = world.elbv2.health_changed.clone();
        let Ok(group) = world.elbv2.target_group_mut(&watched.target_group) else { return };
        for target in &mut group.targets {
            let ours = target.instance_id == watched.instance_id && target.registration == watched.registration;
            if ours && target.health != Health::Draining && target.health != verdict {
                target.health = verdict.clone();
                changed.notify_waiters();
            }
        }
    });
}
