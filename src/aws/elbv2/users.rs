//! Elastic Load Balancing: which listeners of the region serve a certificate, and whose they are.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::Client;

use super::{Aws, AwsCallError, client, load_balancers};
use crate::aws::at_once::{self, Counter};

/// CloudFormation puts this tag on what it makes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
const STACK_NAME: &str = "aws:cloudformation:stack-name";

/// DescribeTags takes so many at once.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
const TAGGED_AT_ONCE: usize = 20;

/// A listener that serves a certificate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Use {
    /// ARN of its load balancer.
    pub load_balancer: String,
    /// Its port.
    pub port: i32,
    /// The stack that made the load balancer, if one did.
    pub stack: Option<String>,
}

impl std::fmt::Display for Use {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // …:loadbalancer/app/NAME/ID
        let name = self.load_balancer.rsplit('/').nth(1).unwrap_or(&self.load_balancer);
        write!(f, "listener {} of load balancer {name}", self.port)?;
        match &self.stack {
            Some(stack) => write!(f, ", of the stack {stack}"),
            None => Ok(()),
        }
    }
}

/// The listeners of the region that serve the certificate, as their default or by the client's host name.
pub async fn certificate_users(aws: &Aws, certificate: &str) -> Result<Vec<Use>, AwsCallError> {
    let nobody = Counter::default();
    let uses = at_once::each(load_balancers(aws).await?, &nobody, |arn| {
        let (client, certificate) = (client(aws), certificate.to_owned());
        async move { uses_on(&client, arn, &certificate).await }
    });
    let mut uses: Vec<Use> = uses.await?.into_iter().flatten().collect();
    let stacks = stacks_of(aws, &uses).await?;
    for own in &mut uses {
        own.stack = stacks.get(&own.load_balancer).cloned();
    }
    uses.sort_by(|one, other| (&one.load_balancer, one.port).cmp(&(&other.load_balancer, other.port)));
    Ok(uses)
}

/// The listeners of one load balancer that serve the certificate; none when it is gone meanwhile.
async fn uses_on(client: &Client, load_balancer: String, certificate: &str) -> Result<Vec<Use>, AwsCallError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let call = client.describe_listeners().load_balancer_arn(&load_balancer).set_marker(marker);
        let page = match call.send().await.map_err(|error| AwsCallError::of("DescribeListeners", error)) {
            Ok(page) => page,
            Err(error) if error.is("LoadBalancerNotFound") => return Ok(found),
            Err(error) => return Err(error),
        };
        for listener in page.listeners() {
            let is_it = |arn: Option<&str>| arn == Some(certificate);
            let serves = listener.certificates().iter().any(|own| is_it(own.certificate_arn()))
                || (!listener.certificates().is_empty() && lists(client, listener.listener_arn(), certificate).await?);
            if serves {
                let port = listener.port().unwrap_or_default();
                found.push(Use { load_balancer: load_balancer.clone(), port, stack: None });
            }
        }
        marker = page.next_marker().filter(|own| !own.is_empty()).map(str::to_owned);
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// Whether a listener has the certificate among those that it chooses by the client's host name.
async fn lists(client: &Client, listener: Option<&str>, certificate: &str) -> Result<bool, AwsCallError> {
    let mut marker = None;
    loop {
        let call =
            client.describe_listener_certificates().set_listener_arn(listener.map(str::to_owned)).set_marker(marker);
        let page = match call.send().await.map_err(|error| AwsCallError::of("DescribeListenerCertificates", error)) {
            Ok(page) => page,
            Err(error) if error.is("ListenerNotFound") => return Ok(false),
            Err(error) => return Err(error),
        };
        if page.certificates().iter().any(|own| own.certificate_arn() == Some(certificate)) {
            return Ok(true);
        }
        marker = page.next_marker().filter(|own| !own.is_empty()).map(str::to_owned);
        if marker.is_none() {
            return Ok(false);
        }
    }
}

/// The stacks of the load balancers, by ARN.
async fn stacks_of(aws: &Aws, uses: &[Use]) -> Result<BTreeMap<String, String>, AwsCallError> {
    let mut stacks = BTreeMap::new();
    for some in uses.chunks(TAGGED_AT_ONCE) {
        let arns: Vec<String> = some.iter().map(|own| own.load_balancer.clone()).collect();
        let answer = client(aws).describe_tags().set_resource_arns(Some(arns)).send().await;
        let output = answer.map_err(|error| AwsCallError::of("DescribeTags", error))?;
        for description in output.tag_descriptions() {
            let tag = description.tags().iter().find(|tag| tag.key() == Some(STACK_NAME));
            if let (Some(arn), Some(stack)) = (description.resource_arn(), tag.and_then(|tag| tag.value())) {
                stacks.insert(arn.to_owned(), stack.to_owned());
            }
        }
    }
    Ok(stacks)
}
