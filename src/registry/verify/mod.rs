//! Staged readiness: from the load balancer's address to a registry that answers under its own name. It connects and
//! judges; it never prints.

mod stage;

pub use stage::{Outcome, Stage, StageResult, Verification};
