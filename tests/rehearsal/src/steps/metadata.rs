//! The instance metadata of a node: given to the node itself, not to what runs one hop behind it, such as a container on
//! a bridge, because the template allows the answer one hop.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html>

use anyhow::{Context, Result, ensure};

use crate::network::{METADATA, REGION};
use crate::scene::Scene;

/// Seconds until an answer that does not come is given up; one that comes takes milliseconds.
const PATIENCE: u32 = 5;

/// curl's code for an answer that did not come in time.
const TIMED_OUT: i32 = 28;

/// A network namespace whose packets a node forwards, as it would those of a container on a bridge.
const HOP: &str = "set -e
ip netns add behind
ip link add hop type veth peer name uplink netns behind
ip address add 192.0.2.1/30 dev hop
ip link set hop up
ip -n behind address add 192.0.2.2/30 dev uplink
ip -n behind link set uplink up
ip -n behind route add default via 192.0.2.1
sysctl -q -w net.ipv4.ip_forward=1
iptables -t nat -A POSTROUTING -s 192.0.2.0/30 -j MASQUERADE";

/// What takes it away again.
const NO_HOP: &str = "set -e
iptables -t nat -D POSTROUTING -s 192.0.2.0/30 -j MASQUERADE
sysctl -q -w net.ipv4.ip_forward=0
ip netns delete behind";

/// Asks for a session token on a node and one hop behind it.
///
/// # Errors
/// When the node gets none, or the other does, or the other's packets reach nobody at all.
pub async fn one_hop(scene: &Scene) -> Result<String> {
    let Some(node) = scene.healthy_nodes().into_iter().next() else { anyhow::bail!("no node is healthy") };
    let token = format!(
        "curl -sS -o /dev/null -w '%{{time_connect}} %{{http_code}}' --max-time {PATIENCE} -X PUT \
         -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://{METADATA}/latest/api/token"
    );
    let behind = |command: &str| format!("ip netns exec behind {command}");
    let region = format!("curl -sS -o /dev/null --max-time {PATIENCE} http://{REGION}/");

    let near = scene.on_node(&node, &token).await?;
    ensure!(near.code == 0 && near.stdout.ends_with(" 200"), "the node itself got no token: {}", near.stderr.trim());
    let laid = scene.on_node(&node, HOP).await?;
    ensure!(laid.code == 0, "could not lay a hop: {}", laid.stderr.trim());
    let reached = scene.on_node(&node, &behind(&region)).await?;
    let far = scene.on_node(&node, &behind(&token)).await?;
    let removed = scene.on_node(&node, NO_HOP).await?;
    ensure!(removed.code == 0, "could not remove the hop: {}", removed.stderr.trim());

    ensure!(reached.code == 0, "nothing is reached from behind the node: {}", reached.stderr.trim());
    let connected = far.stdout.split(' ').next().and_then(|seconds| seconds.parse::<f64>().ok());
    let connected = connected.context("curl said nothing")?;
    ensure!(connected > 0.0, "the metadata service could not be connected to: {}", far.stderr.trim());
    ensure!(far.code == TIMED_OUT, "one hop behind the node a token was given: {}", far.stdout);
    Ok("given on the node, not one hop behind it".to_owned())
}
