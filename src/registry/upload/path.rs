//! Finds the way from the certificate of a key to its issuers, whatever order the files have. Pure.

use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::prelude::FromDer;

use super::key::Key;
use super::pem::Found;
use super::{Fault, Given};
use crate::registry::certificate::{self, KeyKind, Rejection};

/// The certificates that belong together, by their places in what was given, and what was put right.
pub(super) struct Path {
    pub(super) path: Vec<usize>,
    pub(super) repairs: Vec<String>,
}

pub(super) fn parse<'a>(found: &'a [Found<'_>]) -> Result<Vec<X509Certificate<'a>>, Fault> {
    let parse = |found: &'a Found<'_>| {
        let parsed = X509Certificate::from_der(found.der.as_ref());
        parsed
            .map(|(_, certificate)| certificate)
            .map_err(|error| Fault::Broken { file: found.file.to_owned(), why: error.to_string() })
    };
    found.iter().map(parse).collect()
}

/// A kind of key that no load balancer serves is told as that, not as a private key that cannot be read.
pub(super) fn check_kind(first: &X509Certificate<'_>) -> Result<(), Fault> {
    let kind: KeyKind = certificate::key_kind(first);
    if kind.is_served() { Ok(()) } else { Err(Fault::Unusable(Rejection::Key(kind))) }
}

/// Orders what was given: the key's own certificate first, then each one's issuer.
pub(super) fn order(certificates: &[X509Certificate<'_>], key: &Key, given: &Given<'_>) -> Result<Path, Fault> {
    let own = |certificate: &X509Certificate<'_>| key.belongs_to(certificate.public_key().raw);
    let leaf = certificates.iter().position(own).ok_or_else(|| Fault::Mismatch {
        certificate: given.certificate.name.to_owned(),
        key: given.key_name.to_owned(),
    })?;
    let mut path = vec![leaf];
    while let Some(next) = issuer_of(certificates, &path) {
        path.push(next);
    }
    let once: Vec<usize> = (0..certificates.len())
        .filter(|index| !certificates[..*index].iter().any(|earlier| same(earlier, &certificates[*index])))
        .collect();
    let strangers: Vec<usize> = once.iter().copied().filter(|index| !path.contains(index)).collect();
    let kept: Vec<usize> = once.into_iter().filter(|index| path.contains(index)).collect();
    let mut repairs = Vec::new();
    if kept != path {
        let names: Vec<String> = path.iter().map(|index| name(&certificates[*index])).collect();
        repairs.push(format!("the order was put right: {}", names.join(", then ")));
    }
    if !strangers.is_empty() {
        let names: Vec<String> = strangers.iter().map(|index| name(&certificates[*index])).collect();
        repairs.push(format!("left out, for it issued none of the others: {}", names.join(", ")));
    }
    Ok(Path { path, repairs })
}

/// Who issued the last one of the path; none at its end.
fn issuer_of(certificates: &[X509Certificate<'_>], path: &[usize]) -> Option<usize> {
    let last = &certificates[*path.last()?];
    if is_self_issued(last) {
        return None;
    }
    let fits = |index: &usize| !path.contains(index) && issued(&certificates[*index], last);
    (0..certificates.len()).find(fits)
}

/// Whether the subject is its own issuer: the end of every path.
pub(super) fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == certificate.subject().as_raw()
}

/// Whether one certificate issued the other, by name and by signature. The parser knows no ECDSA P-521: there the name
/// has to do, and the whole path is verified later.
fn issued(issuer: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> bool {
    if issuer.subject().as_raw() != certificate.issuer().as_raw() {
        return false;
    }
    match certificate.verify_signature(Some(issuer.public_key())) {
        Ok(()) | Err(X509Error::SignatureUnsupportedAlgorithm) => true,
        Err(_) => false,
    }
}

fn same(one: &X509Certificate<'_>, other: &X509Certificate<'_>) -> bool {
    one.tbs_certificate.as_ref() == other.tbs_certificate.as_ref()
}

/// What people call a certificate: its common name, else its whole subject.
pub(super) fn name(certificate: &X509Certificate<'_>) -> String {
    certificate::common_name(certificate.subject()).unwrap_or_else(|| match certificate.subject().to_string() {
        subject if subject.is_empty() => "one without a name".to_owned(),
        subject => subject,
    })
}
