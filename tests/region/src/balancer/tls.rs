//! TLS settings of listeners: built from certificate and policy, kept while neither changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use rustls::ServerConfig;
use rustls::version::{TLS12, TLS13};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate::Pem;
use crate::service::elbv2::ssl_policies;

/// The TLS settings of each listener, by its ARN: one for each certificate in use.
#[derive(Debug, Default)]
pub(super) struct Configurations(Mutex<HashMap<String, Vec<Kept>>>);

#[derive(Debug)]
struct Kept {
    pem: Pem,
    policy: String,
    config: Arc<ServerConfig>,
}

impl Configurations {
    /// The settings for this listener: made anew when its certificate or policy changed.
    pub(super) fn get(&self, listener_arn: &str, pem: &Pem, policy: &str) -> anyhow::Result<Arc<ServerConfig>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.entry(listener_arn.to_owned()).or_default();
        if let Some(one) = kept.iter().find(|one| one.pem == *pem && one.policy == policy) {
            return Ok(one.config.clone());
        }
        let config = Arc::new(build(pem, policy)?);
        kept.push(Kept { pem: pem.clone(), policy: policy.to_owned(), config: config.clone() });
        Ok(config)
    }
}

/// HTTP/1.1 only: the data plane behaves like a load balancer whose `routing.http2.enabled` is false.
fn build(pem: &Pem, policy: &str) -> anyhow::Result<ServerConfig> {
    let chain = CertificateDer::pem_slice_iter(pem.chain.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .context("the certificate chain is not PEM")?;
    let key = PrivateKeyDer::from_pem_slice(pem.key.as_bytes()).context("the private key is not PEM")?;
    let policy = ssl_policies::find(policy)?;
    // rustls has nothing below TLS 1.2, so a policy that speaks 1.0 and 1.1 loses those.
    let versions: Vec<_> =
        [(3, &TLS13), (2, &TLS12)].into_iter().filter(|(minor, _)| policy.speaks(*minor)).map(|(_, v)| v).collect();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("certificate and key do not fit")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
