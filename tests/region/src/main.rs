//! The region as a program: starts it and prints the exports to paste.

fn main() {}
