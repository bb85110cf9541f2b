//! The plan's certificate: chosen for the host, or the stack's own.

use serde::Serialize;

use super::{Draft, Observed, host_changes};
use crate::error::{Failure, Kind};
use crate::registry::certificate::{self, Candidate};
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
    /// The others: name and reason.
    pub rejected: Vec<(String, String)>,
}

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
    let choice = certificate::choose(&observed.certificates, host.as_str(), observed.now);
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
        return Ok(None);
    }
    let considered: Vec<Candidate> = match &settings.certificate {
        Some(wanted) => certificate::matching(&observed.certificates, wanted).into_iter().cloned().collect(),
        None => observed.certificates.clone(),
    };
    let choice = certificate::choose(&considered, host.as_str(), observed.now);
    let rejected = reasons(&choice);
    let Some(chosen) = choice.chosen else {
        let zone = super::zone::find(settings, observed, host);
        if settings.certificate.is_none() && settings.request_certificate && matches!(zone, Ok(Some(_))) {
            draft.set(parameter::SSL_CERTIFICATE, "", Source::Default);
            return Ok(None);
        }
        return Err(none_fits(settings, host, &rejected));
    };
    if chosen.expires_soon(observed.now) {
        let days = chosen.days_left(observed.now).unwrap_or_default();
        draft.warnings.push(format!("certificate {} expires in {days} days", chosen.name));
    }
    let source = if settings.certificate.is_some() { Source::Flag } else { Source::Found };
    draft.set(parameter::SSL_CERTIFICATE, chosen.arn.clone(), source);
    Ok(Some(ChosenCertificate { chosen: chosen.clone(), rejected }))
}

fn reasons(choice: &certificate::Choice<'_>) -> Vec<(String, String)> {
    choice.rejected.iter().map(|other| (other.candidate.name.clone(), other.why.to_string())).collect()
}

fn none_fits(settings: &UpSettings, host: &HostName, rejected: &[(String, String)]) -> Failure {
    let reasons: Vec<String> = rejected.iter().map(|(name, why)| format!("{name} {why}")).collect();
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
            "have one requested from ACM: dockreg up --domain {host} --request-certificate; or upload one with \
             `aws iam upload-server-certificate`; `dockreg cert list --domain {host}` shows what there is"
        ),
    };
    Failure::new(Kind::Certificate, message).cause(cause).hint(hint)
}
