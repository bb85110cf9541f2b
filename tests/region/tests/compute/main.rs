//! Load balancers, groups and in-process nodes, seen from outside: through CloudFormation, AWS's calls, and TLS.
#![allow(clippy::expect_used, reason = "a test that cannot go on says where")]

mod client;
mod data_plane;
mod group;
mod refusals;
mod rig;
mod rolling;
