//! A client that pushes a new image once a second, and the proof that none of those is lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::client::Client;
use crate::repeat::Repeat;
use crate::scene::{DOMAIN, PASSWORD, USER};
use crate::steps::docker::after;
use crate::traffic::PATIENCE;

/// The repository that is pushed to.
const REPOSITORY: &str = "pushed";

/// An image that the registry has taken.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// Digest of its manifest.
    pub digest: String,
}

/// The images that the registry has taken, in order.
pub type Taken = Arc<Mutex<Vec<Pushed>>>;

/// Starts pushing images of one layer of so many random bytes; every one that is taken is added to `taken`.
pub fn start(client: Arc<Client>, bytes: u64, taken: Taken) -> Repeat {
    Repeat::start(move || {
        let (client, taken) = (Arc::clone(&client), Arc::clone(&taken));
        async move { push(&client, bytes, &taken).await }
    })
}

/// Tags are never used twice.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

async fn push(client: &Client, bytes: u64, taken: &Taken) -> Result<Option<String>> {
    let name = format!("{DOMAIN}/{REPOSITORY}:{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let import = format!(
        "set -e; folder=$(mktemp -d); head -c {bytes} /dev/urandom >$folder/layer; \
         tar -C $folder -c layer | docker import - {name}; rm -r $folder"
    );
    client.succeed(&["sh", "-c", &import], "").await?;
    let output = client.run(&["timeout", &PATIENCE.to_string(), "docker", "push", &name], "").await?;
    client.succeed(&["docker", "image", "rm", "--force", &name], "").await?;
    if let Some(failure) = output.failure() {
        return Ok(Some(failure));
    }
    let digest = after(&output.stdout, "digest: ").context("docker push reported no digest")?;
    taken.lock().unwrap_or_else(PoisonError::into_inner).push(Pushed { digest });
    Ok(None)
}

/// Fetches the manifest of every digest it reads, and all that the manifest names; prints the digests of which not every
/// byte is there. Shares nothing with Docker's own client, which might still have a layer at hand.
const VERIFY: &str = r#"
import base64, hashlib, json, sys, urllib.request
host, repository = sys.argv[1:]
user, *digests = sys.stdin.read().splitlines()
key = base64.b64encode(user.encode()).decode()
def whole(kind, digest):
    accept = "application/vnd.docker.distribution.manifest.v2+json"
    headers = {"Authorization": "Basic " + key, "Accept": accept}
    request = urllib.request.Request(f"https://{host}/v2/{repository}/{kind}/{digest}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        content = answer.read()
    if "sha256:" + hashlib.sha256(content).hexdigest() != digest:
        raise ValueError("other bytes than were pushed")
    return content
for digest in digests:
    try:
        manifest = json.loads(whole("manifests", digest))
        for part in [manifest["config"], *manifest["layers"]]:
            whole("blobs", part["digest"])
    except Exception as error:
        print(digest, error)
"#;

/// The images among `pushed` that the registry does not give back whole, each with the reason.
///
/// # Errors
/// When the registry could not be asked.
pub async fn lost(client: &Client, pushed: &[Pushed]) -> Result<Vec<String>> {
    let mut input = format!("{USER}:{PASSWORD}\n");
    for Pushed { digest } in pushed {
        input += &format!("{digest}\n");
    }
    let output = client.succeed(&["python3", "-Ic", VERIFY, DOMAIN, REPOSITORY], &input).await?;
    Ok(output.stdout.lines().map(str::to_owned).collect())
}
