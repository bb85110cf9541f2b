//! Which certificate each address of a load balancer serves: a handshake with every one of them, over which nothing is
//! sent. Whether clients trust what is served is another stage's question.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme};
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::{HTTPS, resolve};
use crate::registry::certificate::a_label;
use crate::registry::connect_to::ConnectTo;

/// How long a connection and its handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many failures are told in their own words.
const MOST_TOLD: usize = 3;

/// How clients fare that connect all the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Handshakes that were tried.
    pub attempts: u64,
    /// Those that failed.
    pub failed: u64,
    /// Why, for the first of them.
    pub reasons: Vec<String>,
}

/// Every address of a load balancer; each `--connect-to` for its host, or else for its own name, counts as one.
pub async fn addresses(
    host: &str,
    load_balancer: &str,
    connect_to: &[ConnectTo],
) -> Result<BTreeSet<SocketAddr>, String> {
    let of = |name: &str| connect_to.iter().filter(|own| own.matches(name, HTTPS)).collect::<Vec<_>>();
    let redirections = [of(host), of(load_balancer)].into_iter().find(|found| !found.is_empty());
    let mut found = BTreeSet::new();
    for to in redirections.iter().flatten() {
        found.extend(resolve(&to.to_host, to.to_port).await?);
    }
    if redirections.is_none() {
        found.extend(resolve(load_balancer, HTTPS).await?);
    }
    Ok(found)
}

/// The certificate that each address serves for the host, or why none is seen.
pub async fn served(
    addresses: &BTreeSet<SocketAddr>,
    host: &str,
) -> Vec<(SocketAddr, Result<CertificateDer<'static>, String>)> {
    let mut asking = JoinSet::new();
    for address in addresses.iter().copied() {
        let host = host.to_owned();
        asking.spawn(async move { (address, handshake(address, &host).await) });
    }
    let mut seen = asking.join_all().await;
    seen.sort_by_key(|(address, _)| *address);
    seen
}

/// Connects to every address again and again, and counts, until it is told to stop; the round under way is finished.
pub async fn knock(
    addresses: &BTreeSet<SocketAddr>,
    host: &str,
    pause: Duration,
    tally: &mut Tally,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        for (address, outcome) in served(addresses, host).await {
            tally.attempts += 1;
            if let Err(why) = outcome {
                tally.failed += 1;
                if tally.reasons.len() < MOST_TOLD {
                    tally.reasons.push(format!("{address}: {why}"));
                }
            }
        }
        let told = timeout(pause, stop.wait_for(|stop| *stop)).await;
        if told.is_ok() {
            return;
        }
    }
}

async fn handshake(address: SocketAddr, host: &str) -> Result<CertificateDer<'static>, String> {
    let name = a_label(host).and_then(|name| ServerName::try_from(name).ok());
    let name = name.ok_or_else(|| format!("{host} is not a host name"))?;
    let connector = TlsConnector::from(Arc::new(accepts_any()?));
    let shaken = async {
        let stream = TcpStream::connect(address).await?;
        connector.connect(name, stream).await
    };
    let stream = timeout(PATIENCE, shaken).await.map_err(|_| "no TLS handshake within 10 s".to_owned())?;
    let stream = stream.map_err(|error| error.to_string())?;
    let (_, session) = stream.get_ref();
    let leaf = session.peer_certificates().and_then(|chain| chain.first());
    leaf.map(|leaf| leaf.clone().into_owned()).ok_or_else(|| "it serves no certificate".to_owned())
}

fn accepts_any() -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(Any(provider))).with_no_client_auth())
}

/// Takes any certificate whose key the server proves to have: what is served is compared, not trusted.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
