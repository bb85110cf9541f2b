//! How long a resource operation typically takes.

use std::time::Duration;

/// Deletes take about half as long as creates, updates in place about a third. [U]
const SHARES: [(&str, f64); 3] = [("CREATE", 1.0), ("UPDATE", 0.35), ("DELETE", 0.5)];

/// The simulated duration of `action` on a resource whose create typically takes `seconds`.
pub(super) fn typical(action: &str, seconds: f64) -> Duration {
    let share = SHARES.iter().find(|(name, _)| *name == action).map_or(1.0, |(_, share)| *share);
    Duration::from_secs_f64(seconds * share)
}
