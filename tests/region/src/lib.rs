//! A strict simulated AWS region: only what `dockreg` and its nodes call, answered as AWS documents it.
//!
//! Layers, each using only the ones below it: `wire` (protocols, signatures) → `service` (meaning of the
//! operations) → `world` (one in-memory state) → `node` (what runs on an instance).

#![expect(missing_docs, reason = "state is named in AWS's own words; what those do not say is documented")]

pub mod authority;
pub mod balancer;
pub mod certificate;
pub mod clock;
mod dns;
pub mod error;
pub mod fault;
pub mod formation;
pub mod journal;
pub mod node;
pub mod random;
pub mod region;
pub mod resource;
pub mod service;
pub mod start;
pub mod starting;
pub mod wire;

pub use error::AwsError;
pub use region::{Region, Settings};
pub use start::{Options, Running, start};
