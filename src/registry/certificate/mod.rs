//! A TLS certificate that a load balancer could serve for the registry: what it is, whom it covers, whether it
//! is usable. Pure: candidates are filled in by whoever asked IAM and ACM.

#[cfg(test)]
mod cases_tests;
mod choose;
mod cover;
mod key;
mod path;
mod pem;
mod place;
mod reason;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use serde::Serialize;

pub use choose::{Choice, Rejected, choose, judge, judge_alone, matching};
pub use cover::{Coverage, a_label, coverage};
pub use key::KeyKind;
pub use path::Client;
pub(in crate::registry) use path::is_authority_served;
pub use pem::{Parsed, Unreadable, parse};
pub(super) use pem::{common_name, key_kind};
pub use place::Place;
pub use reason::{Advantage, Rejection};

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
    /// Whether ACM renews it by itself: it does so with what Amazon issued, not with what was imported.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>
    pub renews: bool,
    /// Whether something serves it now; IAM does not say.
    pub in_use: Option<bool>,
    /// ARNs of what serves it, as far as they are known.
    pub used_by: Vec<String>,
    /// The certificate and what is stored beside it, leaf first; empty where the service keeps it to itself.
    #[serde(skip)]
    pub path: Vec<CertificateDer<'static>>,
}

impl Candidate {
    /// A candidate kept in IAM, from the PEM text that IAM returns.
    pub fn from_iam(arn: &str, name: &str, body: &str, chain: Option<&str>) -> Self {
        let unread = Self {
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
            renews: false,
            in_use: None,
            used_by: Vec::new(),
            path: Vec::new(),
        };
        unread.with_pem(body, chain)
    }

    /// The candidate as its own PEM text says.
    ///
    /// An unreadable text still makes a candidate, so that it can be listed with its reason.
    #[must_use]
    pub fn with_pem(mut self, body: &str, chain: Option<&str>) -> Self {
        match parse(body, chain) {
            Ok(parsed) => {
                self.names = parsed.names;
                self.common_name = parsed.common_name;
                self.not_before = Some(parsed.not_before);
                self.not_after = Some(parsed.not_after);
                self.key = parsed.key;
                self.issuer = Some(parsed.issuer);
                self.chain = parsed.chain;
                self.path = parsed.path;
            }
            Err(unreadable) => self.status = Status::Unreadable(unreadable.to_string()),
        }
        self
    }

    /// Whether it is kept for CloudFront: IAM tells those apart by their path.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs_manage.html>
    pub fn is_for_cloudfront(&self) -> bool {
        self.arn.contains(":server-certificate/cloudfront/")
    }

    /// What it is called, and where it is kept.
    pub fn label(&self) -> String {
        format!("{} in {}", self.name, self.source)
    }

    /// What its end means for its owner: none while it is far away.
    pub fn expiry_warning(&self, now: Timestamp) -> Option<String> {
        let days = self.days_left(now).filter(|days| *days < EXPIRES_SOON_DAYS)?;
        let when = match days {
            ..0 => "has expired".to_owned(),
            0 => "expires within a day".to_owned(),
            1 => "expires in 1 day".to_owned(),
            days => format!("expires in {days} days"),
        };
        let next = if self.renews {
            "ACM should have renewed it by now: see its renewal status with `aws acm describe-certificate`"
        } else {
            "give a new one to `dockreg up --certificate`"
        };
        Some(format!("the certificate {} {when}: {next}", self.label()))
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
