//! Every random choice of the region: identifiers, generated passwords, spreads. One seeded source.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use sha2::{Digest, Sha256};

/// Real services take between a third and three times their typical duration; the middle is the typical one. [U]
const SPREAD: (f64, f64) = (0.3, 3.0);

/// A seeded source of random values; safe to use while the world is locked.
#[derive(Debug)]
pub struct Random {
    seed: u64,
    source: Mutex<ChaCha12Rng>,
}

impl Random {
    /// The source that `seed` stands for.
    pub fn new(seed: u64) -> Self {
        Self { seed, source: Mutex::new(ChaCha12Rng::seed_from_u64(seed)) }
    }

    /// A number from 0 up to, and without, 1 that depends on the seed and on `what` alone, not on what was drawn before.
    pub fn fixed(&self, what: &str) -> f64 {
        let digest = Sha256::digest(format!("{}/{what}", self.seed));
        let drawn = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        f64::from(drawn) / (f64::from(u32::MAX) + 1.0)
    }

    /// How long `what` takes this time: `typical` times 0.3 to 3, half of the cases below it. It depends on the seed and
    /// on `what` alone, so that a seed repeats every duration whatever else happens.
    pub fn duration(&self, what: &str, typical: Duration) -> Duration {
        let (low, high) = (SPREAD.0.ln(), SPREAD.1.ln());
        typical.mul_f64((low + (high - low) * self.fixed(what)).exp())
    }

    /// A whole number from 0 up to, and without, `end`.
    pub fn below(&self, end: usize) -> usize {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..end.max(1))
    }

    /// A number from 0 up to, and without, 1.
    pub fn fraction(&self) -> f64 {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).random()
    }

    /// `length` characters of `alphabet` (ASCII).
    pub fn text(&self, alphabet: &str, length: usize) -> String {
        let characters = alphabet.as_bytes();
        (0..length).map(|_| char::from(characters[self.below(characters.len())])).collect()
    }

    /// `length` lower-case hexadecimal digits, as in EC2 ids.
    pub fn hex(&self, length: usize) -> String {
        self.text("0123456789abcdef", length)
    }

    /// `length` upper-case letters and digits, as in IAM's unique ids and generated names.
    pub fn upper(&self, length: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
    }

    /// `length` letters and digits, as in the suffix of a secret's ARN.
    pub fn alphanumeric(&self, length: usize) -> String {
        self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    /// A version 4 UUID, as in request and version ids.
    pub fn uuid(&self) -> String {
        let digits = self.hex(30);
        let variant = self.text("89ab", 1);
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..15],
            &digits[15..18],
            &digits[18..]
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Random;

    #[test]
    fn a_seed_gives_the_same_ids_again() {
        let (one, other) = (Random::new(7), Random::new(7));
        assert_eq!(one.uuid(), other.uuid());
        assert_eq!(one.uuid().len(), 36);
        assert_ne!(one.hex(17), one.hex(17));
    }

    #[test]
    fn durations_spread_from_a_third_to_three_times_and_a_seed_repeats_them() {
        let typical = Duration::from_secs(100);
        let all = |seed: u64| -> Vec<f64> {
            let random = Random::new(seed);
            (0..1000).map(|number| random.duration(&number.to_string(), typical).as_secs_f64()).collect()
        };
        let mut drawn = all(7);
        assert_eq!(drawn, all(7));
        assert_ne!(drawn, all(8));
        drawn.sort_by(f64::total_cmp);
        assert!(drawn[0] >= 30.0 && drawn[0] < 32.0, "{}", drawn[0]);
        assert!(drawn[999] < 300.0 && drawn[999] > 290.0, "{}", drawn[999]);
        assert!((85.0..105.0).contains(&drawn[500]), "{}", drawn[500]);
    }
}
