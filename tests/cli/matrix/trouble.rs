//! What goes wrong in a case.

use dockreg_region::fault::{Effect, Fault};

use crate::harness::OPERATOR;

/// As often as the SDK tries a call: the fault outlasts one call with all its retries.
const ATTEMPTS: u32 = 2;

/// The faults of every operation.
pub const FAULTS: [(&str, Effect); 8] = [
    ("throttle", Effect::Throttle),
    ("500", Effect::InternalFailure),
    ("HTML 502", Effect::BadGateway),
    ("reset before", Effect::ResetBefore),
    ("reset after", Effect::ResetAfter),
    ("stall", Effect::Stall),
    ("denied", Effect::Denied),
    ("expired", Effect::ExpireToken),
];

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// An operation meets a fault of [`FAULTS`].
    Fault { service: String, operation: String, name: &'static str, effect: Effect },
    /// SIGKILL once the request of this number, from 1, has taken effect and before its answer arrives.
    Kill { after: usize },
}

impl Trouble {
    /// Its kind: the name of the fault, or `SIGKILL`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Fault { name, .. } => name,
            Self::Kill { .. } => "SIGKILL",
        }
    }

    /// The operation that meets it, for a fault.
    pub fn operation(&self) -> Option<&str> {
        match self {
            Self::Fault { operation, .. } => Some(operation),
            Self::Kill { .. } => None,
        }
    }

    /// As the region is told.
    pub fn planted(&self) -> Fault {
        match self {
            Self::Fault { service, operation, effect, .. } => Fault {
                service: Some(service.clone()),
                operation: Some(operation.clone()),
                caller: Some(OPERATOR.to_owned()),
                times: Some(ATTEMPTS),
                effect: effect.clone(),
                ..Fault::default()
            },
            Self::Kill { after } => Fault {
                caller: Some(OPERATOR.to_owned()),
                after: u32::try_from(after - 1).expect("fewer requests than that"),
                times: Some(1),
                effect: Effect::StallAfter,
                ..Fault::default()
            },
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fault { operation, name, .. } => write!(f, "{operation}/{name}"),
            Self::Kill { after } => write!(f, "SIGKILL/{after}"),
        }
    }
}
