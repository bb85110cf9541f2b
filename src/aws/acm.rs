//! ACM: certificates of the region, with the names they cover.

mod import;
mod request;

use aws_sdk_acm::Client;
use aws_sdk_acm::types::{
    CertificateDetail, CertificateStatus, CertificateSummary, CertificateType, Filters, KeyAlgorithm,
};

use super::at_once::{self, Counter};
use super::{Aws, AwsCallError, CallKind};
use crate::registry::certificate::{Candidate, Chain, KeyKind, Source, Status, a_label, coverage};

pub use import::{body, delete, import, users};
pub use request::{Requested, request, requested};

/// How closely certificates are looked at; the list alone has no chains, and of users only whether there are some.
#[derive(Debug, Clone, Copy)]
pub enum Look<'a> {
    /// Closely enough to choose one for a host, or one that is named.
    Choosing(&'a [&'a str]),
    /// Every one, and who uses it.
    Everything,
}

/// Every certificate of the region.
pub async fn certificates(aws: &Aws, look: Look<'_>, counter: &Counter) -> Result<Vec<Candidate>, AwsCallError> {
    let client = Client::new(aws.config());
    let (mut found, mut closer) = (Vec::new(), Vec::new());
    let mut token = None;
    loop {
        // Without naming every key type ACM lists RSA_1024 and RSA_2048 only:
        // https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
        let every_type = KeyAlgorithm::values().iter().map(|word| KeyAlgorithm::from(*word));
        let filters = Filters::builder().set_key_types(Some(every_type.collect())).build();
        let answer = client.list_certificates().includes(filters).set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListCertificates", error))?;
        for summary in page.certificate_summary_list() {
            let listed = Listed::of(summary);
            if listed.needs(look) { closer.push(listed) } else { found.push(listed.candidate) }
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    let everything = matches!(look, Look::Everything);
    let seen = at_once::each(closer, counter, |listed| listed.seen(client.clone(), everything)).await?;
    found.extend(seen.into_iter().flatten());
    found.sort_by(|one, other| (&one.name, &one.arn).cmp(&(&other.name, &other.arn)));
    Ok(found)
}

/// The certificate of this ARN, if it exists.
pub async fn certificate(aws: &Aws, arn: &str) -> Result<Option<Candidate>, AwsCallError> {
    let client = Client::new(aws.config());
    let Some(detail) = describe(&client, arn).await? else { return Ok(None) };
    let listed = Listed { candidate: candidate_of(&detail), more_names: false };
    listed.seen(client, false).await
}

/// A certificate as the list tells it.
struct Listed {
    candidate: Candidate,
    /// Whether it has names that the list leaves out: it carries a hundred.
    more_names: bool,
}

impl Listed {
    fn of(summary: &CertificateSummary) -> Self {
        let domain = summary.domain_name().unwrap_or_default();
        let mut candidate = blank(summary.certificate_arn().unwrap_or_default(), domain, summary.r#type());
        let names = ascii(summary.subject_alternative_name_summaries());
        candidate.names = if names.is_empty() { ascii(&[domain.to_owned()]) } else { names };
        candidate.not_before = summary.not_before().and_then(super::timestamp);
        candidate.not_after = summary.not_after().and_then(super::timestamp);
        candidate.key = key_of(summary.key_algorithm());
        candidate.status = status_of(summary.status());
        candidate.in_use = summary.in_use();
        Self { candidate, more_names: summary.has_additional_subject_alternative_names().unwrap_or(false) }
    }

    /// Whether the list says too little of it.
    fn needs(&self, look: Look<'_>) -> bool {
        let own = &self.candidate;
        match look {
            Look::Everything => self.more_names || self.has_pem() || own.in_use == Some(true),
            Look::Choosing(wanted) => {
                let meant =
                    |text: &&str| own.arn == **text || own.name == **text || coverage(&own.names, text).is_some();
                self.more_names || (self.has_pem() && wanted.iter().any(meant))
            }
        }
    }

    /// Whether its chain is somebody else's work than Amazon's, and can be fetched.
    fn has_pem(&self) -> bool {
        !self.candidate.renews && self.candidate.not_after.is_some()
    }

    /// Looks at it closely; `None` when it was deleted since it was listed.
    async fn seen(mut self, client: Client, users: bool) -> Result<Option<Candidate>, AwsCallError> {
        let names = self.more_names && !self.has_pem();
        if names || (users && self.candidate.in_use == Some(true)) {
            match describe(&client, &self.candidate.arn).await {
                Ok(Some(detail)) => {
                    self.candidate.names = ascii(detail.subject_alternative_names());
                    self.candidate.used_by = detail.in_use_by().to_vec();
                }
                Ok(None) => return Ok(None),
                // Who may not see the users sees that there are some.
                Err(error) if error.kind == CallKind::Denied && !names => {}
                Err(error) => return Err(error),
            }
        }
        if self.has_pem() { with_pem(&client, self.candidate).await } else { Ok(Some(self.candidate)) }
    }
}

fn candidate_of(detail: &CertificateDetail) -> Candidate {
    let domain = detail.domain_name().unwrap_or_default();
    let mut candidate = blank(detail.certificate_arn().unwrap_or_default(), domain, detail.r#type());
    candidate.names = ascii(detail.subject_alternative_names());
    candidate.not_before = detail.not_before().and_then(super::timestamp);
    candidate.not_after = detail.not_after().and_then(super::timestamp);
    candidate.key = key_of(detail.key_algorithm());
    candidate.status = status_of(detail.status());
    candidate.used_by = detail.in_use_by().to_vec();
    candidate.in_use = Some(!candidate.used_by.is_empty());
    candidate
}

/// A certificate of which only this is known.
fn blank(arn: &str, domain: &str, kind: Option<&CertificateType>) -> Candidate {
    let renews = kind == Some(&CertificateType::AmazonIssued);
    Candidate {
        arn: arn.to_owned(),
        name: domain.to_owned(),
        source: Source::Acm,
        names: Vec::new(),
        common_name: None,
        not_before: None,
        not_after: None,
        key: KeyKind::Other("unknown".to_owned()),
        issuer: renews.then(|| "Amazon".to_owned()),
        chain: Chain::Complete,
        status: Status::Issued,
        renews,
        in_use: None,
        used_by: Vec::new(),
        path: Vec::new(),
    }
}

fn key_of(algorithm: Option<&KeyAlgorithm>) -> KeyKind {
    algorithm.map_or_else(|| KeyKind::Other("unknown".to_owned()), |own| KeyKind::from_acm(own.as_str()))
}

fn status_of(status: Option<&CertificateStatus>) -> Status {
    match status {
        None | Some(CertificateStatus::Issued) => Status::Issued,
        Some(other) => Status::NotIssued(other.as_str().to_owned()),
    }
}

async fn describe(client: &Client, arn: &str) -> Result<Option<CertificateDetail>, AwsCallError> {
    const OPERATION: &str = "DescribeCertificate";
    let answer = client.describe_certificate().certificate_arn(arn).send().await;
    match answer.map_err(|error| AwsCallError::of(OPERATION, error)) {
        Ok(output) => output.certificate.map(Some).ok_or_else(|| AwsCallError::incomplete(OPERATION, "Certificate")),
        Err(error) if error.kind == CallKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds what the certificate itself and its chain say. Who may not fetch them keeps what the list said.
async fn with_pem(client: &Client, candidate: Candidate) -> Result<Option<Candidate>, AwsCallError> {
    let answer = client.get_certificate().certificate_arn(&candidate.arn).send().await;
    match answer.map_err(|error| AwsCallError::of("GetCertificate", error)) {
        Ok(output) => Ok(Some(match output.certificate() {
            Some(body) => candidate.with_pem(body, output.certificate_chain()),
            None => candidate,
        })),
        Err(error) if error.kind == CallKind::NotFound => Ok(None),
        Err(error) if error.kind == CallKind::Denied || error.is("RequestInProgressException") => Ok(Some(candidate)),
        Err(error) => Err(error),
    }
}

fn ascii(names: &[String]) -> Vec<String> {
    names.iter().map(|name| a_label(name).unwrap_or_else(|| name.to_ascii_lowercase())).collect()
}
