//! Elastic Load Balancing: which listeners of the region serve a certificate, and whose they are.

use std::collections::BTreeMap;

use super::{Aws, AwsCallError, client, listeners};
use crate::aws::CallKind;
use crate::aws::at_once::Counter;

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
    let counter = Counter::default();
    let listeners = listeners::secure(aws, &counter).await?;
    let (mut using, others): (Vec<_>, Vec<_>) =
        listeners.into_iter().partition(|own| own.default.as_deref() == Some(certificate));
    let serving = listeners::serving(aws, others, &counter).await?;
    let serving = serving.into_iter().filter(|(_, certificates)| certificates.iter().any(|own| own == certificate));
    using.extend(serving.map(|(listener, _)| listener));
    let mut uses: Vec<Use> =
        using.into_iter().map(|own| Use { load_balancer: own.load_balancer, port: own.port, stack: None }).collect();
    let stacks = stacks_of(aws, &uses).await?;
    for own in &mut uses {
        own.stack = stacks.get(&own.load_balancer).cloned();
    }
    uses.sort_by(|one, other| (&one.load_balancer, one.port).cmp(&(&other.load_balancer, other.port)));
    Ok(uses)
}

/// The stacks of the load balancers, by ARN.
async fn stacks_of(aws: &Aws, uses: &[Use]) -> Result<BTreeMap<String, String>, AwsCallError> {
    let mut stacks = BTreeMap::new();
    for some in uses.chunks(TAGGED_AT_ONCE) {
        let arns: Vec<String> = some.iter().map(|own| own.load_balancer.clone()).collect();
        let answer = client(aws).describe_tags().set_resource_arns(Some(arns)).send().await;
        let output = match answer.map_err(|error| AwsCallError::of("DescribeTags", error)) {
            Ok(output) => output,
            // Who may not see the tags sees the load balancers all the same.
            Err(error) if error.kind == CallKind::Denied => return Ok(stacks),
            Err(error) => return Err(error),
        };
        for description in output.tag_descriptions() {
            let tag = description.tags().iter().find(|tag| tag.key() == Some(STACK_NAME));
            if let (Some(arn), Some(stack)) = (description.resource_arn(), tag.and_then(|tag| tag.value())) {
                stacks.insert(arn.to_owned(), stack.to_owned());
            }
        }
    }
    Ok(stacks)
}
