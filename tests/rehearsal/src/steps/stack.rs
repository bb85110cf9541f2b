//! `dockreg up`, `status` and `down`, judged by their JSON documents and exit codes, and by the region's own record.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::scene::{DOMAIN, Scene};

/// Calls that change something in AWS and that `up` or `down` might make.
const CHANGES: [&str; 5] = ["CreateStack", "CreateChangeSet", "ExecuteChangeSet", "UpdateStack", "DeleteStack"];

/// `up` with this many nodes: afterwards that many are healthy.
///
/// # Errors
/// When it ends with another code than 0, or the nodes are not healthy then.
pub async fn up(scene: &Scene, nodes: usize) -> Result<String> {
    up_with(scene, nodes, &[]).await
}

/// `up` with this many nodes and further arguments: afterwards that many are healthy.
///
/// # Errors
/// When it ends with another code than 0, or the nodes are not healthy then.
pub async fn up_with(scene: &Scene, nodes: usize, further: &[&str]) -> Result<String> {
    let count = nodes.to_string();
    let mut arguments = vec!["up", "--domain", DOMAIN, "--nodes", &count, "--yes"];
    arguments.extend(further);
    if let Some(ami) = &scene.ami {
        arguments.extend(["--ami", ami]);
    }
    if let Some(users) = &scene.users {
        arguments.extend(["--htpasswd", users]);
    }
    document(scene, &arguments).await?;
    let healthy = scene.healthy_nodes();
    ensure!(
        healthy.len() == nodes,
        "up is done, and {} of {nodes} nodes are healthy: {:?}",
        healthy.len(),
        scene.targets()
    );
    Ok(format!("{nodes} nodes healthy"))
}

/// The same `up` again: no stack operation, no change set, the same nodes.
///
/// # Errors
/// When it changes anything.
pub async fn up_without_change(scene: &Scene, nodes: usize) -> Result<String> {
    let (before, seen) = (scene.healthy_nodes(), scene.calls().len());
    up(scene, nodes).await?;
    let calls = scene.calls();
    let changes: Vec<&String> = calls[seen..].iter().filter(|call| CHANGES.contains(&call.as_str())).collect();
    ensure!(changes.is_empty(), "nothing was to change, yet it called {changes:?}");
    ensure!(before == scene.healthy_nodes(), "the nodes are others than before");
    Ok(format!("{} calls, none of which changes anything", calls.len() - seen))
}

/// `status` finds everything in order.
///
/// # Errors
/// When it does not.
pub async fn status(scene: &Scene, nodes: usize) -> Result<String> {
    document(scene, &["status"]).await?;
    let text = scene.client.succeed(&["dockreg", "status"], "").await?.stdout;
    ensure!(text.contains(DOMAIN), "status does not name {DOMAIN}");
    Ok(format!("exit code 0 with {nodes} nodes"))
}

/// `down`: the account holds what it held before the first `up`, and the objects in the bucket as well.
///
/// # Errors
/// When something that should go stays, or something that should stay goes.
pub async fn down(scene: &Scene) -> Result<String> {
    let before = scene.objects().await?;
    ensure!(before != Some(0), "there is no object in any bucket before `down`");
    document(scene, &["down", "--yes"]).await?;
    let left = scene.running_nodes();
    ensure!(left.is_empty(), "the stack is deleted, and nodes run on: {left:?}");
    let inventory = scene.inventory();
    ensure!(inventory == scene.at_start, "at the start there was {:?}, now {inventory:?}", scene.at_start);
    let after = scene.objects().await?;
    ensure!(before == after, "objects before `down`: {before:?}, after it: {after:?}");
    Ok(after.map_or_else(
        || "no node left; there were no images".to_owned(),
        |count| format!("{count} objects stay in the bucket"),
    ))
}

/// The region answered every call as AWS's models say.
///
/// # Errors
/// When it did not: then what the steps saw may be wrong.
pub async fn account(scene: &Scene) -> Result<String> {
    let faults = scene.faults();
    ensure!(faults.is_empty(), "the region did what AWS does not: {}", faults.join("; "));
    Ok(format!("{} calls, every answer as AWS's models have it", scene.calls().len()))
}

/// Runs a command of dockreg with `--output json`; gives its document if its exit code is 0.
///
/// # Errors
/// When it is not, with the document's own account; when there is no document or the two disagree.
pub async fn document(scene: &Scene, arguments: &[&str]) -> Result<Value> {
    let argv: Vec<&str> =
        ["dockreg"].into_iter().chain(arguments.iter().copied()).chain(["--output", "json"]).collect();
    let output = scene.client.run(&argv, "").await?;
    let said = || output.stderr.trim().lines().last().unwrap_or_default().to_owned();
    let document: Value = serde_json::from_str(&output.stdout)
        .with_context(|| format!("dockreg {} ended with {} and no document: {}", arguments[0], output.code, said()))?;
    let error = document.pointer("/error/message").and_then(Value::as_str).map_or_else(said, str::to_owned);
    ensure!(output.code == 0, "dockreg {} ended with {}: {error}", arguments[0], output.code);
    ensure!(document["exit_code"] == 0 && document["result"] == "ok", "exit code 0, but the document says: {document}");
    Ok(document)
}
