//! TLS clients that know nothing of dockreg: they connect all the time and count; and a server that serves one
//! certificate for ever.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dockreg_region::authority::Issued;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{Fixture, HOST};

/// The leaf of a PEM text.
pub fn leaf(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}

/// What clients saw: the certificate of each connection that worked, and why others did not.
#[derive(Debug, Default)]
pub struct Seen {
    pub leaves: Vec<CertificateDer<'static>>,
    pub failures: Vec<String>,
}

/// Clients at work.
pub struct Clients {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Seen>,
}

impl Fixture {
    /// Starts so many clients of the host's registry; each makes one connection after the other, and one request on each.
    pub fn clients(&self, count: usize) -> Clients {
        let (stop, mut tasks) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        let connector = connector(&self.region.ca_pem());
        for _ in 0..count {
            let (stop, connector, edge) = (Arc::clone(&stop), connector.clone(), self.region.edge());
            tasks.spawn(async move {
                let mut seen = Seen::default();
                while !stop.load(Ordering::Relaxed) {
                    match visit(&connector, edge).await {
                        Ok(leaf) => seen.leaves.push(leaf),
                        Err(error) => seen.failures.push(error.to_string()),
                    }
                }
                seen
            });
        }
        Clients { stop, tasks }
    }

    /// The certificate that the host's registry serves to a client that trusts the region's authority.
    pub async fn served(&self) -> CertificateDer<'static> {
        visit(&connector(&self.region.ca_pem()), self.region.edge()).await.expect("it is served")
    }
}

impl Clients {
    /// Stops them after what they are at.
    pub async fn stop(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        for seen in self.tasks.join_all().await {
            all.leaves.extend(seen.leaves);
            all.failures.extend(seen.failures);
        }
        all
    }
}

fn connector(ca: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(leaf(ca)).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    TlsConnector::from(Arc::new(builder.expect("versions").with_root_certificates(roots).with_no_client_auth()))
}

/// One connection with one request, which the registry answers with 401.
async fn visit(connector: &TlsConnector, edge: SocketAddr) -> std::io::Result<CertificateDer<'static>> {
    let name = ServerName::try_from(HOST).expect("a name");
    let mut stream = connector.connect(name, TcpStream::connect(edge).await?).await?;
    let request = format!("GET /v2/ HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    if !status.ends_with(b" 401") {
        return Err(std::io::Error::other(String::from_utf8_lossy(&status)));
    }
    let served = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).cloned();
    served.ok_or_else(|| std::io::Error::other("no certificate"))
}

/// An address that serves this certificate whatever becomes of the region's.
pub async fn stubborn(issued: &Issued) -> SocketAddr {
    let key = PrivateKeyDer::from_pem_slice(issued.private_key.as_bytes()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("versions").with_no_client_auth();
    let config = builder.with_single_cert(vec![leaf(&issued.certificate)], key).expect("a pair");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
        }
    });
    address
}
