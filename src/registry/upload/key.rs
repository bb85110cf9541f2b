//! The private key: read, compared with certificates, and never shown. Pure.

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};

use super::{Fault, Format, pem};

/// A private key that a load balancer can serve.
#[derive(Debug)]
pub(super) struct Key {
    /// PEM with nothing but the key in it: `openssl ecparam` puts its parameters before it, others write remarks.
    pem: SecretString,
    /// The public half, as certificates carry it.
    public: Vec<u8>,
}

/// Takes over the content of a key's file. What is no text is no PEM, and is wiped.
pub fn secret(name: &str, bytes: Vec<u8>) -> Result<SecretString, Fault> {
    let format = Format::of_bytes(&bytes);
    match (format, String::from_utf8(bytes)) {
        (None, Ok(text)) => Ok(SecretString::from(text)),
        (format, text) => {
            text.map_or_else(|error| error.into_bytes().zeroize(), |mut text| text.zeroize());
            Err(Fault::KeyFormat { file: name.to_owned(), format: format.unwrap_or(Format::None) })
        }
    }
}

impl Key {
    /// Reads a key in PKCS#8, PKCS#1 or SEC1 form.
    pub(super) fn read(name: &str, text: &SecretString) -> Result<Self, Fault> {
        let text = text.expose_secret();
        let unreadable = |format| Fault::KeyFormat { file: name.to_owned(), format };
        // PKCS#8 says so in its label, the older forms in a header below it.
        if text.contains("ENCRYPTED") {
            return Err(Fault::KeyEncrypted(name.to_owned()));
        }
        if text.contains("BEGIN OPENSSH PRIVATE KEY") {
            return Err(unreadable(Format::OpenSsh));
        }
        match text.matches("PRIVATE KEY-----").count() {
            0 if text.contains("-----BEGIN CERTIFICATE") => return Err(Fault::CertificateAsKey(name.to_owned())),
            0 => return Err(unreadable(Format::None)),
            // One line begins a key, one ends it.
            1 | 2 => {}
            _ => return Err(Fault::SeveralKeys(name.to_owned())),
        }
        // What the parser says could quote the key.
        let der = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| unreadable(Format::Damaged))?;
        let signing = any_supported_type(&der).map_err(|_| Fault::KeyNotServed(name.to_owned()))?;
        let public = signing.public_key().ok_or_else(|| Fault::KeyNotServed(name.to_owned()))?;
        let label = match &der {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        let public = public.as_ref().to_vec();
        let pem = SecretString::from(pem::write(label, der.secret_der()));
        let mut der = der;
        der.zeroize();
        Ok(Self { pem, public })
    }

    /// Whether it belongs to this public key, the DER of a `SubjectPublicKeyInfo`.
    pub(super) fn belongs_to(&self, public: &[u8]) -> bool {
        self.public == public
    }

    /// The key as it is sent.
    pub(super) fn pem(&self) -> &SecretString {
        &self.pem
    }

    pub(super) fn into_pem(self) -> SecretString {
        self.pem
    }
}
