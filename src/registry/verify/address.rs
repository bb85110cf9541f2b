//! Stages one and two: the load balancer's address, and a connection to its port 443.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Outcome, Probe, Step};
use crate::registry::connect_to::redirected;

/// The registry's port.
pub(super) const HTTPS: u16 = 443;

/// How long a resolver may take.
pub(super) const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Finds the load balancer's addresses, or takes those that `--connect-to` gives instead.
pub(super) async fn find(probe: &Probe) -> Step<Vec<SocketAddr>> {
    let redirection = redirected(&probe.connect_to, &probe.host, HTTPS)
        .or_else(|| redirected(&probe.connect_to, &probe.load_balancer, HTTPS));
    let (name, port) =
        redirection.map_or((probe.load_balancer.as_str(), HTTPS), |to| (to.to_host.as_str(), to.to_port));
    let addresses = match resolve(name, port).await {
        Ok(addresses) => addresses,
        Err(why) => {
            return Err(Outcome::failed(
                format!("{name} has no address: {why}"),
                "a new load balancer's name takes a minute or two to appear in DNS; if it stays away, check that this \
                 machine's resolver reaches the internet",
            ));
        }
    };
    let seen = match redirection {
        Some(to) => format!("{}:{} by --connect-to", to.to_host, to.to_port),
        None => addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", "),
    };
    Ok((addresses, Outcome::passed(seen)))
}

/// This machine's resolver, asked for a name or an address.
pub(super) async fn resolve(name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let found = timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host((name, port))).await;
    let addresses = found.map_err(|_| "no answer in 10 s".to_owned())?.map_err(|error| error.to_string())?;
    let mut addresses: Vec<_> = addresses.collect();
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() { Err("no address".to_owned()) } else { Ok(addresses) }
}

/// Connects to the first address that accepts.
pub(super) async fn connect(probe: &Probe, addresses: &[SocketAddr]) -> Step<TcpStream> {
    let mut failure = Outcome::failed("no address to connect to", "run `dockreg status` again in a minute");
    for address in addresses {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, Outcome::passed(format!("{address} accepts")))),
            Ok(Err(error)) => failure = refused(*address, &error),
            Err(_) => failure = silent(probe, *address),
        }
    }
    Err(failure)
}

fn refused(address: SocketAddr, error: &std::io::Error) -> Outcome {
    let cure = match error.kind() {
        ErrorKind::ConnectionRefused => {
            "the load balancer does not listen yet; if this stays, `dockreg up` makes its listener again"
        }
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => {
            "this machine has no route there; check its network connection"
        }
        _ => "check this machine's network connection and any firewall or proxy in between",
    };
    Outcome::failed(format!("{address}: {error}"), cure)
}

fn silent(probe: &Probe, address: SocketAddr) -> Outcome {
    let cure = if probe.internal {
        "the load balancer is internal: run this from inside its network"
    } else {
        "this machine may lie outside --allowed-cidr, or a firewall in between drops port 443"
    };
    Outcome::failed(format!("{address} does not answer within 5 s"), cure)
}
