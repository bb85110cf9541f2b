//! Which cases `cargo test` runs: every operation, every fault, and kills all along each run.

use std::collections::BTreeSet;

use dockreg_region::random::Random;

use crate::case::Case;
use crate::disturbed::asked;
use crate::trouble::{FAULTS, Trouble};

/// How many cases the sample has at least.
const CASES: usize = 150;

/// Every so-manieth request is one to be killed after.
const KILLS: usize = 16;

/// Takes a sample that has every operation and every fault in it.
pub fn of(all: &[Case]) -> Vec<Case> {
    let seed = asked("DOCKREG_SEED").map_or(1, |seed| seed.parse().expect("DOCKREG_SEED is a number"));
    let random = Random::new(seed);
    let mut taken = BTreeSet::new();
    let mut operations: Vec<&str> = all.iter().filter_map(|case| case.trouble.operation()).collect();
    operations.sort_unstable();
    operations.dedup();
    // Each operation meets one fault, in one of the commands that call it; the faults take turns, from a place that the
    // seed decides.
    let start = random.below(FAULTS.len());
    for (turn, operation) in operations.into_iter().enumerate() {
        let fault = FAULTS[(start + turn) % FAULTS.len()].0;
        let is_it = |case: &Case| case.trouble.operation() == Some(operation) && case.trouble.kind() == fault;
        let places: Vec<usize> =
            all.iter().enumerate().filter(|(_, case)| is_it(case)).map(|(place, _)| place).collect();
        taken.insert(places[random.below(places.len())]);
    }
    let offset = random.below(KILLS);
    taken.extend(all.iter().enumerate().filter_map(|(place, case)| match case.trouble {
        Trouble::Kill { after } => (after % KILLS == offset).then_some(place),
        Trouble::Fault { .. } => None,
    }));
    while taken.len() < CASES.min(all.len()) {
        taken.insert(random.below(all.len()));
    }
    let faults: BTreeSet<_> = taken.iter().map(|place| all[*place].trouble.kind()).collect();
    assert_eq!(faults.len(), FAULTS.len() + 1, "a fault is not in the sample");
    taken.into_iter().map(|place| all[place].clone()).collect()
}
