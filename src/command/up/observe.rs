//! Everything `up` reads from AWS before it decides: the stack first, then all that its state makes necessary, at once.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::RootCertStore;

use super::{bucket, machine};
use crate::aws::{
    Aws, AwsCallError, CallKind, Counter, acm, cloudformation, ec2, iam, route53, s3, service_quotas, sts,
};
use crate::error::{Failure, Kind};
use crate::registry::certificate::{Candidate, Client, Place};
use crate::registry::names::{HostName, STACK_TAG, bucket_prefix};
use crate::registry::plan::{Limits, Observed};
use crate::registry::template::parameter;
use crate::settings::UpSettings;
use crate::stack::Stack;

/// Looks at the stack and whose account it is in.
pub(super) async fn stack(aws: &Aws, name: &str) -> Result<(sts::Caller, Option<Stack>), Failure> {
    let (caller, stack) = tokio::try_join!(sts::caller(aws), cloudformation::describe_stack(aws, name))?;
    Ok((caller, stack))
}

/// Looks at all else that matters for these settings and this stack.
pub(super) async fn observe(
    aws: &Aws,
    caller: &sts::Caller,
    roots: Arc<RootCertStore>,
    settings: &UpSettings,
    stack: Option<Stack>,
) -> Result<Observed, Failure> {
    let standing = stack.as_ref().filter(|stack| stack.status.is_updatable());
    let host_moves = match (standing, &settings.host) {
        (Some(stack), Some(host)) => stack.host().as_ref() != Some(&host.value),
        _ => standing.is_none(),
    };
    let wants_certificates = host_moves || settings.certificate.is_some();
    let wants_zones = host_moves || settings.zone != crate::settings::ZoneWish::Find;
    let wants_network = standing.is_none() || settings.names_network();
    let wants_zones_of_type = wants_network || standing.is_some_and(|stack| changes_instance_type(settings, stack));
    let (template, certificates, served, zones, network, machine, left_buckets, named_bucket) = tokio::try_join!(
        async {
            match standing {
                Some(stack) => Ok::<_, Failure>(Some(cloudformation::template(aws, &stack.id).await?)),
                None => Ok(None),
            }
        },
        async { if wants_certificates { certificates(aws, settings, standing).await } else { Ok(Vec::new()) } },
        async {
            match standing.and_then(|stack| stack.parameter(parameter::SSL_CERTIFICATE)) {
                Some(arn) if !wants_certificates => served(aws, arn).await,
                _ => Ok(None),
            }
        },
        async { if wants_zones { Ok(route53::zones(aws).await?) } else { Ok(Vec::new()) } },
        async {
            let vpcs = async { if wants_network { ec2::vpcs(aws).await } else { Ok(Vec::new()) } };
            let subnets = async { if wants_zones_of_type { ec2::subnets(aws).await } else { Ok(Vec::new()) } };
            Ok(tokio::try_join!(vpcs, subnets)?)
        },
        async {
            key_pair(aws, settings, standing).await?;
            machine::machine(aws, settings, standing).await
        },
        async { if standing.is_none() { left_buckets(aws, &settings.stack_name).await } else { Ok(Vec::new()) } },
        async {
            match &settings.bucket {
                Some(bucket) => Ok(Some(bucket::look(aws, &bucket.value).await?)),
                None => Ok(None),
            }
        },
    )?;
    let (instance_zones, limits) = tokio::try_join!(
        async {
            match &machine {
                Some(machine) if wants_zones_of_type => {
                    Ok(ec2::offered_zones(aws, &machine.instance_type.value).await?)
                }
                _ => Ok::<_, Failure>(std::collections::BTreeSet::new()),
            }
        },
        async { Ok(if machine.is_some() { limits(aws).await } else { Limits::default() }) },
    )?;
    let (vpcs, subnets) = network;
    Ok(Observed {
        stack,
        template,
        certificates,
        zones,
        vpcs,
        subnets,
        instance_zones,
        machine,
        limits,
        left_buckets,
        named_bucket,
        served,
        place: Place {
            partition: caller.partition().to_owned(),
            region: aws.region().to_owned(),
            account: caller.account.clone(),
        },
        client: Client { now: Timestamp::now(), roots },
    })
}

