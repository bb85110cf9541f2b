//! The HTTP server: one port for all services, in plain or with TLS.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::endpoint::answer;
use super::line::{Line, Reset};
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
        let (line, reset) = Line::new(stream);
        connections.spawn(async move {
            match tls {
                None => connection(region, line, reset).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(line).await {
                        connection(region, stream, reset).await;
                    }
                }
            }
        });
    }
}

async fn connection(region: Arc<Region>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, reset: Reset) {
    let service = service_fn(move |request| {
        let (region, reset) = (region.clone(), reset.clone());
        async move { answer(region, request).await.inspect_err(|cut| reset.store(cut.reset, Ordering::Relaxed)) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(1 << 20)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
