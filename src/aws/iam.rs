//! IAM: server certificates. Its list carries no host names, so each certificate is fetched and its PEM read.

mod server_certificate;

use aws_sdk_iam::Client;

use super::at_once::{self, Counter};
use super::{Aws, AwsCallError};
use crate::registry::certificate::Candidate;

pub use server_certificate::{NewServerCertificate, delete, is_name, names_ending_at, server_certificate, upload};

/// Every server certificate of the account, by name; those for CloudFront too.
pub async fn certificates(aws: &Aws, counter: &Counter) -> Result<Vec<Candidate>, AwsCallError> {
    let client = Client::new(aws.config());
    let mut names = Vec::new();
    let mut marker = None;
    loop {
        let answer = client.list_server_certificates().set_marker(marker).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListServerCertificates", error))?;
        let metadata = page.server_certificate_metadata_list().iter();
        names.extend(metadata.map(|own| own.server_certificate_name().to_owned()));
        marker = page.marker().filter(|_| page.is_truncated()).map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    let found = at_once::each(names, counter, |name| {
        let client = client.clone();
        async move { server_certificate::get(&client, &name).await }
    });
    let mut found: Vec<_> = found.await?.into_iter().flatten().map(|(candidate, _)| candidate).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// The certificate of this ARN, if it exists.
pub async fn certificate(aws: &Aws, arn: &str) -> Result<Option<Candidate>, AwsCallError> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let found = server_certificate(aws, name).await?;
    Ok(found.map(|(candidate, _)| candidate).filter(|own| own.arn == arn))
}
