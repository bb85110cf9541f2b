//! The data plane of the load balancers: TLS, proxying to targets, health checks. What is configured is in
//! `service::elbv2`; here nothing is remembered but connections.

mod addresses;
pub mod certificate;
mod edge;
mod firewall;
mod headers;
pub mod health;
mod proxy;
mod route;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::Region;

/// The running data plane. Dropping it closes every listener and connection.
#[derive(Debug)]
pub struct Balancer {
    edge: SocketAddr,
    tasks: Vec<AbortHandle>,
}

impl Balancer {
    /// Where every load balancer's port 443 is found by SNI.
    pub fn edge(&self) -> SocketAddr {
        self.edge
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Starts the edge on a free loopback port, and, in a region that has addresses for load balancers, the listeners on
/// those addresses as load balancers come and go.
///
/// # Errors
/// The loopback port cannot be had.
pub async fn start(region: &Arc<Region>) -> std::io::Result<Balancer> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let edge = listener.local_addr()?;
    let configurations = Arc::new(tls::Configurations::default());
    let mut tasks =
        vec![tokio::spawn(edge::serve(Arc::downgrade(region), listener, configurations.clone())).abort_handle()];
    if region.world(|world| !world.elbv2.free_addresses.is_empty()) {
        tasks.push(tokio::spawn(addresses::serve(Arc::downgrade(region), configurations)).abort_handle());
    }
    Ok(Balancer { edge, tasks })
}
