//! A certificate on its way to AWS: read from PEM files, put in order, and checked before anything is sent. Opens no
//! connection and no file. The private key is held as a secret, and nothing of it gets into a message.

mod chain;
mod fault;
mod key;
mod limit;
mod path;
mod pem;

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use secrecy::SecretString;

pub use chain::Vouched;
pub use fault::{Fault, Format};
pub use key::secret;

use super::certificate::{Candidate, Source, judge_alone};
use key::Key;
use path::Path;

/// A file as it was read: what it is called in messages, and what is in it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its path, or `standard input`.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// What was given.
#[derive(Debug)]
pub struct Given<'a> {
    /// The certificate, perhaps with its chain below it.
    pub certificate: File<'a>,
    /// Further certificates of the chain.
    pub chain: Option<File<'a>>,
    /// What the private key is called in messages.
    pub key_name: &'a str,
    /// The private key.
    pub key: &'a SecretString,
    /// The host that it is for, if it was named.
    pub host: Option<&'a str>,
}

/// A certificate that can be sent, and what was found while it was checked.
#[derive(Debug)]
pub struct Upload {
    /// The certificate itself, PEM.
    pub certificate: String,
    /// The certificates that lead on from it, PEM, each followed by its issuer; none where a root signed it.
    pub chain: Option<String>,
    /// The private key, PEM.
    pub key: SecretString,
    /// The certificate as a candidate for a registry; it has no ARN yet.
    pub candidate: Candidate,
    /// The certificate itself, DER: what tells it from others.
    pub der: CertificateDer<'static>,
    /// Who vouches for it.
    pub vouched: Vouched,
    /// What was put right.
    pub repairs: Vec<String>,
}

/// Reads and checks what was given; `roots` are those that this machine trusts, and `to` is where it would go.
///
/// # Errors
/// The first fault: of the files, of the key, of the certificate, of its chain, of its size.
pub fn prepare(given: &Given<'_>, roots: &RootCertStore, to: Source, now: Timestamp) -> Result<Upload, Fault> {
    let mut found = pem::certificates(given.certificate)?;
    if let Some(file) = given.chain {
        found.extend(pem::certificates(file)?);
    }
    let certificates = path::parse(&found)?;
    path::check_kind(&certificates[0])?;
    let key = Key::read(given.key_name, given.key)?;
    let Path { path, repairs } = path::order(&certificates, &key, given)?;
    let pem = |index: &usize| pem::write("CERTIFICATE", found[*index].der.as_ref());
    let certificate = pem(&path[0]);
    let chain = (path.len() > 1).then(|| path[1..].iter().map(pem).collect::<String>());
    let candidate = Candidate::from_iam("", given.certificate.name, &certificate, chain.as_deref());
    let host = given.host.map(str::to_owned).or_else(|| candidate.names.first().map(|name| name.replace('*', "any")));
    judge_alone(&candidate, host.as_deref().unwrap_or("any"), now).map_err(Fault::Unusable)?;
    let ders: Vec<CertificateDer<'static>> = path.iter().map(|index| found[*index].der.clone()).collect();
    let last = path.last().map_or(&certificates[0], |index| &certificates[*index]);
    let vouched = chain::vouched(&ders, last, host.as_deref().unwrap_or_default(), roots, now)?;
    limit::check(to, &certificate, chain.as_deref(), key.pem())?;
    let der = ders.into_iter().next().ok_or(Fault::NoCertificate(given.certificate.name.to_owned()))?;
    Ok(Upload { certificate, chain, key: key.into_pem(), candidate, der, vouched, repairs })
}

#[cfg(test)]
mod tests;
