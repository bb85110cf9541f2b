//! The HTTP server: one port for all services, in plain or with TLS.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::endpoint::answer;
use crate::Region;

/// Serves until the task is dropped or aborted; connections live in tasks of their own, ended with it.
pub async fn serve(region: Arc<Region>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else { continue };
        // Small answers must not wait for the client's acknowledgement.
        let _ = stream.set_nodelay(true);
        let (region, tls) = (region.clone(), tls.clone());
        connections.spawn(async move {
            match tls {
                None => connection(region, stream).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        connection(region, stream).await;
                    }
                }
            }
        });
    }
}

async fn connection(region: Arc<Region>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let service = service_fn(move |request| answer(region.clone(), request));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(1 << 20)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
