//! The rehearsal itself: sets the scene, performs the steps, prints the table, and says why a step failed.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{Arguments, Mode};
use crate::chaos;
use crate::scene::Scene;
use crate::steps;
use crate::supervisor::INTERRUPTED;
use crate::table::{Table, print, say};

/// Time to set the scene: region, store, client machine, registry image.
const SETTING: Duration = Duration::from_secs(180);

/// Performs the rehearsal; gives its exit code.
///
/// # Errors
/// When it cannot wait for signals or make its folder.
pub async fn perform(arguments: &Arguments) -> Result<u8> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut table = Table::default();
    let performed = Cell::new(false);
    let finished = tokio::select! {
        outcome = rehearse(arguments, &mut table, &performed) => Some(outcome),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    if performed.get() {
        // Interrupted while it was kept: the steps are what counts.
        return Ok(u8::from(!table.held()));
    }
    print(&table.render());
    match finished {
        Some(Ok(())) if table.held() => Ok(0),
        Some(Ok(())) => Ok(1),
        Some(Err(error)) => {
            say(&format!("failed: {error:#}"));
            Ok(1)
        }
        None => Ok(INTERRUPTED),
    }
}

async fn rehearse(arguments: &Arguments, table: &mut Table, performed: &Cell<bool>) -> Result<()> {
    // With --light nothing outlives this folder; otherwise the supervisor deletes the scratch folder.
    let (_folder, scratch) = match arguments.mode() {
        Mode::Light => {
            let folder = tempfile::tempdir().context("could not make a folder")?;
            let path = folder.path().to_owned();
            (Some(folder), path)
        }
        _ => (None, arguments.scratch.clone()),
    };
    let mut set = None;
    table
        .step("region, store, client machine", SETTING, async { set_scene(arguments, scratch, &mut set).await })
        .await?;
    let Some(scene) = set else { return Ok(()) };
    let outcome = if arguments.chaos {
        chaos::all(&scene, table, arguments).await
    } else {
        steps::all(&scene, table, arguments.keep).await
    };
    if outcome.is_err() {
        say(&scene.account().await);
    }
    if arguments.keep {
        print(&table.render());
        print(&scene.invitation());
        performed.set(true);
        std::future::pending::<()>().await;
    }
    outcome
}

async fn set_scene(arguments: &Arguments, scratch: PathBuf, set: &mut Option<Scene>) -> Result<String> {
    let mut scene = match arguments.inside.as_deref() {
        Some(prefix) if !arguments.light => Scene::full(arguments, prefix, &scratch).await?,
        _ => Scene::light(arguments, &scratch).await?,
    };
    scene.at_start = scene.inventory();
    *set = Some(scene);
    Ok(String::new())
}
