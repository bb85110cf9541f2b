//! The network of a rehearsal: this network namespace is AWS; a bridge joins the VPC's machines, another the outside.
//!
//! Nothing is forwarded between the two: from outside only what AWS itself answers can be reached, load balancers too.

use std::net::Ipv4Addr;

use anyhow::Result;
use dockreg_region::node::machine::{Link, Subnet, run};

/// The default VPC's router.
pub const VPC_ROUTER: Ipv4Addr = Ipv4Addr::new(172, 31, 0, 1);
/// Prefix length of the default VPC.
pub const VPC_PREFIX: u8 = 16;
/// The region itself: its HTTPS endpoints, and the VPC's resolver, which AWS has at the VPC's base plus two.
pub const REGION: Ipv4Addr = Ipv4Addr::new(172, 31, 0, 2);
/// The registry that stands for the public one.
pub const MIRROR: Ipv4Addr = Ipv4Addr::new(172, 31, 0, 3);
/// The metadata service.
pub const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// Public addresses for load balancers (a documentation network, RFC 5737).
pub const BALANCERS: [Ipv4Addr; 4] = [
    Ipv4Addr::new(203, 0, 113, 10),
    Ipv4Addr::new(203, 0, 113, 11),
    Ipv4Addr::new(203, 0, 113, 12),
    Ipv4Addr::new(203, 0, 113, 13),
];

const VPC_BRIDGE: &str = "vpc";
const OUTSIDE_BRIDGE: &str = "outside";
/// Hardware addresses of the bridges, which are the routers'. A bridge that is given none has the lowest of its ports', so
/// that it changes when a machine comes or goes, and the others answer the old one for half a minute.
const VPC_MAC: &str = "06:00:00:00:00:01";
const OUTSIDE_MAC: &str = "06:00:00:00:00:02";
const OUTSIDE_ROUTER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 10);

/// Lays bridges and addresses in this network namespace, and an empty /run in this mount namespace, so that the
/// machine's own is not written to.
///
/// # Errors
/// When a tool of the system fails, such as outside a namespace of one's own.
pub async fn lay() -> Result<()> {
    run("mount", &["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"]).await?;
    run("ip", &["link", "set", "lo", "up"]).await?;
    let bridges = [(VPC_BRIDGE, VPC_MAC, VPC_ROUTER, VPC_PREFIX), (OUTSIDE_BRIDGE, OUTSIDE_MAC, OUTSIDE_ROUTER, 24)];
    for (bridge, mac, router, prefix) in bridges {
        run("ip", &["link", "add", bridge, "address", mac, "type", "bridge"]).await?;
        run("ip", &["link", "set", bridge, "up"]).await?;
        run("ip", &["address", "add", &format!("{router}/{prefix}"), "dev", bridge]).await?;
    }
    for address in [REGION, MIRROR] {
        run("ip", &["address", "add", &format!("{address}/{VPC_PREFIX}"), "dev", VPC_BRIDGE]).await?;
    }
    for address in [METADATA].iter().chain(&BALANCERS) {
        run("ip", &["address", "add", &format!("{address}/32"), "dev", "lo"]).await?;
    }
    Ok(())
}

/// Where the region's instances are attached.
pub fn vpc() -> Subnet {
    Subnet { bridge: VPC_BRIDGE.to_owned(), prefix: VPC_PREFIX, gateway: VPC_ROUTER, resolver: REGION }
}

/// Where the client machine is attached.
pub fn outside() -> Link {
    Link { bridge: OUTSIDE_BRIDGE.to_owned(), address: CLIENT, prefix: 24, gateway: OUTSIDE_ROUTER, mac: None }
}
