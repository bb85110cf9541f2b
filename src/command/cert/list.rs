//! `dockreg cert list`: certificates of IAM and ACM side by side, and whether each can serve a host. Changes nothing.

mod listing;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::aws::{Aws, AwsCallError, CallKind, Counter, acm, elbv2, iam};
use crate::cli::CertListArgs;
use crate::command::{Outcome, interrupt, trust_with};
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::certificate::{Candidate, Client};
use crate::registry::names::HostName;
use listing::Listing;

/// Lists the certificates.
pub async fn run(context: &Context, args: &CertListArgs) -> Result<Outcome, Failure> {
    let host = args.domain.as_deref().map(str::parse::<HostName>).transpose();
    let host = host.map_err(|why| Failure::new(Kind::Usage, why).hint("--domain docker.example.com"))?;
    let trust = trust_with(args.ca_file.as_deref())?;
    let aws = context.aws().await?;
    let (certificates, warnings) = interrupt::or_stop(counted(context, &aws)).await?;
    let client = Client { now: Timestamp::now(), roots: Arc::clone(trust.roots()) };
    let listing = Listing::new(certificates, host, client);
    let place = aws.region();
    Ok(Outcome { data: listing.data(place), text: listing.text(context, place), warnings, failure: None })
}

/// Reads the certificates and shows meanwhile how many it has.
async fn counted(context: &Context, aws: &Aws) -> Result<(Vec<Candidate>, Vec<String>), Failure> {
    let counter = Counter::default();
    let mut counts = counter.subscribe();
    let tally = context.shell.tally("reading certificates and load balancers");
    let mut reading = std::pin::pin!(certificates(aws, &counter));
    loop {
        tokio::select! {
            read = &mut reading => return read,
            Ok(()) = counts.changed() => {
                let count = *counts.borrow_and_update();
                tally.show(count.done, count.of);
            }
        }
    }
}

/// Certificates of both services at once, and what the region's load balancers serve; who may not look at one of these
/// is warned and gets the rest.
async fn certificates(aws: &Aws, counter: &Counter) -> Result<(Vec<Candidate>, Vec<String>), Failure> {
    let (in_iam, in_acm, served) = tokio::join!(
        iam::certificates(aws, counter),
        acm::certificates(aws, acm::Look::Everything, counter),
        elbv2::served_certificates(aws, counter)
    );
    let denied = |error: &AwsCallError| error.kind == CallKind::Denied;
    let (mut all, mut warnings) = match (in_iam, in_acm) {
        (Ok(mut all), Ok(more)) => {
            all.extend(more);
            (all, Vec::new())
        }
        (Ok(some), Err(error)) if denied(&error) => (some, vec![unlisted("ACM", &error)]),
        (Err(error), Ok(some)) if denied(&error) => (some, vec![unlisted("IAM", &error)]),
        (Err(error), _) | (_, Err(error)) => return Err(error.into()),
    };
    let mut served = match served {
        Ok(served) => served,
        Err(error) if denied(&error) => {
            warnings.push(format!("what load balancers serve is not seen: {}", error.message));
            BTreeMap::new()
        }
        Err(error) => return Err(error.into()),
    };
    for own in &mut all {
        for user in served.remove(&own.arn).unwrap_or_default() {
            own.in_use = Some(true);
            if !own.used_by.contains(&user) {
                own.used_by.push(user);
            }
        }
    }
    Ok((all, warnings))
}

fn unlisted(service: &str, error: &AwsCallError) -> String {
    format!("certificates in {service} are not listed: {}", error.message)
}
