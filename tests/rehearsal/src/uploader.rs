//! Clients that send a layer so slowly that an upload outlasts many things, by the registry's API alone.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

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
host=$1 repository=$2 bytes=$3 rate=$4 folder=$(mktemp -d)
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
            async move { upload(&client, bytes).await }
        })
    };
    (1..=CLIENTS).map(one).collect()
}

async fn upload(client: &Client, bytes: u64) -> Result<Option<String>> {
    let (bytes, rate) = (bytes.to_string(), RATE.to_string());
    let argv = ["sh", "-c", UPLOAD, "upload", DOMAIN, "slow", &bytes, &rate];
    Ok(client.run(&argv, &format!("user = \"{USER}:{PASSWORD}\"\n")).await?.failure())
}
