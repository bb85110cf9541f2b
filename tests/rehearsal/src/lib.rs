//! The full rehearsal.
