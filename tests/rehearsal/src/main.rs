//! The full rehearsal.

fn main() {}
