//! Load balancers with addresses of their own: their listeners are bound there, on their real ports.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

use super::tls::Configurations;
use super::{edge, proxy, route};
use crate::Region;

/// How soon a made or deleted listener is noticed.
const LOOK: Duration = Duration::from_millis(100);

/// A bound socket; dropping it closes it with all its connections.
struct Bound {
    listener_arn: String,
    task: AbortHandle,
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Keeps the bound sockets equal to the configured listeners until the region stops.
pub(super) async fn serve(region: Weak<Region>, configurations: Arc<Configurations>) {
    let mut bound: HashMap<SocketAddr, Bound> = HashMap::new();
    while let Some(wanted) = region.upgrade().map(|region| wanted(&region)) {
        bound.retain(|address, socket| {
            wanted.get(address).is_some_and(|(listener_arn, _)| *listener_arn == socket.listener_arn)
        });
        for (address, (listener_arn, tls)) in wanted {
            if bound.contains_key(&address) {
                continue;
            }
            match TcpListener::bind(address).await {
                Ok(socket) => {
                    let accept =
                        accept(region.clone(), socket, listener_arn.clone(), tls.then(|| configurations.clone()));
                    bound.insert(address, Bound { listener_arn, task: tokio::spawn(accept).abort_handle() });
                }
                Err(error) => tracing::warn!(%address, %error, "a load balancer cannot listen"),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Address, listener ARN, and whether it speaks TLS, of every listener of an active load balancer.
fn wanted(region: &Region) -> HashMap<SocketAddr, (String, bool)> {
    region.world(|world| {
        let state = &world.elbv2;
        let mut wanted = HashMap::new();
        for listener in &state.listeners {
            let Ok(load_balancer) = state.load_balancer(&listener.load_balancer_arn) else { continue };
            if !load_balancer.active {
                continue;
            }
            for address in load_balancer.zones.iter().filter_map(|zone| zone.address) {
                let address = SocketAddr::from((address, listener.settings.port));
                wanted.insert(address, (listener.arn.clone(), listener.settings.protocol == "HTTPS"));
            }
        }
        wanted
    })
}

async fn accept(region: Weak<Region>, socket: TcpListener, listener: String, tls: Option<Arc<Configurations>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => {
                let Ok((stream, peer)) = accepted else { continue };
                let (region, listener, tls) = (region.clone(), listener.clone(), tls.clone());
                connections.spawn(async move {
                    let admitted = region.upgrade().is_some_and(|region| route::admitted(&region, &listener));
                    let ended = match &tls {
                        None if !admitted => return,
                        Some(configurations) => {
                            edge::connection(&region, stream, configurations, Some(&listener)).await
                        }
                        None => proxy::serve(region, listener, peer, stream).await,
                    };
                    if let Err(error) = ended {
                        tracing::debug!(%error, "connection ended");
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
