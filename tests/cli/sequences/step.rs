//! What may happen to a registry.

use std::fmt;

use dockreg_region::fault::{Effect, Fault};
use dockreg_region::random::Random;

use crate::harness::OPERATOR;

/// No run makes many more requests before it only watches.
const REQUESTS: usize = 36;

/// Resources whose failing ends an operation in different ways: early, in the middle, and after the nodes.
const RESOURCES: [&str; 6] = ["Bucket", "LoadBalancer", "Listener", "NodeGroup", "NodeRole", "DnsRecord"];

/// Faults that end at once; what only ends by a time-out is the fault matrix's.
const EFFECTS: [Effect; 8] = [
    Effect::Throttle,
    Effect::InternalFailure,
    Effect::BadGateway,
    Effect::CutBefore,
    Effect::CutAfter,
    Effect::ResetAfter,
    Effect::Denied,
    Effect::ExpireToken,
];

/// One thing that somebody does.
#[derive(Clone, Debug)]
pub enum Step {
    /// `dockreg up` with so many nodes.
    Up(usize, Trouble),
    /// `dockreg down`.
    Down(Trouble),
    /// A client pushes an image, which works or does not.
    Push,
}

/// What goes wrong in a run.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// Nothing.
    Nothing,
    /// Its request of this number, from 1, and one more after it meet this fault.
    Fault(usize, Effect),
    /// It is killed once its request of this number has taken effect, before the answer.
    Kill(usize),
    /// The resource fails: what is done to it, and whether it is made before.
    Resource(&'static str, &'static str, bool),
}

impl Step {
    /// Draws a step.
    pub fn drawn(random: &Random) -> Self {
        match random.below(10) {
            0..5 => Self::Up(1 + random.below(2), Trouble::drawn(random)),
            5..7 => Self::Down(Trouble::drawn(random)),
            _ => Self::Push,
        }
    }
}

impl Trouble {
    fn drawn(random: &Random) -> Self {
        let request = 1 + random.below(REQUESTS);
        match random.below(10) {
            0..3 => Self::Fault(request, EFFECTS[random.below(EFFECTS.len())].clone()),
            3..6 => Self::Kill(request),
            6..8 => {
                let action = ["CREATE", "UPDATE", "DELETE"][random.below(3)];
                Self::Resource(RESOURCES[random.below(RESOURCES.len())], action, random.below(2) == 1)
            }
            _ => Self::Nothing,
        }
    }

    /// As the region is told.
    pub fn planted(&self) -> Option<Fault> {
        let number = |request: usize| u32::try_from(request - 1).expect("a small number");
        let call = |request, times, effect| Fault {
            caller: Some(OPERATOR.to_owned()),
            after: number(request),
            times: Some(times),
            effect,
            ..Fault::default()
        };
        match self {
            Self::Nothing => None,
            Self::Fault(request, effect) => Some(call(*request, 2, effect.clone())),
            Self::Kill(request) => Some(call(*request, 1, Effect::StallAfter)),
            Self::Resource(resource, action, after_effect) => Some(Fault {
                operation: Some((*action).to_owned()),
                resource: Some((*resource).to_owned()),
                after_effect: *after_effect,
                effect: Effect::FailResource { reason: "the sequence says no".to_owned() },
                ..Fault::default()
            }),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(nodes, trouble) => write!(f, "up --nodes {nodes}{trouble}"),
            Self::Down(trouble) => write!(f, "down{trouble}"),
            Self::Push => write!(f, "push"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Fault(request, effect) => write!(f, ", {effect:?} from request {request}"),
            Self::Kill(request) => write!(f, ", killed at request {request}"),
            Self::Resource(resource, action, after) => {
                write!(f, ", {action} of {resource} fails{}", if *after { " once it is done" } else { "" })
            }
        }
    }
}
