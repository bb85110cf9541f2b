//! How long a resource operation takes: a typical duration times a spread that depends on the region's seed alone.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::Region;

/// Real services take between a third and three times their typical duration; the middle is the typical one.
const SPREAD: (f64, f64) = (0.3, 3.0);

/// Deletes take about half as long as creates, updates in place about a third. [U]
const SHARES: [(&str, f64); 3] = [("CREATE", 1.0), ("UPDATE", 0.35), ("DELETE", 0.5)];

/// The simulated duration of `action` on a resource whose create typically takes `seconds`.
pub(super) fn duration(region: &Region, logical_id: &str, action: &str, token: &str, seconds: f64) -> Duration {
    let digest = Sha256::digest(format!("{}/{logical_id}/{action}/{token}", region.settings.seed));
    let drawn = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    let share = SHARES.iter().find(|(name, _)| *name == action).map_or(1.0, |(_, share)| *share);
    let (low, high) = (SPREAD.0.ln(), SPREAD.1.ln());
    let spread = (low + (high - low) * f64::from(drawn) / f64::from(u32::MAX)).exp();
    Duration::from_secs_f64(seconds * share * spread)
}
