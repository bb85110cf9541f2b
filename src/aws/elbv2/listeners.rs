//! Every listener of the region that serves certificates, and which.

use aws_sdk_elasticloadbalancingv2::Client;

use super::{Aws, AwsCallError, client};
use crate::aws::at_once::{self, Counter};

/// A listener that has a certificate.
pub(super) struct Listener {
    /// ARN of its load balancer.
    pub(super) load_balancer: String,
    /// Its ARN.
    pub(super) arn: String,
    /// Its port.
    pub(super) port: i32,
    /// ARN of its default certificate.
    pub(super) default: Option<String>,
}

/// Every listener of the region that has a certificate.
pub(super) async fn secure(aws: &Aws, counter: &Counter) -> Result<Vec<Listener>, AwsCallError> {
    let balancers = load_balancers(aws).await?;
    let listeners = at_once::each(balancers, counter, |arn| listeners_of(client(aws), arn)).await?;
    Ok(listeners.into_iter().flatten().collect())
}

/// Listeners with ARNs of the certificates that they serve, as their default or by the client's host name.
pub(super) async fn serving(
    aws: &Aws,
    listeners: Vec<Listener>,
    counter: &Counter,
) -> Result<Vec<(Listener, Vec<String>)>, AwsCallError> {
    at_once::each(listeners, counter, |listener| certificates_on(client(aws), listener)).await
}

/// ARNs of every load balancer of the region.
async fn load_balancers(aws: &Aws) -> Result<Vec<String>, AwsCallError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let answer = client(aws).describe_load_balancers().set_marker(marker).send().await;
        let page = answer.map_err(|error| AwsCallError::of("DescribeLoadBalancers", error))?;
        found.extend(page.load_balancers().iter().filter_map(|own| own.load_balancer_arn().map(str::to_owned)));
        marker = next(page.next_marker());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// The listeners of a load balancer that have a certificate; none when it is gone meanwhile.
async fn listeners_of(client: Client, load_balancer: String) -> Result<Vec<Listener>, AwsCallError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let call = client.describe_listeners().load_balancer_arn(&load_balancer).set_marker(marker);
        let page = match call.send().await.map_err(|error| AwsCallError::of("DescribeListeners", error)) {
            Ok(page) => page,
            Err(error) if error.is("LoadBalancerNotFound") => return Ok(found),
            Err(error) => return Err(error),
        };
        for own in page.listeners().iter().filter(|own| !own.certificates().is_empty()) {
            let default = own.certificates().first().and_then(|own| own.certificate_arn()).map(str::to_owned);
            if let Some(arn) = own.listener_arn() {
                let (load_balancer, arn) = (load_balancer.clone(), arn.to_owned());
                found.push(Listener { load_balancer, arn, port: own.port().unwrap_or_default(), default });
            }
        }
        marker = next(page.next_marker());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// The listener with ARNs of all its certificates, the default among them.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListenerCertificates.html>
async fn certificates_on(client: Client, listener: Listener) -> Result<(Listener, Vec<String>), AwsCallError> {
    let mut found = Vec::new();
    let mut marker = None;
    loop {
        let call = client.describe_listener_certificates().listener_arn(&listener.arn).set_marker(marker);
        let page = match call.send().await.map_err(|error| AwsCallError::of("DescribeListenerCertificates", error)) {
            Ok(page) => page,
            Err(error) if error.is("ListenerNotFound") => return Ok((listener, found)),
            Err(error) => return Err(error),
        };
        found.extend(page.certificates().iter().filter_map(|own| own.certificate_arn().map(str::to_owned)));
        marker = next(page.next_marker());
        if marker.is_none() {
            return Ok((listener, found));
        }
    }
}

/// Where the next page begins.
fn next(marker: Option<&str>) -> Option<String> {
    marker.filter(|own| !own.is_empty()).map(str::to_owned)
}
