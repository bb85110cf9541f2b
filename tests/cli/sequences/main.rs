//! Whatever happened before, the next undisturbed `up` ends with a registry that answers and has every image in it that
//! was ever pushed.
//!
//! A sequence is drawn from a seed: `up`, `down` and pushes, of which some runs meet a fault, some are killed, and some
//! resources fail. `cargo test` runs 50, `DOCKREG_SEQUENCES=2000 cargo test --test sequences -- --nocapture` so many.
//! `DOCKREG_SEED=N` begins at another seed. A sequence that breaks the promise is made as short as it can be and printed.

#[path = "../harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the commands use all of it")]
mod harness;

#[path = "../disturbed.rs"]
mod disturbed;

mod images;
mod sequence;
mod shrink;
mod step;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use disturbed::asked;
use sequence::{Kept, Sequence};

/// Sequences that `cargo test` runs.
const SEQUENCES: u64 = 50;

/// Sequences at once.
const AT_ONCE: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn the_next_up_ends_with_a_registry_that_has_all_images() {
    let number = |name: &str, otherwise| asked(name).map_or(otherwise, |text| text.parse().expect("a number"));
    let (first, count) = (number("DOCKREG_SEED", 1), number("DOCKREG_SEQUENCES", SEQUENCES));
    let began = std::time::Instant::now();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for seed in first..first + count {
        let places = places.clone();
        running.spawn(async move {
            let _place = places.acquire().await.expect("places are never closed");
            let sequence = Sequence::drawn(seed);
            let kept = sequence.run().await;
            (sequence, kept)
        });
    }
    let mut all = Kept::default();
    let mut broken = Vec::new();
    for (sequence, kept) in running.join_all().await {
        match kept {
            Ok(kept) => all += kept,
            Err(problem) => broken.push((sequence, problem)),
        }
    }
    report(&format!(
        "{count} sequences from seed {first} in {} s, {} broken: {all}",
        began.elapsed().as_secs(),
        broken.len()
    ));
    let Some((sequence, problem)) = broken.first() else {
        assert!(all.disturbed > 0 && all.killed > 0 && all.pushed > 0, "nothing was tried: {all}");
        return;
    };
    let (shortest, problem) = shrink::shortest(sequence, problem).await;
    panic!("{} of {count} sequences broke the promise. One, made shorter:\n{shortest}\n{problem}", broken.len());
}

#[expect(clippy::print_stdout, reason = "a test shows its counts with --nocapture")]
fn report(line: &str) {
    println!("{line}");
}
