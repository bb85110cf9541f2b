//! Users of the registry: a change of their secret reaches every node by itself, and one that makes no sense reaches none.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use jiff::Timestamp;

use crate::chaos::said;
use crate::scene::{PASSWORD, Scene, USER};
use crate::secret;

/// Within this time every node knows of a change.
const LIMIT: Duration = Duration::from_secs(90);

/// From one look to the next.
const LOOK: Duration = Duration::from_millis(500);

/// A user who comes later, and whose password was made up as the first one's.
const LATER: (&str, &str) = ("bob", "battery horse staple correct");

/// When the services that a client meets were started.
const STARTED: &str = "systemctl show -p ActiveEnterTimestampMonotonic nginx docker dockreg-registry";

/// A user who is added can log in at every node within 90 s, and nothing is restarted for it; the same for the removal.
///
/// # Errors
/// When it takes longer, or a service is another than before.
pub async fn change(scene: &Scene) -> Result<String> {
    let before = secret::value(scene, "UsersSecret")?;
    let started = on_every_node(scene, STARTED).await?;
    let hash = scene.client.succeed(&["htpasswd", "-niB", LATER.0], LATER.1).await?.stdout;
    let added = everywhere(scene, &format!("{before}\n{}", hash.trim()), LATER, 200).await?;
    let removed = everywhere(scene, &before, LATER, 401).await?;
    ensure!(started == on_every_node(scene, STARTED).await?, "a service was restarted");
    Ok(format!("added on every node after {added:.0} s, removed after {removed:.0} s, nothing restarted"))
}

/// A secret with a line that is no htpasswd entry is refused by every node, which says so; users stay as they were.
///
/// # Errors
/// When a node takes it, or says nothing, or knows its users no more.
pub async fn malformed(scene: &Scene) -> Result<String> {
    let before = secret::value(scene, "UsersSecret")?;
    let broken = format!("{before}\nno htpasswd entry");
    let nodes = scene.healthy_nodes();
    let (since, start) = (Timestamp::now(), Instant::now());
    secret::put(scene, "UsersSecret", &broken).await?;
    for node in &nodes {
        said(scene, node, "dockreg-users", "its last good lines stay", since).await?;
    }
    let took = start.elapsed().as_secs_f64();
    for (node, code) in answers(scene, (USER, PASSWORD)).await? {
        ensure!(code == 200, "{node} answers {code} to {USER} once the secret makes no sense");
    }
    let logged = on_every_node(scene, "journalctl -q -o cat -u dockreg-users -n 20").await?;
    ensure!(!logged.contains("no htpasswd entry\n"), "the log quotes the secret");
    secret::put(scene, "UsersSecret", &before).await?;
    Ok(format!("refused by every node and said so within {took:.0} s, users stay"))
}

/// Puts a new value, and waits until every node answers a user with `code`; gives the seconds it took.
async fn everywhere(scene: &Scene, value: &str, user: (&str, &str), code: u16) -> Result<f64> {
    secret::put(scene, "UsersSecret", value).await?;
    let start = Instant::now();
    while answers(scene, user).await?.iter().any(|(_, answered)| *answered != code) {
        ensure!(start.elapsed() < LIMIT, "after {} s a node does not answer {code} to {}", LIMIT.as_secs(), user.0);
        tokio::time::sleep(LOOK).await;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// What each node itself answers to a user.
async fn answers(scene: &Scene, (user, password): (&str, &str)) -> Result<Vec<(String, u16)>> {
    let ask = format!(
        "curl -s -o /dev/null -w '%{{http_code}}' --config - http://127.0.0.1/v1/_ping <<'END'\nuser = \"{user}:{password}\"\nEND"
    );
    let mut all = Vec::new();
    for node in scene.healthy_nodes() {
        let output = scene.on_node(&node, &ask).await?;
        let Ok(code) = output.stdout.trim().parse() else { bail!("curl on {node} said {:?}", output.stdout) };
        all.push((node, code));
    }
    Ok(all)
}

async fn on_every_node(scene: &Scene, script: &str) -> Result<String> {
    let mut all = String::new();
    for node in scene.healthy_nodes() {
        writeln!(all, "{node}\n{}", scene.on_node(&node, script).await?.stdout)?;
    }
    Ok(all)
}
