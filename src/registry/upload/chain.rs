//! Whether a chain is complete: verified as every client will verify it. Pure.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::{CertificateError, Error, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;

use super::Fault;
use super::path::{is_self_issued, name};
use crate::registry::certificate;

/// Who vouches for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// A root that this machine trusts, or one of `--ca-file`.
    Trusted,
    /// The root at the end of its own chain, which nobody knows by itself.
    OwnRoot(String),
    /// Itself.
    Itself,
}

/// Verifies a path for the host; fails where a certificate is missing, or a client would not accept it.
pub(super) fn vouched(
    path: &[CertificateDer<'static>],
    last: &X509Certificate<'_>,
    host: &str,
    roots: &RootCertStore,
    now: Timestamp,
) -> Result<Vouched, Fault> {
    match verify(path, host, roots, now) {
        Ok(()) => return Ok(Vouched::Trusted),
        Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {}
        // Without any root the verifier does not even begin.
        Err(_) if roots.is_empty() => {}
        Err(_) if path.len() == 1 && is_self_issued(last) => {}
        Err(error) => return Err(Fault::NotAccepted(words(&error))),
    }
    if !is_self_issued(last) {
        return Err(Fault::Incomplete { issuer: issuer(last), of: name(last), url: issuer_url(last) });
    }
    if path.len() == 1 {
        return Ok(Vouched::Itself);
    }
    let mut own = RootCertStore::empty();
    let root = path.last().cloned().map(|root| own.add(root));
    match (root, verify(path, host, &own, now)) {
        (Some(Ok(())), Ok(())) => Ok(Vouched::OwnRoot(name(last))),
        (_, Err(error)) | (Some(Err(error)), _) => Err(Fault::NotAccepted(words(&error))),
        (None, Ok(())) => Ok(Vouched::Itself),
    }
}

fn verify(path: &[CertificateDer<'static>], host: &str, roots: &RootCertStore, now: Timestamp) -> Result<(), Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots.clone()), provider)
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    let host = certificate::a_label(host).and_then(|host| ServerName::try_from(host).ok());
    let host = host.ok_or(Error::InvalidCertificate(CertificateError::NotValidForName))?;
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(now.as_second()).unwrap_or(0)));
    let (leaf, others) = path.split_first().ok_or(Error::NoCertificatesPresented)?;
    verifier.verify_server_cert(leaf, others, &host, &[], now).map(drop)
}

fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. },
        ) => "it, or one of its chain, was not issued for servers".to_owned(),
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "a certificate of its chain has expired".to_owned()
        }
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "a certificate of its chain is not valid yet".to_owned()
        }
        Error::InvalidCertificate(CertificateError::Other(other)) => format!("{:?}", other.0),
        Error::InvalidCertificate(fault) => format!("{fault:?}"),
        other => other.to_string(),
    }
}

fn issuer(certificate: &X509Certificate<'_>) -> String {
    certificate::common_name(certificate.issuer()).unwrap_or_else(|| certificate.issuer().to_string())
}

/// Where the issuer offers its own certificate.
fn issuer_url(certificate: &X509Certificate<'_>) -> Option<String> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => access.accessdescs.iter().find_map(|one| {
            match (one.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS, &one.access_location) {
                (true, GeneralName::URI(url)) => Some((*url).to_owned()),
                _ => None,
            }
        }),
        _ => None,
    })
}
