//! Readiness beside the stack: learns from events where the registry will be, and proves it while the rest is made.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::aws::{Aws, elbv2, route53};
use crate::cli::ProbeArgs;
use crate::command::operator_password_of;
use crate::context::Timing;
use crate::error::{Failure, Kind};
use crate::registry::names::{HostName, OPERATOR};
use crate::registry::verify::{Outcome, Pace, Probe, Record, Stage, Trust, Verification, verify_until};
use crate::stack::event::{Phase, StackEvent};
use crate::ui::Progress;

/// Between two looks at a registry that does not answer yet.
const PAUSE: Duration = Duration::from_secs(2);
/// A finished stack's registry answers within seconds; its DNS record may take a minute or two.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

/// What has to be known before the registry can be asked, as it becomes known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Site {
    /// ARN of the load balancer.
    pub(super) load_balancer: Option<String>,
    /// ARN of the operator's secret.
    pub(super) operator_secret: Option<String>,
}

impl Site {
    /// Learns from an event of the stack.
    pub(super) fn learn(&mut self, event: &StackEvent) {
        if event.phase() != Phase::Complete || !event.status.starts_with("CREATE_") {
            return;
        }
        let id = event.physical_id.clone();
        match event.resource_type.as_str() {
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => self.load_balancer = id,
            "AWS::SecretsManager::Secret" if event.logical_id == "OperatorSecret" => self.operator_secret = id,
            _ => {}
        }
    }
}

/// How the registry is asked, apart from where it is.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) host: HostName,
    pub(super) internal: bool,
    pub(super) zone_id: Option<(String, String)>,
    pub(super) probe: ProbeArgs,
    pub(super) trust: Trust,
}

/// A check of the registry that runs beside everything else.
pub(super) struct Proof<'a> {
    aws: &'a Aws,
    asking: &'a Asking,
    timing: Timing,
    progress: &'a Progress,
    /// What the last pass said.
    latest: watch::Sender<Option<Verification>>,
    /// Where to say that the registry answers: the stack is about to be complete.
    sign: Option<watch::Sender<bool>>,
    /// Whether nothing was changed that could take a while to be seen.
    unchanged: bool,
}

impl<'a> Proof<'a> {
    /// Prepares a check.
    pub(super) fn new(
        aws: &'a Aws,
        asking: &'a Asking,
        timing: Timing,
        progress: &'a Progress,
        sign: Option<watch::Sender<bool>>,
    ) -> Self {
        Self { aws, asking, timing, progress, latest: watch::Sender::new(None), sign, unchanged: false }
    }

    /// Of a registry that nothing was changed in: what waiting never mends ends the check.
    pub(super) fn unchanged(self) -> Self {
        Self { unchanged: true, ..self }
    }

    /// Waits until the site is known, then repeats the check until it passes.
    pub(super) async fn run(&self, mut site: watch::Receiver<Site>) -> Result<Verification, Failure> {
        let known = site.wait_for(|site| site.load_balancer.is_some() && site.operator_secret.is_some()).await;
        let Ok(known) = known.map(|site| site.clone()) else {
            return Err(Failure::new(Kind::NotVerified, "the stack named no load balancer to check"));
        };
        let (arn, secret) = (known.load_balancer.unwrap_or_default(), known.operator_secret.unwrap_or_default());
        let (balancer, password, record) = tokio::try_join!(
            async { Ok::<_, Failure>(elbv2::load_balancer(self.aws, &arn).await?) },
            operator_password_of(self.aws, &secret),
            record(self.aws, self.asking),
        )?;
        let balancer = balancer.ok_or_else(|| Failure::new(Kind::NotVerified, "the load balancer is gone"))?;
        let probe = Probe {
            host: self.asking.host.to_string(),
            load_balancer: balancer.dns_name,
            internal: self.asking.internal,
            record,
            connect_to: self.asking.probe.connect_to.clone(),
            trust: self.asking.trust.clone(),
            user: OPERATOR.to_owned(),
            password,
        };
        let pace = Pace { pause: self.timing.poll_interval.unwrap_or(PAUSE), deadline: None };
        let on_change = |now: &Verification| {
            self.progress.readiness(now);
            self.latest.send_replace(Some(now.clone()));
            if let (Some(sign), Some(Outcome::Passed { .. })) = (&self.sign, now.outcome(Stage::Ping)) {
                sign.send_if_modified(|soon| !std::mem::replace(soon, true));
            }
        };
        Ok(verify_until(&probe, pace, on_change).await)
    }

    /// Finishes a check once the stack stands: until it passes, patience ends, or what is missing is up to the user: a
    /// record, another certificate. What the last pass said counts.
    pub(super) async fn finish(
        &self,
        running: impl Future<Output = Result<Verification, Failure>>,
    ) -> Result<Verification, Failure> {
        let mut latest = self.latest.subscribe();
        let waits_for_user = |latest: &Option<Verification>| {
            latest.as_ref().is_some_and(|latest| {
                (self.asking.zone_id.is_none() && only_name_is_missing(latest))
                    || (self.unchanged && latest.fails_for_good())
            })
        };
        let patience = Instant::now() + PATIENCE;
        let end = self.timing.deadline().map_or(patience, |deadline| deadline.min(patience));
        tokio::select! {
            verification = running => return verification,
            _ = latest.wait_for(waits_for_user) => {}
            () = tokio::time::sleep_until(end) => {}
        }
        let last = self.latest.borrow().clone();
        last.ok_or_else(|| Failure::new(Kind::NotVerified, "the registry could not be asked in time"))
    }
}

/// Whether everything works and only this machine does not find the host yet.
pub(super) fn only_name_is_missing(verification: &Verification) -> bool {
    verification.first_fault().is_some_and(|(stage, ..)| matches!(stage, Stage::SystemDns | Stage::ZoneDns))
}

async fn record(aws: &Aws, asking: &Asking) -> Result<Record, Failure> {
    match &asking.zone_id {
        Some((id, name)) => {
            Ok(Record::Zone { name: name.clone(), name_servers: route53::name_servers(aws, id).await? })
        }
        None => Ok(Record::Elsewhere),
    }
}
