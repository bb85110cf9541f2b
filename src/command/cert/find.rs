//! Finds the certificates that a name or an ARN means, in IAM and in ACM.

use crate::aws::{Aws, AwsCallError, Counter, acm, iam};
use crate::error::{Failure, Kind};
use crate::registry::certificate::Candidate;

/// Every certificate of that ARN, or of that name: IAM's own, or a main domain name in ACM.
pub(super) async fn find(aws: &Aws, wanted: &str) -> Result<Vec<Candidate>, Failure> {
    // arn:PARTITION:SERVICE:REGION:ACCOUNT:…
    let parts: Vec<&str> = wanted.splitn(6, ':').collect();
    if let ["arn", _, service, region, ..] = parts[..] {
        return match service {
            "iam" => {
                let named = in_iam(aws, wanted.rsplit('/').next().unwrap_or_default()).await?;
                Ok(named.into_iter().filter(|own| own.arn == wanted).collect())
            }
            "acm" if region == aws.region() => {
                Ok(listed(aws).await?.into_iter().filter(|own| own.arn == wanted).collect())
            }
            "acm" => {
                Err(Failure::new(Kind::Input, format!("that certificate is in {region}, not in {}", aws.region()))
                    .hint(format!("add --region {region}")))
            }
            _ => Err(Failure::new(Kind::Input, format!("{wanted} is no certificate"))
                .hint("see what there is: dockreg cert list")),
        };
    }
    let (named, in_acm) = tokio::try_join!(in_iam(aws, wanted), async { Ok(listed(aws).await?) })?;
    let is_it = |own: &Candidate| own.name.eq_ignore_ascii_case(wanted);
    Ok(named.into_iter().chain(in_acm.into_iter().filter(is_it)).collect())
}

async fn listed(aws: &Aws) -> Result<Vec<Candidate>, AwsCallError> {
    acm::certificates(aws, acm::Look::Choosing(&[]), &Counter::default()).await
}

async fn in_iam(aws: &Aws, name: &str) -> Result<Option<Candidate>, Failure> {
    // IAM takes no other question: a wildcard, for one, can only be a name in ACM.
    if iam::is_name(name) { Ok(iam::server_certificate(aws, name).await?.map(|(own, _)| own)) } else { Ok(None) }
}

/// A certificate in a line: name, service, until when, ARN.
pub(super) fn line(own: &Candidate) -> String {
    let end = own.not_after.map(|end| end.strftime(", until %Y-%m-%d").to_string()).unwrap_or_default();
    format!("{} in {}{end}: {}", own.name, own.source, own.arn)
}
