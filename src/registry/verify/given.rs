//! Certificates that the user gave as trusted, served as they are: what `openssl req -x509` makes is an authority's
//! certificate by its own words, and Docker takes it all the same when it was given to it. So does the probe.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme};

use crate::registry::certificate::is_authority_served;

/// The usual check, but for the given certificates themselves.
#[derive(Debug)]
pub(super) struct Given {
    usual: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl Given {
    /// The check with these roots and these given certificates; none where there are no roots at all.
    pub(super) fn verifier(
        roots: &Arc<RootCertStore>,
        given: Vec<CertificateDer<'static>>,
    ) -> Option<Arc<dyn ServerCertVerifier>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), provider).build().ok()?;
        Some(Arc::new(Self { usual, given }))
    }
}

impl ServerCertVerifier for Given {
    /// A given certificate that only fails for being an authority's passes when it is for this host and valid now, as in Go:
    /// <https://pkg.go.dev/crypto/x509#Certificate.Verify>
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let usual = self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match usual {
            Err(error) if is_authority_served(&error) && self.given.iter().any(|given| given == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                valid(end_entity, now)
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.usual.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.usual.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

fn valid(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<ServerCertVerified, TlsError> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let seconds = |at: x509_parser::time::ASN1Time| {
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(at.timestamp()).unwrap_or_default()))
    };
    let (not_before, not_after) = (seconds(parsed.validity().not_before), seconds(parsed.validity().not_after));
    if now < not_before {
        Err(CertificateError::NotValidYetContext { time: now, not_before }.into())
    } else if now > not_after {
        Err(CertificateError::ExpiredContext { time: now, not_after }.into())
    } else {
        Ok(ServerCertVerified::assertion())
    }
}
