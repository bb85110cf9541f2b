//! Why a certificate is passed over, in one sentence each. Pure.

use jiff::Timestamp;
use serde::Serialize;

use super::KeyKind;

/// Why a certificate was passed over: the first of its faults in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// Its PEM text cannot be read.
    Unreadable(String),
    /// It has no subject alternative name, and clients do not read the common name.
    OnlyCommonName(Option<String>),
    /// It covers other names.
    OtherNames(Vec<String>),
    /// It is kept for CloudFront.
    ForCloudFront,
    /// Its validity ended.
    Expired(Timestamp),
    /// ACM has not issued it, or took it back.
    NotIssued(String),
    /// Its validity has not begun.
    NotYetValid(Timestamp),
    /// No load balancer serves such a key.
    Key(KeyKind),
    /// Its issuer is not stored beside it, and is no root that is known here.
    MissingChain(Option<String>),
    /// The certificates stored beside it did not issue it.
    BrokenChain(Option<String>),
    /// What is stored as an issuer, by its name, may not issue.
    NoAuthority(String),
    /// The validity of an issuer in its chain, by its name, ended.
    ChainExpired(String, Timestamp),
    /// The validity of an issuer in its chain, by its name, has not begun.
    ChainNotYetValid(String, Timestamp),
    /// It was not made for servers.
    OtherPurpose,
    /// It is signed by an algorithm that clients no longer take.
    WeakSignature,
    /// Its issuer, by its name, may not issue for these names.
    OutOfBounds(Option<String>),
    /// It is an authority's certificate, not a server's.
    ServesAuthority,
    /// TLS clients refuse it, in their words.
    Refused(String),
    /// It is usable, but this one is better, for this reason.
    Behind(String, Advantage),
}

/// What put one usable certificate before another; the order is that of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advantage {
    /// ACM renews it.
    Renews,
    /// Valid for longer.
    LaterExpiry,
    /// Names the host itself.
    Exact,
    /// Equal in all this: the ARN decides, so that every run chooses the same.
    Arn,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let day = |at: &Timestamp| at.strftime("%Y-%m-%d").to_string();
        let issuer = |name: &Option<String>| name.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
        match self {
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::OtherNames(names) => write!(f, "covers only {}", shortened(names)),
            Self::OnlyCommonName(Some(name)) => {
                write!(f, "names {name} only as common name; clients read subject alternative names")
            }
            Self::OnlyCommonName(None) => f.write_str("names no host"),
            Self::ForCloudFront => f.write_str("is kept for CloudFront, under the path /cloudfront/"),
            Self::NotIssued(status) => write!(f, "is {status} in ACM"),
            Self::Expired(at) => write!(f, "expired on {}", day(at)),
            Self::NotYetValid(from) => write!(f, "is not valid before {}", day(from)),
            Self::Key(kind) => {
                write!(f, "has a key of kind {kind}; use RSA 2048, 3072 or 4096, or ECDSA P-256, P-384 or P-521")
            }
            Self::MissingChain(name) => write!(
                f,
                "lacks its chain: its issuer{}, is neither stored with it nor a root known here",
                issuer(name)
            ),
            Self::BrokenChain(name) => write!(f, "its chain does not begin with its issuer{}", issuer(name)),
            Self::NoAuthority(name) => write!(f, "its chain holds {name}, which may not issue certificates"),
            Self::ChainExpired(name, at) => write!(f, "its issuer {name} expired on {}", day(at)),
            Self::ChainNotYetValid(name, from) => write!(f, "its issuer {name} is not valid before {}", day(from)),
            Self::OtherPurpose => f.write_str("was not made for TLS servers"),
            Self::WeakSignature => f.write_str("is signed by an algorithm that clients refuse, such as SHA-1"),
            Self::OutOfBounds(name) => write!(f, "its issuer{}, may not issue for its names", issuer(name)),
            Self::ServesAuthority => f.write_str("is an authority's own certificate, not a server's"),
            Self::Refused(why) => write!(f, "is refused by TLS clients: {why}"),
            Self::Behind(other, Advantage::Renews) => write!(f, "usable, but {other} renews by itself"),
            Self::Behind(other, Advantage::LaterExpiry) => write!(f, "usable, but {other} is valid for longer"),
            Self::Behind(other, Advantage::Exact) => write!(f, "usable, but {other} names the host itself"),
            Self::Behind(other, Advantage::Arn) => write!(f, "usable, but {other} serves as well and comes first"),
        }
    }
}

/// At most three names, then how many more.
fn shortened(names: &[String]) -> String {
    let shown = names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
