//! The fault matrix: one thing goes wrong during a run, and the same command once more ends as if nothing had.
//!
//! A case is a command, an operation that it calls and a fault that every attempt of the first such call meets; or a
//! command and the number of the request after which it is killed. The first run may succeed or stop with a documented
//! exit code. The second, without the fault, must succeed and leave in the account what an undisturbed run leaves.
//!
//! `cargo test` runs a sample with every operation and every fault in it, the same each time (`DOCKREG_SEED=N` for
//! another). `DOCKREG_MATRIX=all cargo test --test matrix -- --nocapture` runs all of it, for about an hour, and
//! writes `tests/cli/matrix/RESULTS.md`. `DOCKREG_MATRIX="down/DeleteStack"` runs the cases with this in their name.

#[path = "../harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the commands use all of it")]
mod harness;

#[path = "../disturbed.rs"]
mod disturbed;

mod case;
mod command;
mod footprint;
mod results;
mod sample;
mod trouble;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use case::{Case, Ended};
use command::Undisturbed;
use disturbed::{asked, ended};

/// Cases at once: most wait for time-outs and pauses most of the time.
const AT_ONCE: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn every_run_can_be_run_again() {
    let began = std::time::Instant::now();
    let mut commands = Vec::new();
    for command in command::ALL {
        commands.push(Arc::new(Undisturbed::run(command).await));
    }
    let all = case::all(&commands);
    let wanted = asked("DOCKREG_MATRIX").unwrap_or_default();
    let cases = match wanted.as_str() {
        "" => sample::of(&all),
        "all" => all.clone(),
        part => all.iter().filter(|case| case.to_string().contains(part)).cloned().collect(),
    };
    assert!(!cases.is_empty(), "no case has {wanted:?} in its name");
    let cases = run(cases).await;
    let table = results::table(&cases, all.len(), began.elapsed());
    report(&table);
    if wanted == "all" {
        results::keep(&table);
    }
    let failed: Vec<String> = cases.iter().filter_map(|case| case.problem.clone()).collect();
    assert!(
        failed.is_empty(),
        "{} of {} cases did not converge:\n\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n\n")
    );
}

async fn run(cases: Vec<Case>) -> Vec<Ended> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for case in cases {
        let places = places.clone();
        running.spawn(async move {
            let _place = places.acquire().await.expect("places are never closed");
            ended(case.clone().run()).await.unwrap_or_else(|why| Ended::broken(case, &why))
        });
    }
    running.join_all().await
}

#[expect(clippy::print_stdout, reason = "a test shows its table with --nocapture")]
fn report(table: &str) {
    println!("{table}");
}
