//! Thousands of pushes to nodes with a small disk, and then more log lines than it could hold: nothing on it grows on.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::docker;
use crate::chaos::fault::SMALL_DISK;
use crate::scene::{DOMAIN, PASSWORD, Scene, USER};

/// Images that are pushed, each with a layer, a configuration and a manifest of its own.
const PUSHES: usize = ROUNDS * A_ROUND;

/// After so many, what they left in the bucket is deleted: moto looks at every key of a bucket whenever it lists some, and
/// the registry lists two dozen times for an image.
const A_ROUND: usize = 250;

/// How many times.
const ROUNDS: usize = 8;

/// Bytes that a disk may hold more after them, the capped journal apart.
const GROWTH: u64 = 5_000_000;

/// Bytes of a disk that must be free when its journal has been flooded.
const FREE: u64 = SMALL_DISK / 20;

/// What the step says of a disk.
#[derive(Debug, Clone, Copy)]
struct Disk {
    used: u64,
    journal: u64,
    free: u64,
}

/// The bucket's keys, a line each.
const KEYS: &str = r#"
keys() { aws s3api list-objects-v2 --bucket "$bucket" --query 'Contents[].[Key]' --output text | LC_ALL=C sort; }
bucket=$(aws s3api list-buckets --query 'Buckets[0].Name' --output text)
"#;

/// Keeps in mind what is in the bucket.
const REMEMBER: &str = "keys >/tmp/keys";

/// Deletes everything that has come since.
const FORGET: &str = r#"
keys | LC_ALL=C comm -13 /tmp/keys - | python3 -Ic '
import json, sys
keys = [{"Key": key} for key in sys.stdin.read().splitlines()]
for first in range(0, len(keys), 1000):
    print(json.dumps({"Objects": keys[first:first + 1000], "Quiet": True}))' | while IFS= read -r some; do
  printf '%s' "$some" >/tmp/some
  aws s3api delete-objects --bucket "$bucket" --delete file:///tmp/some >/dev/null
done
keys | LC_ALL=C comm -3 /tmp/keys - | wc -l
"#;

/// Pushes images over several connections, and reads each back; prints how many came back whole.
const PUSH: &str = r#"
import base64, concurrent.futures, hashlib, http.client, json, os, sys, threading
host, repository, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
key = "Basic " + base64.b64encode(sys.stdin.read().strip().encode()).decode()
kind = "application/vnd.docker.distribution.manifest.v2+json"
mine = threading.local()
def call(method, path, body=None, headers={}):
    for attempt in range(3):
        try:
            if not hasattr(mine, "line"):
                mine.line = http.client.HTTPSConnection(host, timeout=60)
            mine.line.request(method, path, body, {"Authorization": key, **headers})
            answer = mine.line.getresponse()
            content = answer.read()
            if answer.status < 500:
                return answer, content
        except (OSError, http.client.HTTPException):
            pass
        mine.__dict__.pop("line", None)
    raise RuntimeError(f"{method} {path} fails")
def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()
def blob(content):
    place, _ = call("POST", f"/v2/{repository}/blobs/uploads/")
    where = place.headers["Location"]
    where = where[where.index("/v2/"):]
    done, _ = call("PUT", where + ("&" if "?" in where else "?") + "digest=" + digest(content), content,
        {"Content-Type": "application/octet-stream"})
    return {"digest": digest(content), "size": len(content)} if done.status == 201 else None
def image(number):
    layer, config = os.urandom(4096), json.dumps({"architecture": "amd64", "os": "linux", "number": number}).encode()
    parts = blob(layer), blob(config)
    if None in parts:
        return False
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind,
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", **parts[1]},
        "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar", **parts[0]}]}).encode()
    done, _ = call("PUT", f"/v2/{repository}/manifests/{number}", manifest, {"Content-Type": kind})
    _, back = call("GET", f"/v2/{repository}/manifests/{digest(manifest)}", headers={"Accept": kind})
    _, again = call("GET", f"/v2/{repository}/blobs/{digest(layer)}")
    return done.status == 201 and back == manifest and again == layer
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(image, range(first, first + count))))
"#;

