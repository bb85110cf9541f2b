//! The edge: one loopback port that stands for port 443 of every load balancer, told apart by SNI.

use std::sync::{Arc, Weak};

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::server::Acceptor;

use super::tls::Configurations;
use super::{proxy, route};
use crate::Region;

/// Accepts connections until the task is aborted, which closes them all.
pub(super) async fn serve(region: Weak<Region>, listener: TcpListener, configurations: Arc<Configurations>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (region, configurations) = (region.clone(), configurations.clone());
                connections.spawn(async move {
                    if let Err(error) = connection(&region, stream, &configurations, None).await {
                        tracing::debug!(%error, "edge connection ended");
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one TLS connection: of the listener given, or of the one that the client's SNI means.
///
/// # Errors
/// The handshake failed, or the connection broke.
pub(super) async fn connection(
    region: &Weak<Region>,
    stream: TcpStream,
    configurations: &Configurations,
    listener_arn: Option<&str>,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let peer = stream.peer_addr()?;
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let server_name = start.client_hello().server_name().map(str::to_owned);
    let (listener, config) = {
        let region = region.upgrade().context("the region has stopped")?;
        let listener = match listener_arn {
            Some(arn) => arn.to_owned(),
            None => route::by_server_name(&region, server_name.as_deref()).context("no load balancer listens here")?,
        };
        anyhow::ensure!(route::admitted(&region, &listener), "no security group admits clients to the listener");
        let (pem, policy) = route::certificate_of(&region, &listener, server_name.as_deref())
            .context("the listener has no certificate")?;
        let config = configurations.get(&listener, &pem, &policy)?;
        (listener, config)
    };
    let tls = start.into_stream(config).await?;
    proxy::serve(region.clone(), listener, peer, tls).await
}
