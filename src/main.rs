//! The dockreg binary.

fn main() {}
