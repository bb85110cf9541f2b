//! Clients that upload layers by the registry's API alone: so slowly that one outlasts many things, or many at once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::repeat::Repeat;
use crate::scene::{DOMAIN, PASSWORD, USER};

/// How long an upload takes: not as long as a node drains that goes, 120 s.
pub const LASTS: Duration = Duration::from_secs(100);

/// Bytes of a layer that are sent in a second.
const RATE: u64 = 50_000;

/// Clients, each with an upload under way.
const CLIENTS: u64 = 10;

/// Uploads a layer of so many random bytes as Docker does, in one piece whose length is not said before; fetches it again.
const UPLOAD: &str = r#"
set -eu; umask 077
host=$1 repository=$2 bytes=$3 rate=$4 folder=$(mktemp -d -p /var/tmp)
trap 'rm -r "$folder"' EXIT
cat >"$folder/login"
head -c "$bytes" /dev/urandom >"$folder/layer"
digest=sha256:$(sha256sum "$folder/layer" | cut -d ' ' -f 1)
ask() { curl -sS --fail-with-body --max-time 300 --config "$folder/login" "$@"; }
place() { tr -d '\r' | sed -n "s|^location: *\(https://[^/]*\)\{0,1\}/|https://$host/|Ip"; }
at=$(ask -o /dev/null -D - -X POST "https://$host/v2/$repository/blobs/uploads/" | place)
at=$(ask -o /dev/null -D - -X PATCH -H 'Content-Type: application/octet-stream' --limit-rate "$rate" -T - "$at" <"$folder/layer" | place)
ask -o /dev/null -X PUT -H 'Content-Length: 0' "$at&digest=$digest"
ask "https://$host/v2/$repository/blobs/$digest" | cmp - "$folder/layer"
"#;

/// Starts them. Each one's first upload is longer than that of the one before: from then on one ends every few seconds.
pub fn start(client: &Arc<Client>) -> Vec<Repeat> {
    let whole = LASTS.as_secs() * RATE;
    let one = |number: u64| {
        let client = Arc::clone(client);
        let mut bytes = whole * number / CLIENTS;
        Repeat::start(move || {
            let (client, bytes) = (Arc::clone(&client), std::mem::replace(&mut bytes, whole));
            async move { upload(&client, bytes, RATE).await }
        })
    };
    (1..=CLIENTS).map(one).collect()
}

/// Uploads so many layers at once, each of so many bytes at so many a second; gives the reasons of those that fail.
///
/// # Errors
/// When one could not be tried at all.
pub async fn together(client: &Arc<Client>, layers: usize, bytes: u64, rate: u64) -> Result<Vec<String>> {
    let one = || {
        let client = Arc::clone(client);
        async move { upload(&client, bytes, rate).await }
    };
    let mut running: JoinSet<_> = (0..layers).map(|_| one()).collect();
    let mut failures = Vec::new();
    while let Some(ended) = running.join_next().await {
        failures.extend(ended??);
    }
    Ok(failures)
}

async fn upload(client: &Client, bytes: u64, rate: u64) -> Result<Option<String>> {
    let (bytes, rate) = (bytes.to_string(), rate.to_string());
    let argv = ["sh", "-c", UPLOAD, "upload", DOMAIN, "slow", &bytes, &rate];
    Ok(client.run(&argv, &format!("user = \"{USER}:{PASSWORD}\"\n")).await?.failure())
}
