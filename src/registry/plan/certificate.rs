//! The plan's certificate: chosen for the host, or the stack's own.

use serde::Serialize;

use super::{Draft, Observed, host_changes};
use crate::error::{Failure, Kind};
use crate::registry::certificate::{self, Candidate, Rejection};
use crate::registry::names::HostName;
use crate::registry::template::parameter;
use crate::registry::zone::Zone;
use crate::settings::{Source, UpSettings};
use crate::stack::Stack;

/// The chosen certificate, and why the others were not.
#[derive(Clone, Debug, Serialize)]
pub struct ChosenCertificate {
    /// The certificate.
    pub chosen: Candidate,
    /// The others; those that cover the host first.
    pub rejected: Vec<PassedOver>,
}

/// A certificate that was not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// Its ARN.
    pub arn: String,
    /// What it is called, and where it is kept.
    pub label: String,
    /// The one reason.
    pub why: String,
}

impl std::fmt::Display for PassedOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.label, self.why)
    }
}

/// So many certificates are told of with their reasons; further ones are counted.
pub const TOLD: usize = 8;

/// ACM takes no longer name as the first of a certificate:
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
const LONGEST_NAME: usize = 64;

/// No certificate fits, and one could be requested.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The registry's host name.
    pub host: HostName,
    /// The zone in which the request can be validated; `None` when its record is for the user to make.
    pub zone: Option<Zone>,
    /// What a private zone that holds the host means for it.
    pub warning: Option<String>,
    /// What is said when none is requested.
    pub failure: Failure,
}

/// Whether a certificate would have to be requested. Fails where the zone is in doubt, or the name too long for ACM.
pub fn missing(settings: &UpSettings, observed: &Observed) -> Result<Option<Missing>, Failure> {
    let stack = observed.stack.as_ref().filter(|stack| stack.status.is_updatable());
    let host = super::host(settings, stack)?;
    if settings.certificate.is_some() || stack.is_some_and(|stack| !host_changes(stack, &host)) {
        return Ok(None);
    }
    let choice = certificate::choose(&observed.certificates, host.as_str(), &observed.client);
    if choice.chosen.is_some() {
        return Ok(None);
    }
    let failure = none_fits(settings, &host, &reasons(&choice));
    if host.as_str().len() > LONGEST_NAME {
        return Err(
            failure.hint(format!("upload one: ACM issues none for a name of more than {LONGEST_NAME} characters"))
        );
    }
    let zone = super::zone::find(settings, observed, &host).map_err(|problem| super::zone::failure(&problem))?;
    let warning = super::zone::hidden(settings, observed, zone, &host);
    Ok(Some(Missing { warning, zone: zone.cloned(), host, failure }))
}

pub(super) fn choose(
    settings: &UpSettings,
    observed: &Observed,
    stack: Option<&Stack>,
    host: &HostName,
    draft: &mut Draft,
) -> Result<Option<ChosenCertificate>, Failure> {
    if settings.certificate.is_none() && stack.is_some_and(|stack| !host_changes(stack, host)) {
        draft.warnings.extend(observed.served.as_ref().and_then(|own| own.expiry_warning(observed.client.now)));
        return Ok(None);
    }
    if let Some((wanted, why)) =
        settings.certificate.as_ref().and_then(|wanted| Some((wanted, observed.place.cannot_reach(wanted)?)))
    {
        let failure = Failure::new(Kind::Certificate, format!("certificate {wanted} cannot serve {host}")).cause(why);
        return Err(failure.hint(format!("see which certificates fit: dockreg cert list --domain {host}")));
    }
    let considered: Vec<Candidate> = match &settings.certificate {
        Some(wanted) => certificate::matching(&observed.certificates, wanted).into_iter().cloned().collect(),
        None => observed.certificates.clone(),
    };
    let choice = certificate::choose(&considered, host.as_str(), &observed.client);
    let rejected = reasons(&choice);
    let Some(chosen) = choice.chosen else {
        let zone = super::zone::find(settings, observed, host);
        if settings.certificate.is_none() && settings.request_certificate && matches!(zone, Ok(Some(_))) {
            draft.set(parameter::SSL_CERTIFICATE, "", Source::Default);
            return Ok(None);
        }
        return Err(none_fits(settings, host, &rejected));
    };
    draft.warnings.extend(chosen.expiry_warning(observed.client.now));
    if !observed.client.trusts(chosen) {
        let issuer = chosen.issuer.as_deref().unwrap_or("an unknown issuer");
        draft.warnings.push(format!(
            "{} is signed by {issuer}, whom this machine does not trust: name the issuer's own certificate with --ca-file, \
             or the registry cannot be proven to work; every Docker client needs it too",
            chosen.label()
        ));
    }
    let source = if settings.certificate.is_some() { Source::Flag } else { Source::Found };
    draft.set(parameter::SSL_CERTIFICATE, chosen.arn.clone(), source);
    Ok(Some(ChosenCertificate { chosen: chosen.clone(), rejected }))
}

/// Those that cover the host stand first: their reasons say more.
fn reasons(choice: &certificate::Choice<'_>) -> Vec<PassedOver> {
    let (others, covering): (Vec<_>, Vec<_>) =
        choice.rejected.iter().partition(|other| matches!(other.why, Rejection::OtherNames(_)));
    let told = |other: &certificate::Rejected<'_>| PassedOver {
        arn: other.candidate.arn.clone(),
        label: other.candidate.label(),
        why: other.why.to_string(),
    };
    covering.into_iter().chain(others).map(told).collect()
}

fn none_fits(settings: &UpSettings, host: &HostName, rejected: &[PassedOver]) -> Failure {
    let mut reasons: Vec<String> = rejected.iter().take(TOLD).map(PassedOver::to_string).collect();
    if let more @ 1.. = rejected.len().saturating_sub(TOLD) {
        reasons.push(format!("and {more} more"));
    }
    let message = match &settings.certificate {
        Some(wanted) if rejected.is_empty() => format!("no certificate is or covers {wanted:?}"),
        Some(wanted) => format!("certificate {wanted:?} cannot serve {host}"),
        None => format!("no certificate covers {host}"),
    };
    let cause = if reasons.is_empty() {
        match &settings.certificate {
            Some(_) => "none in IAM, and none in ACM in this region, has this ARN, this name or covers this host",
            None => "there is none in IAM, and none in ACM in this region",
        }
        .to_owned()
    } else {
        reasons.join("; ")
    };
    let hint = match &settings.certificate {
        Some(_) => format!("see which certificates fit, and why not the others: dockreg cert list --domain {host}"),
        None => format!(
            "have one requested from ACM: dockreg up --domain {host} --request-certificate; or upload one: \
             dockreg cert upload --cert FILE --key FILE; `dockreg cert list --domain {host}` shows what there is"
        ),
    };
    Failure::new(Kind::Certificate, message).cause(cause).hint(hint)
}
