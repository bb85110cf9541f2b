//! Elastic Load Balancing: the load balancer, its listener's certificate, and how its targets do.

mod users;

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::Client;
use tokio::task::JoinSet;

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

/// How many load balancers are asked for their listeners at once.
const AT_ONCE: usize = 8;

/// ARNs of the certificates on the listeners of every load balancer of the region. Further certificates of a listener,
/// chosen by the client's host name, are not among them.
pub async fn served_certificates(aws: &Aws) -> Result<BTreeSet<String>, AwsCallError> {
    let mut waiting = load_balancers(aws).await?;
    let mut asking = JoinSet::new();
    let mut served = BTreeSet::new();
    loop {
        while asking.len() < AT_ONCE
            && let Some(arn) = waiting.pop()
        {
            asking.spawn(certificates_on(client(aws), arn));
        }
        match asking.join_next().await {
            Some(certificates) => {
                served.extend(certificates.map_err(|_| AwsCallError::incomplete("DescribeListeners", "its end"))??);
            }
            None => return Ok(served),
        }
    }
}

/// ARNs of every load balancer of the region.
async fn load_balancers(aws: &Aws) -> Result<Vec<String>, AwsCallError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let answer = client(aws).describe_load_balancers().set_marker(marker).send().await;
        let page = answer.map_err(|error| AwsCallError::of("DescribeLoadBalancers", error))?;
        found.extend(page.load_balancers().iter().filter_map(|own| own.load_balancer_arn().map(str::to_owned)));
        marker = page.next_marker().filter(|own| !own.is_empty()).map(str::to_owned);
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// ARNs of the certificates on one load balancer's listeners; none when it is gone meanwhile.
async fn certificates_on(client: Client, load_balancer: String) -> Result<Vec<String>, AwsCallError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let call = client.describe_listeners().load_balancer_arn(&load_balancer).set_marker(marker);
        let page = match call.send().await.map_err(|error| AwsCallError::of("DescribeListeners", error)) {
            Ok(page) => page,
            Err(error) if error.is("LoadBalancerNotFound") => return Ok(found),
            Err(error) => return Err(error),
        };
        let certificates = page.listeners().iter().flat_map(|listener| listener.certificates());
        found.extend(certificates.filter_map(|own| own.certificate_arn().map(str::to_owned)));
        marker = page.next_marker().filter(|own| !own.is_empty()).map(str::to_owned);
        if marker.is_none() {
            return Ok(found);
        }
    }
}
