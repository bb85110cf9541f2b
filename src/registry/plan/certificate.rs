//! The plan's certificate: chosen for the host, or the stack's own.

use serde::Serialize;

use super::{Draft, Observed, host_changes};
use crate::error::{Failure, Kind};
use crate::registry::certificate::{self, Candidate};
use crate::registry::names::HostName;
use crate::registry::template::parameter;
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
    let rejected: Vec<(String, String)> =
        choice.rejected.iter().map(|other| (other.candidate.name.clone(), other.why.to_string())).collect();
    let Some(chosen) = choice.chosen else {
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
    Failure::new(Kind::Certificate, message).cause(cause).hint(format!(
        "request one with `aws acm request-certificate --domain-name {host} --validation-method DNS`, or upload one with \
         `aws iam upload-server-certificate`; `dockreg cert list --domain {host}` shows what there is"
    ))
}
