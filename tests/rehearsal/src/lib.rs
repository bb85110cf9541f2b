//! The full rehearsal of dockreg on one machine: a simulated region, real Debian nodes, a real Docker client.
//!
//! `supervisor` makes the namespaces and cleans up; `perform`, inside them, runs the `steps` through the shipped
//! binary and fills the `table`. With `--light` there are no namespaces and no Docker client.

pub mod arguments;
pub mod bucket;
pub mod chaos;
pub mod client;
pub mod leftover;
pub mod mirror;
pub mod network;
pub mod perform;
pub mod puller;
pub mod pusher;
pub mod record;
pub mod repeat;
pub mod scene;
pub mod secret;
pub mod steps;
pub mod store;
pub mod supervisor;
pub mod table;
pub mod traffic;
pub mod uploader;
