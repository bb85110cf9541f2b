//! IAM: server certificates. Its list carries no host names, so each certificate is fetched and its PEM read.

mod server_certificate;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Aws, AwsCallError};
use crate::registry::certificate::Candidate;

pub use server_certificate::{NewServerCertificate, delete, names_ending_at, server_certificate, upload};

/// How many certificates are fetched at once.
const AT_ONCE: usize = 8;

/// Every server certificate that a load balancer could use; those under `/cloudfront/` it cannot.
pub async fn certificates(aws: &Aws) -> Result<Vec<Candidate>, AwsCallError> {
    let client = aws_sdk_iam::Client::new(aws.config());
    let mut names = Vec::new();
    let mut marker = None;
    loop {
        let answer = client.list_server_certificates().set_marker(marker).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListServerCertificates", error))?;
        let usable =
            page.server_certificate_metadata_list().iter().filter(|own| !own.path().starts_with("/cloudfront/"));
        names.extend(usable.map(|own| own.server_certificate_name().to_owned()));
        marker = page.marker().filter(|_| page.is_truncated()).map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut fetching = JoinSet::new();
    for name in names {
        let (client, permits) = (client.clone(), Arc::clone(&permits));
        fetching.spawn(async move {
            let _permit = permits.acquire_owned().await;
            server_certificate::get(&client, &name).await
        });
    }
    let mut found = Vec::new();
    while let Some(fetched) = fetching.join_next().await {
        let fetched = fetched.map_err(|_| AwsCallError::incomplete("GetServerCertificate", "its end"))??;
        found.extend(fetched.map(|(candidate, _)| candidate));
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}
