//! The region seen from outside, by calls alone: one binary for all such tests.

mod change_sets;
mod compute;
mod creation;
mod deletion;
mod early;
mod exports;
mod fixture;
mod lifecycle;
mod mistakes;
mod refusals;
mod secrets;
mod types;
mod updates;

/// The template that dockreg sends, composed by its own code.
#[path = "../../../../src/registry/template.rs"]
#[expect(dead_code, reason = "these tests take the body and a few names")]
mod template;
