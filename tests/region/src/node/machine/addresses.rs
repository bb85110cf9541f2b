//! Addresses of their own for what AWS answers by itself, where instances are machines on a network.

use std::net::Ipv4Addr;

/// What the region binds beside its loopback ports. All of them belong to this network namespace already.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The region: HTTPS of every `*.amazonaws.com` name on 443, the same over HTTP on 80, DNS on 53.
    pub region: Ipv4Addr,
    /// The metadata service, on port 80; it tells instances apart by their source address.
    pub metadata: Ipv4Addr,
    /// Addresses for load balancers, given out as they are made.
    pub balancers: Vec<Ipv4Addr>,
    /// Further names that the region's DNS answers.
    pub names: Vec<(String, Ipv4Addr)>,
}
