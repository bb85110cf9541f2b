//! Makes a sequence that breaks the promise shorter, as long as it still does.

use crate::sequence::Sequence;

/// The shortest sequence that is found by leaving out one step after the other, and how it breaks the promise.
pub async fn shortest(broken: &Sequence, problem: &str) -> (Sequence, String) {
    let (mut shortest, mut problem) = (broken.clone(), problem.to_owned());
    // From the end: a later step can only be the cause through the ones before it.
    let mut place = shortest.steps.len();
    while place > 0 {
        place -= 1;
        let shorter = shortest.without(place);
        if let Err(still) = shorter.run().await {
            (shortest, problem) = (shorter, still);
        }
    }
    (shortest, problem)
}
