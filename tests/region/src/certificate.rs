//! X.509 as IAM and ACM check it at upload: PEM form, order of the chain, key type, and that the key belongs to the
//! certificate.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// What the services show of a certificate.
#[derive(Debug, Clone)]
pub struct Details {
    pub not_before: f64,
    pub not_after: f64,
    /// Common name of the subject.
    pub common_name: String,
    /// Organisation or common name of the issuer.
    pub issuer: String,
    pub subject: String,
    /// DNS names of the subject alternative name extension.
    pub names: Vec<String>,
    /// ACM's name of the key's algorithm and size, such as `RSA-2048` or `EC-prime256v1`.
    pub key_algorithm: String,
    /// Colon-separated lower-case hexadecimal.
    pub serial: String,
    pub signature_algorithm: String,
}

/// Why an upload is refused: each service has its own words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The body is no PEM certificate.
    Body,
    /// The body has more than one certificate.
    SeveralBodies,
    /// The chain is no PEM certificates.
    Chain,
    /// The certificate of this place in the chain does not sign the one before it.
    ChainOrder(usize),
    /// The key is no PEM private key that can be read.
    Key,
    /// The key is encrypted.
    EncryptedKey,
    /// The key belongs to another certificate.
    Mismatch,
}

/// Checks an upload: one certificate in the body, a chain in which each signs the one before, and a key that belongs to
/// the certificate.
///
/// # Errors
/// What is wrong first.
pub fn parse(body: &str, chain: Option<&str>, private_key: &str) -> Result<Details, Problem> {
    let read = |pem: &str| -> Option<Vec<CertificateDer<'static>>> {
        let all = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>().ok()?;
        Some(all).filter(|all| !all.is_empty())
    };
    let mut certificates = read(body).ok_or(Problem::Body)?;
    if certificates.len() > 1 {
        return Err(Problem::SeveralBodies);
    }
    let details = details(&certificates[0]).ok_or(Problem::Body)?;
    if let Some(chain) = chain {
        certificates.extend(read(chain).ok_or(Problem::Chain)?);
    }
    for (index, pair) in certificates.windows(2).enumerate() {
        let signs = || {
            let (_, signed) = X509Certificate::from_der(&pair[0]).ok()?;
            let (_, signer) = X509Certificate::from_der(&pair[1]).ok()?;
            signed.verify_signature(Some(signer.public_key())).ok()
        };
        signs().ok_or(Problem::ChainOrder(index))?;
    }
    if private_key.contains("ENCRYPTED") {
        return Err(Problem::EncryptedKey);
    }
    let key = PrivateKeyDer::from_pem_slice(private_key.as_bytes()).map_err(|_| Problem::Key)?;
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).map_err(|_| Problem::Key)?;
    let certified = rustls::sign::CertifiedKey::new(certificates, key);
    certified.keys_match().map(|()| details).map_err(|_| Problem::Mismatch)
}

/// What a DER certificate says; None when it does not parse.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double exactly")]
pub fn details(der: &[u8]) -> Option<Details> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = certificate
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|extension| {
            let dns = |name: &GeneralName| {
                if let GeneralName::DNSName(name) = name { Some((*name).to_owned()) } else { None }
            };
            extension.value.general_names.iter().filter_map(dns).collect()
        })
        .unwrap_or_default();
    let first = |mut of: Box<dyn Iterator<Item = String> + '_>| of.next();
    let common_name = first(Box::new(
        certificate.subject().iter_common_name().filter_map(|one| one.as_str().ok().map(str::to_owned)),
    ));
    let issuer_name = certificate.issuer();
    let issuer = first(Box::new(
        issuer_name
            .iter_organization()
            .chain(issuer_name.iter_common_name())
            .filter_map(|one| one.as_str().ok().map(str::to_owned)),
    ));
    let validity = certificate.validity();
    Some(Details {
        not_before: validity.not_before.timestamp() as f64,
        not_after: validity.not_after.timestamp() as f64,
        common_name: common_name.unwrap_or_default(),
        issuer: issuer.unwrap_or_default(),
        subject: certificate.subject().to_string(),
        names,
        key_algorithm: key_algorithm(&certificate),
        serial: certificate.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"),
        signature_algorithm: signature_algorithm(&certificate.signature_algorithm.algorithm.to_id_string()).to_owned(),
    })
}

fn key_algorithm(certificate: &X509Certificate<'_>) -> String {
    use x509_parser::public_key::PublicKey;
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA-{}", key.key_size()),
        Ok(PublicKey::EC(point)) => match point.key_size() {
            384 => "EC-secp384r1".to_owned(),
            521 | 528 => "EC-secp521r1".to_owned(),
            _ => "EC-prime256v1".to_owned(),
        },
        _ => "UNKNOWN".to_owned(),
    }
}

fn signature_algorithm(oid: &str) -> &'static str {
    match oid {
        "1.2.840.113549.1.1.11" => "SHA256WITHRSA",
        "1.2.840.113549.1.1.12" => "SHA384WITHRSA",
        "1.2.840.113549.1.1.13" => "SHA512WITHRSA",
        "1.2.840.10045.4.3.2" => "SHA256WITHECDSA",
        "1.2.840.10045.4.3.3" => "SHA384WITHECDSA",
        _ => "UNKNOWN",
    }
}
