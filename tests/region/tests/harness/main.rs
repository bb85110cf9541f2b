//! The region seen from outside, by calls alone: one binary for all such tests.

mod change_sets;
mod creation;
mod deletion;
mod fixture;
mod refusals;
mod secrets;
mod updates;
