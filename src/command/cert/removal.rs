//! Deletes one certificate that nothing uses: AWS refuses any other, and what uses it is said.

use std::time::Duration;

use tokio::time::Instant;

use crate::aws::{Aws, AwsCallError, CallKind, acm, elbv2, iam};
use crate::command::interrupt;
use crate::context::Context;
use crate::error::{Failure, Kind};
use crate::registry::certificate::{Candidate, Source};

/// AWS counts a certificate as used for minutes after a listener has let go of it.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/3866>, <https://github.com/genevieve/leftovers/issues/42>
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two tries, unless the user set an interval.
const PAUSE: Duration = Duration::from_secs(5);

/// What uses a certificate.
#[derive(Debug, Default)]
pub(super) struct Users {
    /// One line for each.
    pub(super) lines: Vec<String>,
    /// The stacks that some of them belong to.
    pub(super) stacks: Vec<String>,
}

/// Looks at what uses the certificate: the region's listeners, and what ACM knows of beyond them.
pub(super) async fn users(aws: &Aws, certificate: &Candidate) -> Result<Users, Failure> {
    let known = async {
        match certificate.source {
            Source::Acm => acm::users(aws, &certificate.arn).await.map(Option::unwrap_or_default),
            Source::Iam => Ok(Vec::new()),
        }
    };
    let (listeners, known) = tokio::join!(elbv2::certificate_users(aws, &certificate.arn), known);
    // Who may not look lets AWS refuse: it knows.
    let seen = |error: AwsCallError| if error.kind == CallKind::Denied { Ok(Vec::new()) } else { Err(error) };
    let listeners = listeners.or_else(|error| seen(error).map(|_| Vec::new()))?;
    let known = known.or_else(seen)?;
    let mut users = Users::default();
    for own in &listeners {
        users.lines.push(own.to_string());
        users.stacks.extend(own.stack.clone());
    }
    // A load balancer of this region without such a listener has only just let go of it.
    let unseen = known.into_iter().filter(|arn| !is_balancer(arn, aws.region()));
    users.lines.extend(unseen);
    Ok(users)
}

/// Refuses a certificate that is in use.
pub(super) async fn refuse_used(context: &Context, aws: &Aws, certificate: &Candidate) -> Result<(), Failure> {
    let users = users(aws, certificate).await?;
    if users.lines.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(Kind::Certificate, format!("the certificate {} is in use", certificate.name));
    let rotates = users.stacks.contains(&context.stack_name);
    Err(failure.cause(users.lines.join("\n")).hint(if rotates {
        format!("put another in its place first: {}", context.command_line("cert rotate"))
    } else {
        "give what uses it another certificate first, then repeat the command".to_owned()
    }))
}

/// Deletes the certificate. One that is gone meanwhile is deleted; a lost reply is looked into. Where AWS says that it is
/// in use, and nothing of this region is seen to use it, it is tried again for some minutes.
pub(super) async fn delete(context: &Context, aws: &Aws, certificate: &Candidate) -> Result<(), Failure> {
    let pause = context.timing.poll_interval.unwrap_or(PAUSE);
    let patience = Instant::now() + PATIENCE;
    let end = context.timing.deadline().map_or(patience, |deadline| deadline.min(patience));
    let mut told = false;
    loop {
        let deleted = match certificate.source {
            Source::Iam => iam::delete(aws, &certificate.name).await,
            Source::Acm => acm::delete(aws, &certificate.arn).await,
        };
        let error = match deleted {
            Ok(()) => return Ok(()),
            Err(error) if error.kind == CallKind::NotFound => return Ok(()),
            Err(error) if error.kind.is_passing() && is_gone(aws, certificate).await => return Ok(()),
            Err(error) => error,
        };
        if !(error.is("DeleteConflict") || error.is("ResourceInUseException")) {
            return Err(error.into());
        }
        refuse_used(context, aws, certificate).await?;
        let elsewhere = error.is("DeleteConflict") && !is_balancer(&error.message, aws.region());
        if elsewhere || Instant::now() >= end {
            return Err(still_used(error, certificate));
        }
        if !std::mem::replace(&mut told, true) {
            let text = "AWS still counts it as used, which it does for some minutes after a change: trying again";
            context.shell.note(text);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupt::interrupted() => return Err(interrupt::stopped()),
        }
    }
}

/// Whether the text names a load balancer of this region.
fn is_balancer(text: &str, region: &str) -> bool {
    text.contains(&format!(":elasticloadbalancing:{region}:"))
}

/// Whether it is gone; what cannot be seen is not.
async fn is_gone(aws: &Aws, certificate: &Candidate) -> bool {
    match certificate.source {
        Source::Iam => matches!(iam::server_certificate(aws, &certificate.name).await, Ok(None)),
        Source::Acm => matches!(acm::users(aws, &certificate.arn).await, Ok(None)),
    }
}

/// AWS's own words say by what.
fn still_used(error: AwsCallError, certificate: &Candidate) -> Failure {
    let mut failure = Failure::from(error);
    failure.kind = Kind::Certificate;
    failure.message = format!("the certificate {} is in use", certificate.name);
    failure.hint(format!("once nothing uses it: dockreg cert delete {}", certificate.arn))
}
