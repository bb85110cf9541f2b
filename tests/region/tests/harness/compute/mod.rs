//! Load balancers, groups and in-process nodes, seen from outside: through CloudFormation, AWS's calls, and TLS.

mod client;
mod data_plane;
mod group;
mod lists;
mod metadata;
mod processes;
mod refusals;
pub mod rig;
mod rolling;
mod scale;
mod targets;
