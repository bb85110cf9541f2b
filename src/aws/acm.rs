//! ACM: certificates of the region, with the names they cover.

mod import;
mod request;

use aws_sdk_acm::types::{CertificateStatus, CertificateSummary, CertificateType, Filters, KeyAlgorithm};

use super::{Aws, AwsCallError};
use crate::registry::certificate::{Candidate, Chain, KeyKind, Source, Status, a_label};

pub use import::{body, delete, import, users};
pub use request::{Requested, request, requested};

/// Every certificate of the region.
pub async fn certificates(aws: &Aws) -> Result<Vec<Candidate>, AwsCallError> {
    let client = aws_sdk_acm::Client::new(aws.config());
    let mut found = Vec::new();
    let mut token = None;
    loop {
        // Without naming every key type ACM lists RSA_1024 and RSA_2048 only:
        // https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
        let every_type = KeyAlgorithm::values().iter().map(|word| KeyAlgorithm::from(*word));
        let filters = Filters::builder().set_key_types(Some(every_type.collect())).build();
        let answer = client.list_certificates().includes(filters).set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListCertificates", error))?;
        for summary in page.certificate_summary_list() {
            let mut candidate = candidate_of(summary);
            if summary.has_additional_subject_alternative_names().unwrap_or(false) {
                candidate.names = all_names(&client, &candidate.arn).await?;
            }
            found.push(candidate);
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

fn candidate_of(summary: &CertificateSummary) -> Candidate {
    let domain = summary.domain_name().unwrap_or_default();
    let mut names = ascii(summary.subject_alternative_name_summaries());
    if names.is_empty() && !domain.is_empty() {
        names = ascii(&[domain.to_owned()]);
    }
    let issued_by_amazon = summary.r#type() == Some(&CertificateType::AmazonIssued);
    Candidate {
        arn: summary.certificate_arn().unwrap_or_default().to_owned(),
        name: domain.to_owned(),
        source: Source::Acm,
        names,
        common_name: None,
        not_before: summary.not_before().and_then(super::timestamp),
        not_after: summary.not_after().and_then(super::timestamp),
        key: summary
            .key_algorithm()
            .map_or_else(|| KeyKind::Other("unknown".to_owned()), |own| KeyKind::from_acm(own.as_str())),
        issuer: issued_by_amazon.then(|| "Amazon".to_owned()),
        chain: Chain::Complete,
        status: match summary.status() {
            None | Some(CertificateStatus::Issued) => Status::Issued,
            Some(other) => Status::NotIssued(other.as_str().to_owned()),
        },
        in_use: summary.in_use(),
    }
}

/// A summary carries a hundred names; the description carries all.
async fn all_names(client: &aws_sdk_acm::Client, arn: &str) -> Result<Vec<String>, AwsCallError> {
    const OPERATION: &str = "DescribeCertificate";
    let answer = client.describe_certificate().certificate_arn(arn).send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    Ok(output.certificate().map(|own| ascii(own.subject_alternative_names())).unwrap_or_default())
}

fn ascii(names: &[String]) -> Vec<String> {
    names.iter().map(|name| a_label(name).unwrap_or_else(|| name.to_ascii_lowercase())).collect()
}
