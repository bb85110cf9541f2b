//! Chooses the certificate for a host, with one reason for each that was passed over. Pure.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::{Advantage, Candidate, Client, Coverage, Rejection, Status, coverage, path};

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

/// Whether a certificate can serve the host to this client, and how it covers it.
pub fn judge(candidate: &Candidate, host: &str, client: &Client) -> Result<Coverage, Rejection> {
    let covers = judge_alone(candidate, host, client.now)?;
    path::check(candidate, client).map(|()| covers)
}

/// The same of the certificate alone, whatever is stored beside it.
pub fn judge_alone(candidate: &Candidate, host: &str, now: Timestamp) -> Result<Coverage, Rejection> {
    if let Status::Unreadable(why) = &candidate.status {
        return Err(Rejection::Unreadable(why.clone()));
    }
    if candidate.names.is_empty() {
        return Err(Rejection::OnlyCommonName(candidate.common_name.clone()));
    }
    let covers = coverage(&candidate.names, host).ok_or_else(|| Rejection::OtherNames(candidate.names.clone()))?;
    if candidate.is_for_cloudfront() {
        return Err(Rejection::ForCloudFront);
    }
    // Certificates count whole seconds, the last one included: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
    if let Some(end) = candidate.not_after.filter(|end| end.as_second() < now.as_second()) {
        return Err(Rejection::Expired(end));
    }
    if let Status::NotIssued(status) = &candidate.status {
        return Err(Rejection::NotIssued(status.clone()));
    }
    if let Some(start) = candidate.not_before.filter(|start| start.as_second() > now.as_second()) {
        return Err(Rejection::NotYetValid(start));
    }
    if !candidate.key.is_served() {
        return Err(Rejection::Key(candidate.key.clone()));
    }
    Ok(covers)
}

/// Chooses among the usable certificates: one that ACM renews before all others, then the one valid for longest, then one
/// that names the host before a wildcard, then by ARN.
pub fn choose<'a>(candidates: &'a [Candidate], host: &str, client: &Client) -> Choice<'a> {
    let judged: Vec<_> = candidates.iter().map(|candidate| (candidate, judge(candidate, host, client))).collect();
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
                let why = Rejection::Behind(best.0.label(), advantage(best, (candidate, covers)));
                Some(Rejected { candidate, why })
            }
            (Ok(_), None) => None,
        })
        .collect();
    Choice { chosen: best.map(|(candidate, _)| candidate), rejected }
}

/// The order of usable certificates, best first.
fn rank(candidate: &Candidate, covers: Coverage) -> (Reverse<bool>, Reverse<Option<Timestamp>>, Coverage, &str) {
    (Reverse(candidate.renews), Reverse(candidate.not_after), covers, &candidate.arn)
}

fn advantage(best: (&Candidate, Coverage), other: (&Candidate, Coverage)) -> Advantage {
    if best.0.renews != other.0.renews {
        Advantage::Renews
    } else if best.0.not_after != other.0.not_after {
        Advantage::LaterExpiry
    } else if best.1 != other.1 {
        Advantage::Exact
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