/// Writes 300 MB to the journal in lines that all differ, as a unit that may: an interval of 0 is not handed on to journald,
/// which then takes 27,500 of them.
const LINES: &str = "systemd-run -q --wait -p LogRateLimitBurst=1000000 \
    sh -c 'head -c 225M /dev/urandom | base64 -w 500'; journalctl -q --sync";

/// Does both, and looks at the disks before and after.
///
/// # Errors
/// When a push is lost, a disk fills, or the registry takes no push any more.
pub async fn flood(scene: &Scene) -> Result<String> {
    let nodes = scene.healthy_nodes();
    let before = disks(scene, &nodes).await?;
    bucket(scene, REMEMBER).await?;
    let start = Instant::now();
    for round in 0..ROUNDS {
        let (first, count) = ((round * A_ROUND).to_string(), A_ROUND.to_string());
        let argv = ["python3", "-Ic", PUSH, DOMAIN, "flood", &first, &count];
        let whole = scene.client.succeed(&argv, &format!("{USER}:{PASSWORD}")).await?.stdout;
        ensure!(whole.trim() == count, "{} of {count} images from {first} on came back whole", whole.trim());
        let left = bucket(scene, FORGET).await?;
        ensure!(left.trim() == "0", "{} keys of the bucket are others than before", left.trim());
    }
    let took = start.elapsed();
    let after = disks(scene, &nodes).await?;
    let rest = |disk: &Disk| disk.used - disk.journal;
    let grown = before.iter().zip(&after).map(|(before, after)| rest(after).saturating_sub(rest(before))).max();
    let grown = grown.context("no node is healthy")?;
    ensure!(grown <= GROWTH, "{PUSHES} pushes left {grown} bytes on a disk, the journal apart: {before:?}, {after:?}");
    for node in &nodes {
        scene.on_node(node, LINES).await?;
    }
    let flooded = disks(scene, &nodes).await?;
    let full = flooded.iter().any(|disk| disk.free < FREE || disk.journal < SMALL_DISK / 4);
    ensure!(!full, "after 300 MB of log lines: {flooded:?}");
    docker::push_small(scene).await?;
    ensure!(nodes == scene.healthy_nodes(), "a node was replaced");
    let most = |field: fn(&Disk) -> u64| flooded.iter().map(field).max().unwrap_or_default() / 1_000_000;
    let least = flooded.iter().map(|disk| disk.free).min().unwrap_or_default() / 1_000_000;
    Ok(format!(
        "{PUSHES} pushes in {:.0} s, all read back; {} kB more on disk, journal apart; after 300 MB of log lines a node: \
         journal {} MB, {least} MB free",
        took.max(Duration::from_secs(1)).as_secs_f64(),
        grown / 1_000,
        most(|disk| disk.journal),
    ))
}

/// Runs a script on the client about the bucket.
async fn bucket(scene: &Scene, script: &str) -> Result<String> {
    Ok(scene.client.succeed(&["sh", "-c", &format!("set -eu\n{KEYS}{script}")], "").await?.stdout)
}

/// What is on the disk of each node.
async fn disks(scene: &Scene, nodes: &BTreeSet<String>) -> Result<Vec<Disk>> {
    const LOOK: &str =
        "df -B1 --output=size,used,avail /var/lib/docker | tail -n 1; du -sB1 /var/log/journal | cut -f1";
    let mut all = Vec::new();
    for node in nodes {
        let said = scene.on_node(node, LOOK).await?.stdout;
        let numbers: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [size, used, free, journal] = numbers[..] else { anyhow::bail!("df and du on {node} said {said:?}") };
        // Memory comes in pages.
        ensure!(size < SMALL_DISK + SMALL_DISK / 100, "the disk of {node} has {size} bytes: no small one");
        all.push(Disk { used, journal, free });
    }
    Ok(all)
}
