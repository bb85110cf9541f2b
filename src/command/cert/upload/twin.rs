//! Looks whether a certificate is in the account already, in either service: by its end, then by its very bytes.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::aws::{Aws, AwsCallError, CallKind, Counter, acm, iam};
use crate::error::Failure;
use crate::registry::certificate::{Candidate, Source};
use crate::registry::upload::Upload;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Twin {
    /// The same certificate.
    pub(super) found: Option<Candidate>,
    /// Where it could not be looked for.
    pub(super) warnings: Vec<String>,
}

/// Looks for the same certificate. Who may not look in one of the services is warned.
pub(super) async fn find(aws: &Aws, upload: &Upload) -> Result<Twin, Failure> {
    let (in_iam, in_acm) = tokio::join!(in_iam(aws, upload), in_acm(aws, upload));
    let mut twin = Twin::default();
    // Where it would be asked for first, it is found first.
    for (source, looked) in [(Source::Acm, in_acm), (Source::Iam, in_iam)] {
        match looked {
            Ok(found) => twin.found = twin.found.or(found),
            Err(error) if error.kind == CallKind::Denied => {
                twin.warnings.push(format!("whether it is in {source} already is not seen: {}", error.message));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(twin)
}

/// The same certificate in IAM.
pub(super) async fn in_iam(aws: &Aws, upload: &Upload) -> Result<Option<Candidate>, AwsCallError> {
    let Some(end) = upload.candidate.not_after else { return Ok(None) };
    for name in iam::names_ending_at(aws, end.as_second()).await? {
        let found = iam::server_certificate(aws, &name).await?;
        if let Some((candidate, _)) = found.filter(|(_, body)| is_same(body, upload)) {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// The same certificate in ACM.
pub(super) async fn in_acm(aws: &Aws, upload: &Upload) -> Result<Option<Candidate>, AwsCallError> {
    let end = upload.candidate.not_after.map(|end| end.as_second());
    for candidate in acm::certificates(aws, acm::Look::Choosing(&[]), &Counter::default()).await? {
        if candidate.not_after.map(|end| end.as_second()) != end {
            continue;
        }
        let body = acm::body(aws, &candidate.arn).await?;
        if body.is_some_and(|body| is_same(&body, upload)) {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// Whether PEM text holds the certificate that is to be uploaded.
pub(super) fn is_same(body: &str, upload: &Upload) -> bool {
    CertificateDer::from_pem_slice(body.as_bytes()).is_ok_and(|der| der == upload.der)
}
