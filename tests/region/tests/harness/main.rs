//! The region seen from outside, by calls alone: one binary for all such tests.

mod change_sets;
mod compute;
mod creation;
mod deletion;
mod early;
mod events;
mod existing;
mod exports;
mod failed;
mod fixture;
mod identity;
mod lifecycle;
mod mistakes;
mod node_role;
mod parameters;
mod refusals;
mod secrets;
mod signals;
mod types;
mod updates;

#[path = "../wire/signer.rs"]
#[expect(dead_code, reason = "shared with the wire's tests, which take the rest")]
mod signer;

/// The template that dockreg sends, composed by its own code.
#[path = "../../../../src/registry/template.rs"]
#[expect(dead_code, reason = "these tests take the body and a few names")]
mod template;
