//! A TLS certificate that a load balancer could serve for the registry: what it is, whom it covers, whether it
//! is usable. Pure: candidates are filled in by whoever asked IAM and ACM.

mod choose;
mod cover;
mod pem;

use jiff::Timestamp;
use serde::Serialize;

pub use choose::{Choice, Rejected, Rejection, choose, judge, matching};
pub use cover::{Coverage, a_label, coverage};
pub use pem::{Parsed, Unreadable, parse};
pub(super) use pem::{common_name, key_kind};

/// From this many days before the end on, a certificate is worth a warning.
pub const EXPIRES_SOON_DAYS: i64 = 30;

/// One certificate of the account that might serve the registry's host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The ARN a listener takes.
    pub arn: String,
    /// What the owner calls it: the IAM server certificate's name, or ACM's main domain name.
    pub name: String,
    /// Where it is kept.
    pub source: Source,
    /// DNS names of the subject alternative names, lower case, international labels in their ASCII form.
    pub names: Vec<String>,
    /// The subject's common name, which clients no longer read; kept to explain a rejection.
    pub common_name: Option<String>,
    /// First moment of validity, where known.
    pub not_before: Option<Timestamp>,
    /// Last moment of validity; ACM has none before the certificate is issued.
    pub not_after: Option<Timestamp>,
    /// The kind and size of its key.
    pub key: KeyKind,
    /// Who signed it, where known.
    pub issuer: Option<String>,
    /// Whether clients can follow it to a root.
    pub chain: Chain,
    /// Whether it can be put on a listener at all.
    pub status: Status,
    /// Whether something serves it now; IAM does not say.
    pub in_use: Option<bool>,
}

impl Candidate {
    /// A candidate kept in IAM, from the PEM text that IAM returns.
    ///
    /// An unreadable body still makes a candidate, so that it can be listed with its reason.
    pub fn from_iam(arn: &str, name: &str, body: &str, chain: Option<&str>) -> Self {
        let mut candidate = Self {
            arn: arn.to_owned(),
            name: name.to_owned(),
            source: Source::Iam,
            names: Vec::new(),
            common_name: None,
            not_before: None,
            not_after: None,
            key: KeyKind::Other("unknown".to_owned()),
            issuer: None,
            chain: Chain::Absent,
            status: Status::Issued,
            in_use: None,
        };
        match parse(body, chain) {
            Ok(parsed) => {
                candidate.names = parsed.names;
                candidate.common_name = parsed.common_name;
                candidate.not_before = Some(parsed.not_before);
                candidate.not_after = Some(parsed.not_after);
                candidate.key = parsed.key;
                candidate.issuer = Some(parsed.issuer);
                candidate.chain = parsed.chain;
            }
            Err(unreadable) => candidate.status = Status::Unreadable(unreadable.to_string()),
        }
        candidate
    }

    /// Whole days until it expires, negative once it has; none where the end is not known.
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        let seconds = self.not_after?.as_second() - now.as_second();
        Some(seconds.div_euclid(24 * 3600))
    }

    /// Whether it is valid now but for less than [`EXPIRES_SOON_DAYS`].
    pub fn expires_soon(&self, now: Timestamp) -> bool {
        self.days_left(now).is_some_and(|days| (0..EXPIRES_SOON_DAYS).contains(&days))
    }
}

/// Where a certificate is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// An uploaded IAM server certificate: its owner renews it.
    Iam,
    /// AWS Certificate Manager: an issued one renews by itself.
    Acm,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Iam => "IAM",
            Self::Acm => "ACM",
        })
    }
}

/// The kind of a certificate's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// RSA with this many bits.
    Rsa(u32),
    /// ECDSA on the NIST curve of this many bits.
    Ecdsa(u32),
    /// Anything else, as it calls itself.
    Other(String),
}

impl KeyKind {
    /// Reads ACM's name of a key algorithm, `RSA_2048` or `EC_prime256v1` (also seen with hyphens).
    pub fn from_acm(name: &str) -> Self {
        match name.replace('-', "_").as_str() {
            "EC_prime256v1" => Self::Ecdsa(256),
            "EC_secp384r1" => Self::Ecdsa(384),
            "EC_secp521r1" => Self::Ecdsa(521),
            other => match other.strip_prefix("RSA_").and_then(|bits| bits.parse().ok()) {
                Some(bits) => Self::Rsa(bits),
                None => Self::Other(name.to_owned()),
            },
        }
    }

    /// Whether an application load balancer serves it and today's clients accept it.
    ///
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html>
    pub fn is_served(&self) -> bool {
        match self {
            Self::Rsa(bits) => (2048..=4096).contains(bits),
            Self::Ecdsa(bits) => matches!(bits, 256 | 384 | 521),
            Self::Other(_) => false,
        }
    }
}

impl std::fmt::Display for KeyKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ecdsa(bits) => write!(f, "ECDSA P-{bits}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// Whether the certificates stored beside this one lead a client on towards a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// Every certificate is followed by its issuer, or ACM looks after it.
    Complete,
    /// It signed itself: only clients that were given it will trust it.
    SelfSigned,
    /// Nothing is stored beside it: fine only if a root signed it directly.
    Absent,
    /// What is stored beside it did not issue it, or is out of order.
    Broken,
}

/// Whether a certificate can be put on a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It can.
    Issued,
    /// ACM says something else, such as `PENDING_VALIDATION`.
    NotIssued(String),
    /// Its PEM text cannot be read, for this reason.
    Unreadable(String),
}
