//! Where a setting came from.
