//! Reads a certificate and its chain from the PEM text that IAM keeps. Pure.

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use thiserror::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_SIG_ED448, OID_SIG_ED25519};
use x509_parser::pem::Pem;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use super::{Chain, KeyKind};

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// DNS names of the subject alternative names, lower case.
    pub names: Vec<String>,
    /// The subject's common name.
    pub common_name: Option<String>,
    /// First moment of validity.
    pub not_before: Timestamp,
    /// Last moment of validity.
    pub not_after: Timestamp,
    /// Kind and size of the public key.
    pub key: KeyKind,
    /// The issuer's common name, or its whole distinguished name.
    pub issuer: String,
    /// Whether the chain leads on from it.
    pub chain: Chain,
    /// The certificate and those of its chain, as they stand there.
    pub path: Vec<CertificateDer<'static>>,
}

/// Why PEM text is no certificate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// There is no PEM block in it.
    #[error("no PEM block in it")]
    Empty,
    /// A PEM block of another kind, by its label.
    #[error("holds a {0}, not a certificate")]
    OtherKind(String),
    /// Broken PEM or DER.
    #[error("{0}")]
    Malformed(String),
}

/// Reads the certificate in `body` and judges the certificates in `chain` as the way from it to a root.
pub fn parse(body: &str, chain: Option<&str>) -> Result<Parsed, Unreadable> {
    let mut blocks = blocks(body)?;
    if blocks.is_empty() {
        return Err(Unreadable::Empty);
    }
    blocks.extend(self::blocks(chain.unwrap_or_default())?);
    let path = blocks
        .iter()
        .map(|block| block.parse_x509().map_err(|error| Unreadable::Malformed(error.to_string())))
        .collect::<Result<Vec<_>, _>>()?;
    let leaf = &path[0];
    Ok(Parsed {
        names: dns_names(leaf)?,
        common_name: common_name(leaf.subject()),
        not_before: timestamp(leaf.validity().not_before.timestamp())?,
        not_after: timestamp(leaf.validity().not_after.timestamp())?,
        key: key_kind(leaf),
        issuer: name_of(leaf.issuer()),
        chain: judge_chain(&path),
        path: blocks.iter().map(|block| CertificateDer::from(block.contents.clone())).collect(),
    })
}

fn blocks(text: &str) -> Result<Vec<Pem>, Unreadable> {
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(text.as_bytes()) {
        let block = block.map_err(|error| Unreadable::Malformed(error.to_string()))?;
        if block.label != "CERTIFICATE" {
            return Err(Unreadable::OtherKind(block.label));
        }
        found.push(block);
    }
    Ok(found)
}

fn dns_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, Unreadable> {
    let extension = certificate.subject_alternative_name().map_err(|error| Unreadable::Malformed(error.to_string()))?;
    let names = extension.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
    Ok(names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect())
}

/// The common name of a subject or an issuer.
pub(in crate::registry) fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next().and_then(|part| part.as_str().ok()).map(str::to_owned)
}

/// How a subject or issuer is called: its common name, or its whole distinguished name.
pub(super) fn name_of(name: &X509Name<'_>) -> String {
    common_name(name).unwrap_or_else(|| name.to_string())
}

fn timestamp(seconds: i64) -> Result<Timestamp, Unreadable> {
    Timestamp::from_second(seconds).map_err(|error| Unreadable::Malformed(error.to_string()))
}

/// Kind and size of a certificate's key.
pub(in crate::registry) fn key_kind(certificate: &X509Certificate<'_>) -> KeyKind {
    let key = certificate.public_key();
    if let Ok(PublicKey::RSA(rsa)) = key.parsed() {
        return KeyKind::Rsa(u32::try_from(rsa.key_size()).unwrap_or(u32::MAX));
    }
    let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    match curve {
        Some(curve) if curve == OID_EC_P256 => return KeyKind::Ecdsa(256),
        Some(curve) if curve == OID_NIST_EC_P384 => return KeyKind::Ecdsa(384),
        Some(curve) if curve == OID_NIST_EC_P521 => return KeyKind::Ecdsa(521),
        _ => {}
    }
    let algorithm = &key.algorithm.algorithm;
    KeyKind::Other(if *algorithm == OID_SIG_ED25519 {
        "Ed25519".to_owned()
    } else if *algorithm == OID_SIG_ED448 {
        "Ed448".to_owned()
    } else {
        format!("key of type {algorithm}")
    })
}

fn judge_chain(path: &[X509Certificate<'_>]) -> Chain {
    let linked = path.windows(2).all(|pair| pair[0].issuer().as_raw() == pair[1].subject().as_raw());
    let leaf = &path[0];
    match path.len() {
        1 if leaf.issuer().as_raw() == leaf.subject().as_raw() => Chain::SelfSigned,
        1 => Chain::Absent,
        _ if linked => Chain::Complete,
        _ => Chain::Broken,
    }
}
