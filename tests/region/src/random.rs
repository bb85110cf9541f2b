//! Every random choice of the region: identifiers, generated passwords, spreads. One seeded source.

use std::sync::{Mutex, PoisonError};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// A seeded source of random values; safe to use while the world is locked.
#[derive(Debug)]
pub struct Random(Mutex<ChaCha12Rng>);

impl Random {
    /// The source that `seed` stands for.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha12Rng::seed_from_u64(seed)))
    }

    /// A whole number from 0 up to, and without, `end`.
    pub fn below(&self, end: usize) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..end.max(1))
    }

    /// A number from 0 up to, and without, 1.
    pub fn fraction(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random()
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
    use super::Random;

    #[test]
    fn a_seed_gives_the_same_ids_again() {
        let (one, other) = (Random::new(7), Random::new(7));
        assert_eq!(one.uuid(), other.uuid());
        assert_eq!(one.uuid().len(), 36);
        assert_ne!(one.hex(17), one.hex(17));
    }
}
