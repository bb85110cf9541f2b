//! Which cases `cargo test` runs: every operation of every command, every fault, and kills all along each run.

use std::collections::BTreeSet;

use dockreg_region::random::Random;

use crate::case::Case;
use crate::disturbed::asked;
use crate::trouble::{FAULTS, Trouble};

/// How many cases the sample has at least.
const CASES: usize = 160;

/// Every so-manieth request is one to be killed after.
const KILLS: usize = 8;

/// Takes a sample that has every operation of every command and every fault in it.
pub fn of(all: &[Case]) -> Vec<Case> {
    let seed = asked("DOCKREG_SEED").map_or(1, |seed| seed.parse().expect("DOCKREG_SEED is a number"));
    let random = Random::new(seed);
    let mut taken = BTreeSet::new();
    let mut operations: Vec<(&str, &str)> = Vec::new();
    for case in all {
        let Some(operation) = case.trouble.operation() else { continue };
        let both = (case.undisturbed.command.name(), operation);
        if !operations.contains(&both) {
            operations.push(both);
        }
    }
    // Each operation meets one fault; the faults take turns, from a place that the seed decides.
    let start = random.below(FAULTS.len());
    for (turn, (command, operation)) in operations.into_iter().enumerate() {
        let fault = FAULTS[(start + turn) % FAULTS.len()].0;
        taken.extend(all.iter().position(|case| {
            case.undisturbed.command.name() == command
                && case.trouble.operation() == Some(operation)
                && case.trouble.kind() == fault
        }));
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
