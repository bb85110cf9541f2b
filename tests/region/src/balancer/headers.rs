//! What a listener's attributes do to the headers of its answers.
//!
//! https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::Region;
use crate::service::elbv2::attributes::Attributes;

/// Attributes that set a header are named `routing.http.response.NAME.header_value`, with `_` for `-`.
const PREFIX: &str = "routing.http.response.";

/// Sets the headers that the listener's attributes ask for, in place of the target's, and takes out the load balancer's
/// own `Server`.
pub(super) fn shape(region: &Region, listener_arn: &str, headers: &mut HeaderMap) {
    let attributes = region.world(|world| world.elbv2.listener(listener_arn).map(|one| one.attributes.clone()));
    apply(&attributes.unwrap_or_default(), headers);
}

fn apply(attributes: &Attributes, headers: &mut HeaderMap) {
    let own = headers.get(header::SERVER).is_some_and(|server| server == "awselb/2.0");
    if own && attributes.get("routing.http.response.server.enabled").is_some_and(|value| value == "false") {
        headers.remove(header::SERVER);
    }
    for (key, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
        let name = key.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(".header_value"));
        let name = name.and_then(|name| HeaderName::try_from(name.replace('_', "-")).ok());
        if let (Some(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}
