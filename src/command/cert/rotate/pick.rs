//! Which certificate comes next: the one that was named, or the best that fits the host.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::Run;
use crate::aws::{Aws, AwsCallError, CallKind, Counter, acm, iam};
use crate::error::{Failure, Kind};
use crate::registry::certificate::{Candidate, choose, matching};

/// Certificates of IAM and ACM. Who may not list one of the two still gets the other.
pub(super) async fn candidates(run: &Run<'_>) -> Result<Vec<Candidate>, Failure> {
    let wanted: Vec<&str> = std::iter::once(run.host.as_str()).chain(run.args.certificate.as_deref()).collect();
    let (nobody, unseen) = (Counter::default(), Counter::default());
    let look = acm::Look::Choosing(&wanted);
    let denied = |error: &AwsCallError| error.kind == CallKind::Denied;
    match tokio::join!(iam::certificates(&run.aws, &nobody), acm::certificates(&run.aws, look, &unseen)) {
        (Ok(mut all), Ok(more)) => {
            all.extend(more);
            Ok(all)
        }
        (Ok(some), Err(error)) | (Err(error), Ok(some)) if denied(&error) => Ok(some),
        (Err(error), _) | (_, Err(error)) => Err(error.into()),
    }
}

/// Picks the next certificate.
pub(super) fn pick<'a>(run: &Run<'_>, all: &'a [Candidate]) -> Result<&'a Candidate, Failure> {
    let host = &run.host;
    let considered: Vec<Candidate> = match &run.args.certificate {
        Some(wanted) => matching(all, wanted).into_iter().cloned().collect(),
        None => all.to_vec(),
    };
    let choice = choose(&considered, host.as_str(), &run.client);
    if let Some(chosen) = choice.chosen
        && let Some(own) = all.iter().find(|own| own.arn == chosen.arn)
    {
        return Ok(own);
    }
    let reasons: Vec<String> =
        choice.rejected.iter().map(|other| format!("{} {}", other.candidate.label(), other.why)).collect();
    let message = match &run.args.certificate {
        Some(wanted) if reasons.is_empty() => format!("no certificate is or covers {wanted:?}"),
        Some(wanted) => format!("certificate {wanted:?} cannot serve {host}"),
        None => format!("no certificate fits {host}"),
    };
    let hint = format!(
        "upload one: dockreg cert upload --cert FILE --key FILE --domain {host}; see what there is: dockreg cert list \
         --domain {host}"
    );
    let failure = Failure::new(Kind::Certificate, message).hint(hint);
    Err(if reasons.is_empty() { failure } else { failure.cause(reasons.join("; ")) })
}

/// Whether two are the same certificate, kept in two places.
pub(super) async fn are_same(aws: &Aws, one: &Candidate, other: &Candidate) -> Result<bool, Failure> {
    if one.not_after.map(|end| end.as_second()) != other.not_after.map(|end| end.as_second()) {
        return Ok(false);
    }
    let (one, other) = tokio::try_join!(leaf(aws, one), leaf(aws, other))?;
    Ok(one.is_some() && one == other)
}

/// The certificate itself; `None` when it cannot be had.
pub(super) async fn leaf(aws: &Aws, own: &Candidate) -> Result<Option<CertificateDer<'static>>, AwsCallError> {
    if let Some(leaf) = own.path.first() {
        return Ok(Some(leaf.clone()));
    }
    // What Amazon issued is listed without its text.
    let body = acm::body(aws, &own.arn).await?;
    Ok(body.and_then(|body| CertificateDer::from_pem_slice(body.as_bytes()).ok()))
}
