//! Whose certificates are trusted: the machine's own roots, and those of `--ca-file`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

use super::given::Given;

/// A TLS client's settings with the roots it trusts.
#[derive(Debug, Clone)]
pub struct Trust {
    config: Arc<ClientConfig>,
    roots: Arc<RootCertStore>,
}

/// Why a trust file is no good.
#[derive(Debug, Error)]
pub enum TrustProblem {
    /// It cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It holds something else than certificates.
    #[error("{} holds no certificate in PEM form: {why}", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl Trust {
    /// Loads the machine's roots, and those in the file on top.
    pub fn load(ca_file: Option<&Path>) -> Result<Self, TrustProblem> {
        let mut roots = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::debug!(%error, "a root certificate of this machine cannot be read");
        }
        roots.add_parsable_certificates(native.certs);
        let given = ca_file.map(read).transpose()?.unwrap_or_default();
        if let Some(path) = ca_file {
            for certificate in &given {
                roots.add(certificate.clone()).map_err(|error| no_certificate(path, &error))?;
            }
        }
        Ok(Self::with(roots, given))
    }

    /// Trusts exactly these roots.
    pub fn of(roots: RootCertStore) -> Self {
        Self::with(roots, Vec::new())
    }

    /// Trusts these roots, and these certificates as they are.
    fn with(roots: RootCertStore, given: Vec<CertificateDer<'static>>) -> Self {
        let roots = Arc::new(roots);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = match versions {
            Ok(builder) => builder.with_root_certificates(Arc::clone(&roots)).with_no_client_auth(),
            // The provider has suites for both versions of TLS, so this cannot happen; the default does the same.
            Err(_) => ClientConfig::builder().with_root_certificates(Arc::clone(&roots)).with_no_client_auth(),
        };
        if !given.is_empty()
            && let Some(verifier) = Given::verifier(&roots, given)
        {
            config.dangerous().set_certificate_verifier(verifier);
        }
        Self { config: Arc::new(config), roots }
    }

    /// The roots themselves.
    #[must_use]
    pub fn roots(&self) -> &Arc<RootCertStore> {
        &self.roots
    }

    /// The TLS client's settings.
    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// Whether nothing at all is trusted: the machine has no root certificates installed.
    pub(super) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustProblem> {
    let text = std::fs::read(path).map_err(|error| TrustProblem::Unreadable { path: path.to_owned(), error })?;
    let certificates = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| no_certificate(path, &error))?;
    if certificates.is_empty() { Err(no_certificate(path, &"nothing found")) } else { Ok(certificates) }
}

fn no_certificate(path: &Path, why: &dyn std::fmt::Display) -> TrustProblem {
    TrustProblem::NoCertificate { path: path.to_owned(), why: why.to_string() }
}
