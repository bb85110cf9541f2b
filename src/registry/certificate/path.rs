//! The way from a certificate to a root, judged as TLS clients judge it: issuers, dates, purposes, signatures. Pure.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error as TlsError, RootCertStore};
use x509_parser::certificate::X509Certificate;

use super::{Candidate, Chain, Rejection, pem};

/// The TLS client that a certificate has to satisfy: when it looks, and whom it trusts.
#[derive(Debug, Clone)]
pub struct Client {
    /// The time.
    pub now: Timestamp,
    /// Its roots.
    pub roots: Arc<RootCertStore>,
}

impl Default for Client {
    fn default() -> Self {
        Self { now: Timestamp::UNIX_EPOCH, roots: Arc::new(RootCertStore::empty()) }
    }
}

impl Client {
    /// Whether it would trust the certificate, by the roots it has. What the service keeps itself, without showing it, is
    /// Amazon's own and trusted everywhere.
    pub fn trusts(&self, candidate: &Candidate) -> bool {
        let [leaf, beside @ ..] = candidate.path.as_slice() else { return true };
        self.is_root(leaf) || walk(leaf, beside, &self.roots, self.now).is_ok()
    }

    /// Whether the certificate itself is one of its roots.
    fn is_root(&self, certificate: &CertificateDer<'_>) -> bool {
        anchored(certificate).is_ok_and(|own| own.roots.iter().all(|own| self.roots.roots.contains(own)))
    }
}

/// Whether clients can follow what is stored with the certificate. A root of the user's own is as good as a public one:
/// who is trusted is the client's matter.
pub(super) fn check(candidate: &Candidate, client: &Client) -> Result<(), Rejection> {
    let [leaf, beside @ ..] = candidate.path.as_slice() else { return Ok(()) };
    if candidate.chain == Chain::Broken {
        return Err(Rejection::BrokenChain(candidate.issuer.clone()));
    }
    for stored in beside {
        check_authority(stored, client.now)?;
    }
    let refused = |error: &TlsError| rejection(error, candidate);
    match candidate.chain {
        Chain::Absent if client.is_root(leaf) => Ok(()),
        Chain::Absent => walk(leaf, &[], &client.roots, client.now).map_err(|error| match error {
            TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
                Rejection::MissingChain(candidate.issuer.clone())
            }
            other => refused(&other),
        }),
        Chain::SelfSigned => {
            let itself = anchored(leaf).map_err(|error| refused(&error))?;
            match walk(leaf, &[], &itself, client.now) {
                // Go, and Docker with it, takes a certificate that it was given as it is: openssl marks those that it
                // signs by themselves as authorities. https://pkg.go.dev/crypto/x509#Certificate.Verify
                Err(error) if !is_authority_served(&error) => Err(refused(&error)),
                _ => Ok(()),
            }
        }
        Chain::Complete | Chain::Broken => {
            let (top, between) = beside.split_last().unwrap_or((leaf, &[]));
            let top = anchored(top).map_err(|error| refused(&error))?;
            walk(leaf, between, &top, client.now).map_err(|error| refused(&error))
        }
    }
}

/// A certificate that is stored as an issuer: valid now, unless it is a root, and allowed to issue.
fn check_authority(stored: &CertificateDer<'_>, now: Timestamp) -> Result<(), Rejection> {
    let (_, stored) = x509_parser::parse_x509_certificate(stored)
        .map_err(|error| Rejection::Unreadable(format!("its chain: {error}")))?;
    let name = pem::name_of(stored.subject());
    // Clients have their own copy of a root and look at nothing else of it.
    let root = stored.issuer().as_raw() == stored.subject().as_raw();
    let (begins, ends) = (time(stored.validity().not_before), time(stored.validity().not_after));
    if !root && !may_issue(&stored) {
        Err(Rejection::NoAuthority(name))
    } else if !root && ends.as_second() < now.as_second() {
        Err(Rejection::ChainExpired(name, ends))
    } else if !root && begins.as_second() > now.as_second() {
        Err(Rejection::ChainNotYetValid(name, begins))
    } else {
        Ok(())
    }
}

fn may_issue(stored: &X509Certificate<'_>) -> bool {
    let authority = stored.basic_constraints().ok().flatten().is_some_and(|own| own.value.ca);
    let signs = stored.key_usage().ok().flatten().is_none_or(|own| own.value.key_cert_sign());
    authority && signs
}

fn time(at: x509_parser::time::ASN1Time) -> Timestamp {
    Timestamp::from_second(at.timestamp()).unwrap_or(Timestamp::MAX)
}

/// A store with one root.
fn anchored(certificate: &CertificateDer<'_>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    store.add(certificate.clone()).map(|()| store)
}

fn walk(
    leaf: &CertificateDer<'_>,
    between: &[CertificateDer<'_>],
    roots: &RootCertStore,
    now: Timestamp,
) -> Result<(), TlsError> {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.all;
    verify_server_cert_signed_by_trust_anchor(&ParsedCertificate::try_from(leaf)?, roots, between, now, algorithms)
}

/// Whether the only fault is that an authority's certificate is used as a server's.
pub(in crate::registry) fn is_authority_served(error: &TlsError) -> bool {
    matches!(error, TlsError::InvalidCertificate(CertificateError::Other(why)) if why.to_string() == "CaUsedAsEndEntity")
}

/// What a TLS client's refusal means for the choice.
fn rejection(error: &TlsError, candidate: &Candidate) -> Rejection {
    let TlsError::InvalidCertificate(fault) = error else { return Rejection::Refused(error.to_string()) };
    match fault {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            Rejection::BrokenChain(candidate.issuer.clone())
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Rejection::OtherPurpose,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Rejection::WeakSignature,
        CertificateError::Other(why) if why.to_string() == "NameConstraintViolation" => {
            Rejection::OutOfBounds(candidate.issuer.clone())
        }
        CertificateError::Other(_) if is_authority_served(error) => Rejection::ServesAuthority,
        CertificateError::Other(why) => Rejection::Refused(why.to_string()),
        other => Rejection::Refused(other.to_string()),
    }
}