/// Whether the nodes of a standing stack are to be of another type.
fn changes_instance_type(settings: &UpSettings, stack: &Stack) -> bool {
    let wanted = settings.instance_type.as_ref().map(|wanted| wanted.value.as_str());
    wanted.is_some() && wanted != stack.parameter(parameter::INSTANCE_TYPE)
}

/// Refuses a key pair that is not there: no node could be launched with it. Who may not look is not stopped.
async fn key_pair(aws: &Aws, settings: &UpSettings, standing: Option<&Stack>) -> Result<(), Failure> {
    let Some(name) = settings.parameters.get(parameter::KEY_NAME).map(|wanted| wanted.value.as_str()) else {
        return Ok(());
    };
    if name.is_empty() || standing.and_then(|stack| stack.parameter(parameter::KEY_NAME)) == Some(name) {
        return Ok(());
    }
    match ec2::has_key_pair(aws, name).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let message = format!("there is no key pair {name} in {}", aws.region());
            Err(Failure::new(Kind::Input, message).hint(
                "see which there are with: aws ec2 describe-key-pairs --query 'KeyPairs[].KeyName'; or leave --key-name away",
            ))
        }
        Err(error) if is_denied(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Certificates of IAM and ACM. Who may not list one of the two still gets the other.
async fn certificates(aws: &Aws, settings: &UpSettings, standing: Option<&Stack>) -> Result<Vec<Candidate>, Failure> {
    let host = settings.host.as_ref().map(|host| host.value.clone()).or_else(|| standing.and_then(Stack::host));
    let wanted: Vec<&str> = host.iter().map(HostName::as_str).chain(settings.certificate.as_deref()).collect();
    let (nobody, unseen) = (Counter::default(), Counter::default());
    let look = acm::Look::Choosing(&wanted);
    let (in_iam, in_acm) = tokio::join!(iam::certificates(aws, &nobody), acm::certificates(aws, look, &unseen));
    match (in_iam, in_acm) {
        (Ok(mut all), Ok(more)) => {
            all.extend(more);
            Ok(all)
        }
        (Ok(some), Err(error)) | (Err(error), Ok(some)) if is_denied(&error) && !some.is_empty() => Ok(some),
        (Err(error), _) | (_, Err(error)) => Err(error.into()),
    }
}

/// The certificate that the stack has. It is only looked at for its end: who may not look is not told of it.
async fn served(aws: &Aws, arn: &str) -> Result<Option<Candidate>, Failure> {
    match certificate(aws, arn).await {
        Err(error) if is_denied(&error) => Ok(None),
        other => Ok(other?),
    }
}

/// The certificate of this ARN, which says where it is kept.
pub(in crate::command) async fn certificate(aws: &Aws, arn: &str) -> Result<Option<Candidate>, AwsCallError> {
    match arn.split(':').nth(2) {
        Some("iam") => iam::certificate(aws, arn).await,
        _ => acm::certificate(aws, arn).await,
    }
}

/// What the account allows. A limit that cannot be read, for whatever reason, stops nothing: `up` works without it.
async fn limits(aws: &Aws) -> Limits {
    let (vcpus, key) = tokio::join!(service_quotas::standard_vcpus(aws), ec2::default_disk_key(aws));
    Limits { standard_vcpus: vcpus.ok(), disk_key: key.ok().flatten() }
}

fn is_denied(error: &AwsCallError) -> bool {
    error.kind == CallKind::Denied
}

/// Buckets that an earlier stack of this name left: by the name CloudFormation gave them, and by our tag.
pub(in crate::command) async fn left_buckets(aws: &Aws, stack_name: &str) -> Result<Vec<String>, Failure> {
    let mut left = Vec::new();
    for bucket in s3::buckets(aws, &bucket_prefix(stack_name)).await? {
        let tags = s3::bucket_tags(aws, &bucket, None).await?;
        if tags.is_some_and(|tags| tags.get(STACK_TAG).is_some_and(|owner| owner == stack_name)) {
            left.push(bucket);
        }
    }
    Ok(left)
}
