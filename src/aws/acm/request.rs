//! ACM: a certificate asked for, and how far it is.

use std::collections::BTreeMap;

use aws_sdk_acm::types::{CertificateDetail, Tag, ValidationMethod};

use super::{Aws, AwsCallError};
use crate::registry::validation::ValidationRecord;

/// How far a requested certificate is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Requested {
    /// Its ARN.
    pub arn: String,
    /// ACM's word: `PENDING_VALIDATION`, `ISSUED`, `FAILED` …
    pub status: String,
    /// ACM's word for why it failed.
    pub reason: Option<String>,
    /// The records that ACM waits for, each once; empty for some seconds after the request.
    pub records: Vec<ValidationRecord>,
}

/// Asks for a certificate that is validated by DNS. Within an hour the same token gives the same certificate.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
pub async fn request(
    aws: &Aws,
    host: &str,
    token: &str,
    tags: &BTreeMap<String, String>,
) -> Result<String, AwsCallError> {
    const OPERATION: &str = "RequestCertificate";
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Vec<Tag> =
        tags.iter().map(tag).collect::<Result<_, _>>().map_err(|error| AwsCallError::unsendable(OPERATION, &error))?;
    let call = aws_sdk_acm::Client::new(aws.config()).request_certificate().domain_name(host);
    let call = call.validation_method(ValidationMethod::Dns).idempotency_token(token).set_tags(Some(tags));
    let answer = call.send().await.map_err(|error| AwsCallError::of(OPERATION, error))?;
    answer.certificate_arn().map(str::to_owned).ok_or_else(|| AwsCallError::incomplete(OPERATION, "CertificateArn"))
}

/// Looks how far a requested certificate is.
pub async fn requested(aws: &Aws, arn: &str) -> Result<Requested, AwsCallError> {
    const OPERATION: &str = "DescribeCertificate";
    let answer = aws_sdk_acm::Client::new(aws.config()).describe_certificate().certificate_arn(arn).send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    let detail = output.certificate().ok_or_else(|| AwsCallError::incomplete(OPERATION, "Certificate"))?;
    Ok(Requested {
        arn: arn.to_owned(),
        status: detail.status().map_or("unknown", |status| status.as_str()).to_owned(),
        reason: detail.failure_reason().map(|reason| reason.as_str().to_owned()),
        records: records(detail),
    })
}

/// A name and its wildcard have one record.
fn records(detail: &CertificateDetail) -> Vec<ValidationRecord> {
    let mut found: Vec<ValidationRecord> = Vec::new();
    for record in detail.domain_validation_options().iter().filter_map(|option| option.resource_record()) {
        let record = ValidationRecord {
            name: record.name().to_owned(),
            kind: record.r#type().as_str().to_owned(),
            value: record.value().to_owned(),
        };
        if !found.contains(&record) {
            found.push(record);
        }
    }
    found
}
