//! The stages of readiness and what came of each. Pure.

use std::time::Duration;

use serde::Serialize;

/// One stage on the way from a load balancer to a registry that answers under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The load balancer's own name has an address.
    LoadBalancerAddress,
    /// Port 443 of it accepts a connection.
    Tcp,
    /// The certificate is trusted, covers the host and is valid now.
    Tls,
    /// Without credentials the registry says 401.
    Unauthorized,
    /// With the operator's credentials the deep ping says 200: nginx, registry and bucket work together.
    Ping,
    /// With them the registry's API says 200.
    V2,
    /// The hosted zone's own name servers answer for the host.
    ZoneDns,
    /// This machine finds the host.
    SystemDns,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 8] = [
        Self::LoadBalancerAddress,
        Self::Tcp,
        Self::Tls,
        Self::Unauthorized,
        Self::Ping,
        Self::V2,
        Self::ZoneDns,
        Self::SystemDns,
    ];

    /// What it is called, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LoadBalancerAddress => "load balancer's address",
            Self::Tcp => "connection",
            Self::Tls => "TLS certificate",
            Self::Unauthorized => "password prompt",
            Self::Ping => "registry and bucket",
            Self::V2 => "registry API",
            Self::ZoneDns => "DNS zone",
            Self::SystemDns => "DNS from here",
        }
    }
}

/// What came of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It works.
    Passed {
        /// What was seen.
        seen: String,
    },
    /// It does not.
    Failed {
        /// What was seen instead.
        why: String,
        /// What to do about it.
        cure: String,
        /// Whether waiting alone never mends it.
        #[serde(skip)]
        lasts: bool,
    },
    /// It was not asked, for this reason.
    Skipped {
        /// Why.
        why: String,
    },
    /// An earlier stage failed.
    NotReached,
}

impl Outcome {
    /// It works, and this was seen.
    pub fn passed(seen: impl Into<String>) -> Self {
        Self::Passed { seen: seen.into() }
    }

    /// It does not work.
    pub fn failed(why: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::Failed { why: why.into(), cure: cure.into(), lasts: false }
    }

    /// A failure that waiting alone never mends.
    #[must_use]
    pub fn lasting(self) -> Self {
        match self {
            Self::Failed { why, cure, .. } => Self::Failed { why, cure, lasts: true },
            other => other,
        }
    }

    /// It was left out.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped { why: why.into() }
    }

    /// Whether nothing stands in the way of the next stage.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Passed { .. } | Self::Skipped { .. })
    }
}

/// One stage with its outcome and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageResult {
    /// The stage.
    pub stage: Stage,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How long it took.
    #[serde(serialize_with = "milliseconds", rename = "milliseconds")]
    pub took: Duration,
}

fn milliseconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// One pass over all stages, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Every stage, in order.
    pub stages: Vec<StageResult>,
}

impl Verification {
    /// Whether the registry works: no stage failed or was left unreached.
    pub fn passed(&self) -> bool {
        self.stages.iter().all(|result| result.outcome.is_fine())
    }

    /// The first stage that failed.
    pub fn first_failure(&self) -> Option<&StageResult> {
        self.stages.iter().find(|result| matches!(result.outcome, Outcome::Failed { .. }))
    }

    /// Its reason and cure, with the stage's title.
    pub fn first_fault(&self) -> Option<(Stage, &str, &str)> {
        self.stages.iter().find_map(|result| match &result.outcome {
            Outcome::Failed { why, cure, .. } => Some((result.stage, why.as_str(), cure.as_str())),
            _ => None,
        })
    }

    /// Whether waiting alone never mends what failed first.
    pub fn fails_for_good(&self) -> bool {
        self.first_failure().is_some_and(|result| matches!(result.outcome, Outcome::Failed { lasts: true, .. }))
    }

    /// What came of one stage.
    pub fn outcome(&self, stage: Stage) -> Option<&Outcome> {
        self.stages.iter().find(|result| result.stage == stage).map(|result| &result.outcome)
    }

    /// Whether it tells the same as another, apart from the times taken.
    pub fn tells_the_same_as(&self, other: &Self) -> bool {
        self.stages.len() == other.stages.len()
            && self.stages.iter().zip(&other.stages).all(|(one, two)| one.outcome == two.outcome)
    }
}
