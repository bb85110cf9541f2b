//! Elastic Load Balancing: the load balancer, its listener's certificate, and how its targets do.

mod listeners;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::Client;

use super::at_once::Counter;
use super::{Aws, AwsCallError};

pub use users::{Use, certificate_users};

/// The registry's load balancer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LoadBalancer {
    /// Its ARN.
    pub arn: String,
    /// The name it answers to until DNS does.
    pub dns_name: String,
    /// AWS's word: `provisioning`, `active`, `active_impaired`, `failed`.
    pub state: String,
    /// Why it has that state.
    pub reason: Option<String>,
    /// The hosted zone of its own name, which an alias record needs.
    pub zone_id: Option<String>,
}

/// How one target does.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Target {
    /// The instance.
    pub instance: String,
    /// The port.
    pub port: Option<i32>,
    /// AWS's word: `initial`, `healthy`, `unhealthy`, `draining` …
    pub state: String,
    /// AWS's code for the reason.
    pub reason: Option<String>,
    /// AWS's words.
    pub description: Option<String>,
}

fn client(aws: &Aws) -> Client {
    Client::new(aws.config())
}

/// Looks a load balancer up by ARN; `None` when it is gone.
pub async fn load_balancer(aws: &Aws, arn: &str) -> Result<Option<LoadBalancer>, AwsCallError> {
    let answer = client(aws).describe_load_balancers().load_balancer_arns(arn).send().await;
    let output = match answer.map_err(|error| AwsCallError::of("DescribeLoadBalancers", error)) {
        Ok(output) => output,
        Err(error) if error.is("LoadBalancerNotFound") => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(output.load_balancers().first().and_then(|own| {
        Some(LoadBalancer {
            arn: arn.to_owned(),
            dns_name: own.dns_name()?.to_owned(),
            state: own.state().and_then(|state| state.code()).map_or("unknown", |code| code.as_str()).to_owned(),
            reason: own.state().and_then(|state| state.reason()).map(str::to_owned),
            zone_id: own.canonical_hosted_zone_id().map(str::to_owned),
        })
    }))
}

/// How the targets of a group do; empty when the group is gone.
pub async fn targets(aws: &Aws, group_arn: &str) -> Result<Vec<Target>, AwsCallError> {
    let answer = client(aws).describe_target_health().target_group_arn(group_arn).send().await;
    let output = match answer.map_err(|error| AwsCallError::of("DescribeTargetHealth", error)) {
        Ok(output) => output,
        Err(error) if error.is("TargetGroupNotFound") => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let described = output.target_health_descriptions().iter();
    Ok(described
        .filter_map(|own| {
            let health = own.target_health();
            Some(Target {
                instance: own.target()?.id()?.to_owned(),
                port: own.target().and_then(|target| target.port()),
                state: health.and_then(|health| health.state()).map_or("unknown", |state| state.as_str()).to_owned(),
                reason: health.and_then(|health| health.reason()).map(|reason| reason.as_str().to_owned()),
                description: health.and_then(|health| health.description()).map(str::to_owned),
            })
        })
        .collect())
}

/// The ARN of the certificate that a load balancer's HTTPS listener serves.
pub async fn listener_certificate(aws: &Aws, load_balancer_arn: &str) -> Result<Option<String>, AwsCallError> {
    let answer = client(aws).describe_listeners().load_balancer_arn(load_balancer_arn).send().await;
    let output = match answer.map_err(|error| AwsCallError::of("DescribeListeners", error)) {
        Ok(output) => output,
        Err(error) if error.is("LoadBalancerNotFound") => return Ok(None),
        Err(error) => return Err(error),
    };
    let certificates = output.listeners().iter().flat_map(|listener| listener.certificates());
    Ok(certificates.filter_map(|own| own.certificate_arn().map(str::to_owned)).next())
}

/// ARNs of the certificates that the region's load balancers serve, their own and those that they choose by the client's
/// host name, each with the ARNs of these load balancers.
pub async fn served_certificates(
    aws: &Aws,
    counter: &Counter,
) -> Result<BTreeMap<String, BTreeSet<String>>, AwsCallError> {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let listeners = listeners::secure(aws, counter).await?;
    for (listener, certificates) in listeners::serving(aws, listeners, counter).await? {
        for certificate in certificates {
            users.entry(certificate).or_default().insert(listener.load_balancer.clone());
        }
    }
    Ok(users)
}
