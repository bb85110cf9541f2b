//! Everything `status` reads, at once. What the credentials may not look at is left out with its reason.

use jiff::Timestamp;
use serde::Serialize;

use crate::aws::autoscaling::{self, Group};
use crate::aws::elbv2::{self, LoadBalancer, Target};
use crate::aws::{Aws, AwsCallError, CallKind, route53};
use crate::cli::StatusArgs;
use crate::command::operator_password;
use crate::command::up::certificate;
use crate::error::Failure;
use crate::registry::certificate::Candidate;
use crate::registry::names::OPERATOR;
use crate::registry::template::{output, parameter};
use crate::registry::verify::{Probe, Record, Trust, Verification, verify};
use crate::stack::Stack;

/// A part of the registry: as it is, not there (yet), or not to be seen with these credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part<T> {
    /// As it is.
    Known(T),
    /// There is none.
    Missing,
    /// The credentials may not look, in AWS's words.
    Hidden(String),
}

impl<T> Part<T> {
    /// The part itself, where known.
    pub(super) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing | Self::Hidden(_) => None,
        }
    }
}

/// Everything `status` found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Where it was looked.
    pub(super) region: String,
    /// The stack.
    pub(super) stack: Stack,
    /// The group of nodes.
    pub(super) group: Part<Group>,
    /// The nodes as the load balancer sees them.
    pub(super) targets: Part<Vec<Target>>,
    /// The load balancer.
    pub(super) load_balancer: Part<LoadBalancer>,
    /// The certificate it serves.
    pub(super) certificate: Part<Candidate>,
    /// The name servers of the zone that the stack's record is in.
    pub(super) name_servers: Part<Vec<String>>,
    /// Whether the registry answers.
    pub(super) verification: Part<Verification>,
    /// The time of the look.
    pub(super) now: Timestamp,
}

/// Looks at everything that the stack names.
pub(super) async fn look(aws: &Aws, stack: Stack, args: &StatusArgs, trust: Trust) -> Result<Found, Failure> {
    let (group, targets, load_balancer, certificate, name_servers) = tokio::try_join!(
        part(stack.output(output::NODES_GROUP_NAME), |name| autoscaling::group(aws, name)),
        part(stack.output(output::TARGET_GROUP_ARN), async |arn| elbv2::targets(aws, arn).await.map(Some)),
        part(stack.output(output::LOAD_BALANCER_ARN), |arn| elbv2::load_balancer(aws, arn)),
        part(stack.output(output::LOAD_BALANCER_ARN), |arn| served_certificate(aws, arn)),
        part(stack.parameter(parameter::DNS_ZONE_ID), async |id| route53::name_servers(aws, id).await.map(Some)),
    )?;
    let verification = verification(aws, &stack, &load_balancer, &name_servers, args, trust).await?;
    Ok(Found {
        region: aws.region().to_owned(),
        stack,
        group,
        targets,
        load_balancer,
        certificate,
        name_servers,
        verification,
        now: Timestamp::now(),
    })
}

/// One part by its id; a refusal hides it, any other failure ends the look.
async fn part<'a, T, F>(id: Option<&'a str>, ask: impl FnOnce(&'a str) -> F) -> Result<Part<T>, Failure>
where
    F: Future<Output = Result<Option<T>, AwsCallError>>,
{
    let Some(id) = id else { return Ok(Part::Missing) };
    match ask(id).await {
        Ok(Some(value)) => Ok(Part::Known(value)),
        Ok(None) => Ok(Part::Missing),
        Err(error) if error.kind == CallKind::NotFound => Ok(Part::Missing),
        Err(error) if error.kind == CallKind::Denied => Ok(Part::Hidden(error.message)),
        Err(error) => Err(error.into()),
    }
}

/// The certificate on the HTTPS listener, found where its ARN says it is kept.
async fn served_certificate(aws: &Aws, load_balancer: &str) -> Result<Option<Candidate>, AwsCallError> {
    let Some(arn) = elbv2::listener_certificate(aws, load_balancer).await? else { return Ok(None) };
    certificate(aws, &arn).await
}

/// Asks the registry itself, as soon as it has a host, a load balancer and a password.
async fn verification(
    aws: &Aws,
    stack: &Stack,
    load_balancer: &Part<LoadBalancer>,
    name_servers: &Part<Vec<String>>,
    args: &StatusArgs,
    trust: Trust,
) -> Result<Part<Verification>, Failure> {
    let (Some(host), Some(load_balancer)) = (stack.host(), load_balancer.known()) else { return Ok(Part::Missing) };
    if stack.output(output::OPERATOR_SECRET_ARN).is_none() {
        return Ok(Part::Missing);
    }
    let password = match operator_password(aws, stack).await {
        Ok(password) => password,
        Err(failure) if failure.kind == crate::error::Kind::Denied => return Ok(Part::Hidden(failure.to_string())),
        Err(failure) => return Err(failure),
    };
    let record = match (stack.parameter(parameter::DNS_ZONE), name_servers.known()) {
        (Some(zone), Some(name_servers)) => Record::Zone { name: zone.to_owned(), name_servers: name_servers.clone() },
        _ => Record::Elsewhere,
    };
    let probe = Probe {
        host: host.to_string(),
        load_balancer: load_balancer.dns_name.clone(),
        internal: stack.parameter(parameter::LOAD_BALANCER_SCHEME) == Some("internal"),
        record,
        connect_to: args.probe.connect_to.clone(),
        trust,
        user: OPERATOR.to_owned(),
        password,
    };
    Ok(Part::Known(verify(&probe).await))
}
