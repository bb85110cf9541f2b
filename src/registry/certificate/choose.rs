//! Chooses the certificate for a host, with one reason for each that was passed over. Pure.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;

use super::{Candidate, Chain, Coverage, KeyKind, Source, Status, coverage};

/// The outcome of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// The best usable certificate, if there is one.
    pub chosen: Option<&'a Candidate>,
    /// Every other candidate with its reason, in the given order.
    pub rejected: Vec<Rejected<'a>>,
}

/// A candidate that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected<'a> {
    /// The candidate.
    pub candidate: &'a Candidate,
    /// Why.
    pub why: Rejection,
}

/// Why a certificate was passed over: the first of its faults in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// Its PEM text cannot be read.
    Unreadable(String),
    /// It covers other names.
    OtherNames(Vec<String>),
    /// It has no subject alternative name, and clients do not read the common name.
    OnlyCommonName(Option<String>),
    /// ACM has not issued it, or took it back.
    NotIssued(String),
    /// Its validity ended.
    Expired(Timestamp),
    /// Its validity has not begun.
    NotYetValid(Timestamp),
    /// No load balancer serves such a key.
    Key(KeyKind),
    /// The certificates stored beside it did not issue it.
    BrokenChain(Option<String>),
    /// It is usable, but this one is better, for this reason.
    Behind(String, Advantage),
}

/// What put one usable certificate before another; the order is that of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advantage {
    /// Names the host itself.
    Exact,
    /// Valid for longer.
    LaterExpiry,
    /// Kept in ACM, which renews it.
    Renews,
    /// Equal in all this: the ARN decides, so that every run chooses the same.
    Arn,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::OtherNames(names) => write!(f, "covers only {}", shortened(names)),
            Self::OnlyCommonName(Some(name)) => {
                write!(f, "names {name} only as common name; clients read subject alternative names")
            }
            Self::OnlyCommonName(None) => f.write_str("names no host"),
            Self::NotIssued(status) => write!(f, "is {status} in ACM"),
            Self::Expired(at) => write!(f, "expired on {}", at.strftime("%Y-%m-%d")),
            Self::NotYetValid(from) => write!(f, "is not valid before {}", from.strftime("%Y-%m-%d")),
            Self::Key(kind) => {
                write!(f, "has a key of kind {kind}; use RSA 2048 to 4096 or ECDSA P-256, P-384 or P-521")
            }
            Self::BrokenChain(Some(issuer)) => write!(f, "its chain does not begin with its issuer, {issuer}"),
            Self::BrokenChain(None) => f.write_str("its chain does not begin with its issuer"),
            Self::Behind(other, Advantage::Exact) => write!(f, "usable, but {other} names the host itself"),
            Self::Behind(other, Advantage::LaterExpiry) => write!(f, "usable, but {other} is valid for longer"),
            Self::Behind(other, Advantage::Renews) => write!(f, "usable, but {other} renews by itself"),
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

/// Whether a certificate can serve the host now, and how it covers it.
pub fn judge(candidate: &Candidate, host: &str, now: Timestamp) -> Result<Coverage, Rejection> {
    if let Status::Unreadable(why) = &candidate.status {
        return Err(Rejection::Unreadable(why.clone()));
    }
    if candidate.names.is_empty() {
        return Err(Rejection::OnlyCommonName(candidate.common_name.clone()));
    }
    let covers = coverage(&candidate.names, host).ok_or_else(|| Rejection::OtherNames(candidate.names.clone()))?;
    if let Some(end) = candidate.not_after.filter(|end| *end <= now) {
        return Err(Rejection::Expired(end));
    }
    if let Status::NotIssued(status) = &candidate.status {
        return Err(Rejection::NotIssued(status.clone()));
    }
    if let Some(start) = candidate.not_before.filter(|start| *start > now) {
        return Err(Rejection::NotYetValid(start));
    }
    if !candidate.key.is_served() {
        return Err(Rejection::Key(candidate.key.clone()));
    }
    if candidate.chain == Chain::Broken {
        return Err(Rejection::BrokenChain(candidate.issuer.clone()));
    }
    Ok(covers)
}

/// Chooses among the usable certificates: one that names the host before a wildcard, then the one valid for
/// longest, then ACM before IAM, then by ARN.
pub fn choose<'a>(candidates: &'a [Candidate], host: &str, now: Timestamp) -> Choice<'a> {
    let judged: Vec<_> = candidates.iter().map(|candidate| (candidate, judge(candidate, host, now))).collect();
    let best = judged
        .iter()
        .filter_map(|(candidate, verdict)| verdict.as_ref().ok().map(|covers| (*candidate, *covers)))
        .min_by_key(|(candidate, covers)| rank(candidate, *covers));
    let rejected = judged
        .into_iter()
        .filter(|(candidate, _)| best.is_none_or(|(chosen, _)| !std::ptr::eq(chosen, *candidate)))
        .filter_map(|(candidate, verdict)| match (verdict, best) {
            (Err(why), _) => Some(Rejected { candidate, why }),
            (Ok(covers), Some(best)) => {
                let why = Rejection::Behind(best.0.name.clone(), advantage(best, (candidate, covers)));
                Some(Rejected { candidate, why })
            }
            (Ok(_), None) => None,
        })
        .collect();
    Choice { chosen: best.map(|(candidate, _)| candidate), rejected }
}

/// The order of usable certificates, best first.
fn rank(candidate: &Candidate, covers: Coverage) -> (Coverage, Reverse<Option<Timestamp>>, Reverse<Source>, &str) {
    (covers, Reverse(candidate.not_after), Reverse(candidate.source), &candidate.arn)
}

fn advantage(best: (&Candidate, Coverage), other: (&Candidate, Coverage)) -> Advantage {
    if best.1 != other.1 {
        Advantage::Exact
    } else if best.0.not_after != other.0.not_after {
        Advantage::LaterExpiry
    } else if best.0.source != other.0.source {
        Advantage::Renews
    } else {
        Advantage::Arn
    }
}

/// The certificates that `--certificate` may mean: by ARN, by name, or by a host name they cover.
///
/// An ARN or a name that fits wins over host names, so that a name that looks like a host stays usable.
pub fn matching<'a>(candidates: &'a [Candidate], wanted: &str) -> Vec<&'a Candidate> {
    let named: Vec<_> =
        candidates.iter().filter(|candidate| candidate.arn == wanted || candidate.name == wanted).collect();
    if !named.is_empty() {
        return named;
    }
    candidates.iter().filter(|candidate| coverage(&candidate.names, wanted).is_some()).collect()
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
