//! Why a certificate is not sent, and what to type next. Pure; nothing here quotes a private key.

use thiserror::Error;

use crate::registry::certificate::{Rejection, Source};

/// What a file is in place of PEM certificates or a PEM key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// DER, or PKCS#12: binary.
    Der,
    /// PKCS#7 in PEM form.
    Pkcs7,
    /// A request for a certificate.
    Request,
    /// OpenSSL's own form with trust settings.
    Trusted,
    /// OpenSSH's own form of a private key.
    OpenSsh,
    /// PEM that is cut off or changed.
    Damaged,
    /// Nothing that is known.
    None,
}

impl Format {
    /// Recognises binary forms: every one of them begins as an ASN.1 sequence.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        matches!(bytes, [0x30, 0x80..=0x84, ..]).then_some(Self::Der)
    }

    /// Recognises other PEM forms by their label.
    pub(super) fn of_label(label: &str) -> Option<Self> {
        match label {
            "PKCS7" | "CMS" => Some(Self::Pkcs7),
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Some(Self::Request),
            "TRUSTED CERTIFICATE" => Some(Self::Trusted),
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Der => "is binary (DER or PKCS#12), not PEM",
            Self::Pkcs7 => "is a PKCS#7 bundle",
            Self::Request => "is a request for a certificate, not the certificate that the CA made of it",
            Self::Trusted => "is in OpenSSL's form with trust settings",
            Self::OpenSsh => "is in OpenSSH's form",
            Self::Damaged => "is damaged: its PEM text cannot be read",
            Self::None => "holds no PEM text that is known here",
        }
    }
}

/// Why a certificate is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A file of certificates has another form.
    #[error("{file} {}", format.words())]
    Format {
        /// The file.
        file: String,
        /// What it is.
        format: Format,
    },
    /// The key has another form.
    #[error("the private key in {file} {}", format.words())]
    KeyFormat {
        /// The file.
        file: String,
        /// What it is.
        format: Format,
    },
    /// A PEM block of some other kind.
    #[error("{file} holds a {label}, not only certificates")]
    OtherKind {
        /// The file.
        file: String,
        /// The block's label.
        label: String,
    },
    /// No certificate in a file.
    #[error("there is no certificate in {0}")]
    NoCertificate(String),
    /// PEM or DER that cannot be read.
    #[error("a certificate in {file} cannot be read: {why}")]
    Broken {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// A key in a file of certificates.
    #[error("{0} holds a private key beside certificates")]
    KeyAmongCertificates(String),
    /// A certificate in place of the key.
    #[error("{0} holds a certificate, not the private key")]
    CertificateAsKey(String),
    /// More than one key.
    #[error("{0} holds more than one private key")]
    SeveralKeys(String),
    /// An encrypted key.
    #[error("the private key in {0} is encrypted, and AWS takes no encrypted one")]
    KeyEncrypted(String),
    /// A key of a kind or size that cannot be served.
    #[error("the private key in {0} is none that a load balancer serves")]
    KeyNotServed(String),
    /// The key belongs to something else.
    #[error("the private key in {key} does not belong to the certificate in {certificate}")]
    Mismatch {
        /// The certificate's file.
        certificate: String,
        /// The key's file.
        key: String,
    },
    /// The certificate cannot serve.
    #[error("the certificate {0}")]
    Unusable(Rejection),
    /// The chain ends too early.
    #[error("the chain is incomplete: {issuer}, which issued {of}, is missing")]
    Incomplete {
        /// Who is missing.
        issuer: String,
        /// Whom it issued.
        of: String,
        /// Where it can be had.
        url: Option<String>,
    },
    /// Clients would not accept it.
    #[error("clients would not accept the certificate: {0}")]
    NotAccepted(String),
    /// More bytes than the service takes.
    #[error("the {what} has {size} bytes, and {to} takes at most {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its bytes.
        size: usize,
        /// The most that are taken.
        limit: usize,
        /// By whom.
        to: Source,
    },
}

impl Fault {
    /// What to type next.
    #[must_use]
    pub fn cure(&self) -> String {
        match self {
            Self::Format { file, format: Format::Der } => format!(
                "a .pfx or .p12: openssl pkcs12 -in {file} -nokeys -out certificate.pem; anything else: openssl x509 \
                 -inform DER -in {file} -out certificate.pem"
            ),
            Self::Format { file, format: Format::Pkcs7 } => {
                format!("openssl pkcs7 -print_certs -in {file} -out certificate.pem")
            }
            Self::Format { file, format: Format::Trusted } => format!("openssl x509 -in {file} -out certificate.pem"),
            Self::Format { .. } | Self::NoCertificate(_) | Self::Broken { .. } => {
                "name the PEM file from your CA that begins with -----BEGIN CERTIFICATE-----".to_owned()
            }
            Self::OtherKind { file, .. } | Self::KeyAmongCertificates(file) => format!(
                "keep the certificates alone: openssl crl2pkcs7 -nocrl -certfile {file} | openssl pkcs7 -print_certs \
                 -out certificate.pem"
            ),
            Self::KeyFormat { file, format: Format::Der } => format!(
                "a .pfx or .p12: (umask 077; openssl pkcs12 -in {file} -nocerts -nodes -out key.pem); anything else: \
                 (umask 077; openssl pkey -inform DER -in {file} -out key.pem)"
            ),
            Self::KeyFormat { file, format: Format::OpenSsh } => {
                format!("change a copy of it in place: ssh-keygen -p -N '' -m PEM -f {file}")
            }
            Self::KeyFormat { .. } | Self::CertificateAsKey(_) | Self::SeveralKeys(_) => {
                "name the PEM file that holds the private key and no other".to_owned()
            }
            Self::KeyEncrypted(file) => {
                format!("(umask 077; openssl pkey -in {file} -out key.pem), then --key key.pem")
            }
            Self::KeyNotServed(_) => {
                "have the certificate issued for a key of RSA 2048 to 4096 or ECDSA P-256, P-384 or P-521".to_owned()
            }
            Self::Mismatch { .. } => {
                "name the key that the certificate was requested with; a key's public half: openssl pkey -in KEY \
                 -pubout; a certificate's: openssl x509 -in CERT -pubkey -noout"
                    .to_owned()
            }
            Self::Unusable(_) | Self::NotAccepted(_) => {
                "get another certificate from your CA, or have ACM issue one: dockreg up --domain HOST \
                 --request-certificate"
                    .to_owned()
            }
            Self::Incomplete { url: Some(url), .. } => format!(
                "get it: curl -s {url} | openssl x509 -inform DER -out chain.pem; then add --chain chain.pem; is it a \
                 CA of your own, name its root with --ca-file"
            ),
            Self::Incomplete { url: None, .. } => {
                "name the file with the CA's chain: --chain FILE; is it a CA of your own, its root with --ca-file"
                    .to_owned()
            }
            Self::TooLarge { to: Source::Acm, what: "private key", .. } => "upload it to IAM: --to iam".to_owned(),
            Self::TooLarge { to: Source::Iam, what: "certificate", .. } => "upload it to ACM: --to acm".to_owned(),
            Self::TooLarge { .. } => "have the certificate issued with fewer names, or a shorter chain".to_owned(),
        }
    }
}
