//! Sends a certificate to ACM or IAM; a lost reply is looked into before it is called a failure.

use std::time::Duration;

use super::twin::{in_acm, is_same};
use super::{CertUploadArgs, Store};
use crate::aws::{Aws, AwsCallError, acm, iam};
use crate::error::{Failure, Kind};
use crate::registry::certificate::Candidate;
use crate::registry::upload::Upload;

/// How often an import is tried whose reply is lost and which did not count: as often as the SDK tries other calls.
const TRIES: u32 = 3;
/// Between two tries, unless the user set an interval.
const PAUSE: Duration = Duration::from_secs(1);
/// So many names are tried: host and day, and numbers behind them.
const NAMES: u32 = 20;

/// Sends it; returns what it became, and whether it is new.
pub(super) async fn send(
    aws: &Aws,
    upload: &Upload,
    args: &CertUploadArgs,
    poll_interval: Option<Duration>,
) -> Result<(Candidate, bool), Failure> {
    match args.to {
        Store::Acm => {
            let arn =
                import(aws, upload, poll_interval.unwrap_or(PAUSE)).await.map_err(|error| refused(error, args))?;
            let name = upload.candidate.names.first().cloned().unwrap_or_default();
            let source = args.to.source();
            Ok((Candidate { arn, name, source, ..upload.candidate.clone() }, true))
        }
        Store::Iam => to_iam(aws, upload, args).await,
    }
}

/// Imports into ACM. What looks like trouble on the way may have counted: it is looked for before the next try.
async fn import(aws: &Aws, upload: &Upload, pause: Duration) -> Result<String, AwsCallError> {
    let mut tries = 1;
    loop {
        let sent = acm::import(aws, &upload.certificate, upload.chain.as_deref(), &upload.key).await;
        let error = match sent {
            Ok(arn) => return Ok(arn),
            Err(error) if error.kind.is_passing() => error,
            Err(error) => return Err(error),
        };
        tokio::time::sleep(pause).await;
        match in_acm(aws, upload).await {
            Ok(Some(found)) => return Ok(found.arn),
            Ok(None) if tries < TRIES => tries += 1,
            // Not knowing is no reason to make a second one.
            Ok(None) | Err(_) => return Err(error),
        }
    }
}

async fn to_iam(aws: &Aws, upload: &Upload, args: &CertUploadArgs) -> Result<(Candidate, bool), Failure> {
    let names: Vec<String> = match &args.name {
        Some(name) => vec![name.clone()],
        None => names(upload).collect(),
    };
    for name in &names {
        let new = iam::NewServerCertificate {
            name,
            certificate: &upload.certificate,
            chain: upload.chain.as_deref(),
            key: &upload.key,
        };
        let error = match iam::upload(aws, &new).await {
            Ok(arn) => return Ok((Candidate { arn, name: name.clone(), ..upload.candidate.clone() }, true)),
            Err(error) => error,
        };
        let taken = error.is("EntityAlreadyExists");
        if !taken && !error.kind.is_passing() {
            return Err(refused(error, args));
        }
        // A repetition of an upload whose reply was lost is told that the name is taken: by itself.
        match iam::server_certificate(aws, name).await {
            Ok(Some((found, body))) if is_same(&body, upload) => return Ok((found, true)),
            Ok(Some(_)) if taken => {}
            _ => return Err(refused(error, args)),
        }
    }
    let name = names.first().cloned().unwrap_or_default();
    Err(Failure::new(Kind::Input, format!("IAM has another certificate named {name}; nothing was uploaded"))
        .hint("give this one another name with --name NAME; see what there is: dockreg cert list"))
}

/// Host and last day, then the same with a number.
fn names(upload: &Upload) -> impl Iterator<Item = String> {
    let host = upload.candidate.names.first().map_or("certificate", String::as_str).replace('*', "wildcard");
    let host: String = host.chars().take(100).collect();
    let day = upload.candidate.not_after.map(|end| end.strftime("-%Y-%m-%d").to_string()).unwrap_or_default();
    (1..=NAMES).map(move |number| if number == 1 { format!("{host}{day}") } else { format!("{host}{day}-{number}") })
}

fn refused(error: AwsCallError, args: &CertUploadArgs) -> Failure {
    let full = error.is("LimitExceeded") || error.is("LimitExceededException");
    let failure = Failure::from(error);
    match args.to {
        _ if !full => failure,
        Store::Iam => {
            failure.hint("delete one that nothing uses: dockreg cert delete NAME; or keep it in ACM: --to acm")
        }
        Store::Acm => {
            failure.hint("delete one that nothing uses: dockreg cert delete ARN; or keep it in IAM: --to iam")
        }
    }
}
