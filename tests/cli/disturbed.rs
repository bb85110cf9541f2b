//! Runs in trouble: shared by the fault matrix and the sequences.

use crate::harness::{Fixture, Output};

/// What whoever runs the tests has set in the environment.
#[expect(clippy::disallowed_methods, reason = "tests are no part of the program")]
pub fn asked(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What a run of the harness ends with. A panic in it (it has outlasted the harness's patience, most often) becomes the
/// words of that panic, so that it ends no other run.
pub async fn ended<T: Send + 'static>(run: impl Future<Output = T> + Send + 'static) -> Result<T, String> {
    tokio::spawn(run).await.map_err(|broken| match broken.try_into_panic() {
        Ok(panic) => match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("a panic without words").to_owned(),
        },
        Err(error) => error.to_string(),
    })
}

/// Whether the fault that was planted first has hit anything.
pub fn is_met(fixture: &Fixture) -> bool {
    fixture.region().region().faults.list()[0]["hits"].as_u64().is_some_and(|hits| hits > 0)
}

/// Runs dockreg and kills it (SIGKILL) as soon as the fault that was planted first hits, unless it ends before.
pub async fn killed(fixture: &Fixture, arguments: &[&str]) -> Output {
    let mut child = fixture.spawn(arguments);
    let mut over = false;
    let wait = fixture.until(|| {
        over = child.try_wait().expect("a process can be asked").is_some();
        over || is_met(fixture)
    });
    wait.await;
    if !over {
        child.start_kill().expect("a process can be killed");
    }
    fixture.ended(child, arguments).await
}
