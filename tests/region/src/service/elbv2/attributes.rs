//! Attributes of load balancers, target groups and listeners: which exist, for which kind, and which values they take.
//!
//! https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
//! https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
//! https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::AwsError;

/// Attribute values by key.
pub type Attributes = BTreeMap<String, String>;

/// What an attribute's value may be.
#[derive(Debug, Clone, Copy)]
enum Accepts {
    Boolean,
    Between(u64, u64),
    OneOf(&'static [&'static str]),
    Text,
}

/// Key, default, accepted values.
type Rule = (&'static str, &'static str, Accepts);

use Accepts::{Between, Boolean, OneOf, Text};

const LOAD_BALANCER: &[Rule] = &[
    ("access_logs.s3.bucket", "", Text),
    ("access_logs.s3.enabled", "false", Boolean),
    ("access_logs.s3.prefix", "", Text),
    ("client_keep_alive.seconds", "3600", Between(60, 604_800)),
    ("connection_logs.s3.bucket", "", Text),
    ("connection_logs.s3.enabled", "false", Boolean),
    ("connection_logs.s3.prefix", "", Text),
    ("deletion_protection.enabled", "false", Boolean),
    ("health_check_logs.s3.bucket", "", Text),
    ("health_check_logs.s3.enabled", "false", Boolean),
    ("health_check_logs.s3.prefix", "", Text),
    ("idle_timeout.timeout_seconds", "60", Between(1, 4000)),
    ("load_balancing.cross_zone.enabled", "true", OneOf(&["true"])),
    ("routing.http.desync_mitigation_mode", "defensive", OneOf(&["monitor", "defensive", "strictest"])),
    ("routing.http.drop_invalid_header_fields.enabled", "false", Boolean),
    ("routing.http.preserve_host_header.enabled", "false", Boolean),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", Boolean),
    ("routing.http.xff_client_port.enabled", "false", Boolean),
    ("routing.http.xff_header_processing.mode", "append", OneOf(&["append", "preserve", "remove"])),
    ("routing.http2.enabled", "true", Boolean),
    ("waf.fail_open.enabled", "false", Boolean),
    ("zonal_shift.config.enabled", "false", Boolean),
];

/// Known, but of other types of load balancer.
const OTHER_LOAD_BALANCERS: &[&str] =
    &["dns_record.client_routing_policy", "ipv6.deny_all_igw_traffic", "secondary_ips.auto_assigned.per_subnet"];

const TARGET_GROUP: &[Rule] = &[
    ("deregistration_delay.timeout_seconds", "300", Between(0, 3600)),
    ("load_balancing.algorithm.anomaly_mitigation", "off", OneOf(&["on", "off"])),
    (
        "load_balancing.algorithm.type",
        "round_robin",
        OneOf(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration", CROSS_ZONE),
    ("slow_start.duration_seconds", "0", Between(0, 900)),
    ("stickiness.app_cookie.cookie_name", "", Text),
    ("stickiness.app_cookie.duration_seconds", "86400", Between(1, 604_800)),
    ("stickiness.enabled", "false", Boolean),
    ("stickiness.lb_cookie.duration_seconds", "86400", Between(1, 604_800)),
    ("stickiness.type", "lb_cookie", OneOf(&["lb_cookie", "app_cookie"])),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1", Text),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off", Text),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1", Text),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", Text),
];

const CROSS_ZONE: Accepts = OneOf(&["true", "false", "use_load_balancer_configuration"]);

/// Known, but of target groups of other protocols.
const OTHER_TARGET_GROUPS: &[&str] = &[
    "deregistration_delay.connection_termination.enabled",
    "lambda.multi_value_headers.enabled",
    "preserve_client_ip.enabled",
    "proxy_protocol_v2.enabled",
    "target_failover.on_deregistration",
    "target_failover.on_unhealthy",
    "target_health_state.unhealthy.connection_termination.enabled",
    "target_health_state.unhealthy.draining_interval_seconds",
];

const LISTENER: &[Rule] = &[
    ("routing.http.response.access_control_allow_credentials.header_value", "", OneOf(&["", "true"])),
    ("routing.http.response.access_control_allow_headers.header_value", "", Text),
    ("routing.http.response.access_control_allow_methods.header_value", "", Text),
    ("routing.http.response.access_control_allow_origin.header_value", "", Text),
    ("routing.http.response.access_control_expose_headers.header_value", "", Text),
    ("routing.http.response.access_control_max_age.header_value", "", Text),
    ("routing.http.response.content_security_policy.header_value", "", Text),
    ("routing.http.response.server.enabled", "true", Boolean),
    ("routing.http.response.strict_transport_security.header_value", "", Text),
    ("routing.http.response.x_content_type_options.header_value", "", OneOf(&["", "nosniff"])),
    ("routing.http.response.x_frame_options.header_value", "", Text),
];

/// Known, but of listeners of other load balancers, or about client certificates, which are not simulated.
const OTHER_LISTENERS: &[&str] = &[
    "routing.http.request.x_amzn_mtls_clientcert.header_name",
    "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
    "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name",
    "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
    "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
    "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
    "routing.http.request.x_amzn_tls_cipher_suite.header_name",
    "routing.http.request.x_amzn_tls_version.header_name",
    "tcp.idle_timeout.seconds",
];

/// All attributes of a new HTTP or HTTPS listener.
pub fn listener_defaults() -> Attributes {
    defaults(LISTENER)
}

/// Changes attributes of an HTTP or HTTPS listener by a list of `Key` and `Value`.
///
/// # Errors
/// An attribute that does not exist, is another kind of listener's, or does not take the value.
pub fn set_listener(attributes: &mut Attributes, changes: &Value) -> Result<(), AwsError> {
    set(attributes, changes, LISTENER, "Listener", |key| {
        OTHER_LISTENERS.contains(&key).then(|| {
            let message = format!("Listener attribute key '{key}' is not supported on this listener"); // [U] wording
            AwsError::new("InvalidConfigurationRequest", message)
        })
    })
}

/// All attributes of a new application load balancer.
pub fn load_balancer_defaults() -> Attributes {
    defaults(LOAD_BALANCER)
}

/// All attributes of a new HTTP target group.
pub fn target_group_defaults() -> Attributes {
    defaults(TARGET_GROUP)
}

fn defaults(rules: &[Rule]) -> Attributes {
    rules.iter().map(|(key, value, _)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Changes attributes of an application load balancer by a list of `Key` and `Value`.
///
/// # Errors
/// An attribute that does not exist, belongs to another type of load balancer, or does not take the value.
pub fn set_load_balancer(attributes: &mut Attributes, changes: &Value) -> Result<(), AwsError> {
    set(attributes, changes, LOAD_BALANCER, "Load balancer", |key| {
        OTHER_LOAD_BALANCERS.contains(&key).then(|| {
            let message = format!(
                "Load balancer attribute key '{key}' is not supported on load balancers with type 'application'"
            );
            // Words: https://github.com/aws/aws-cdk/issues/29970 (of an attribute not fit for the address type) [U]
            AwsError::new("InvalidConfigurationRequest", message)
        })
    })
}

/// Changes attributes of a target group that speaks HTTP or HTTPS to instances.
///
/// # Errors
/// An attribute that does not exist, belongs to another protocol, or does not take the value.
pub fn set_target_group(attributes: &mut Attributes, changes: &Value) -> Result<(), AwsError> {
    set(attributes, changes, TARGET_GROUP, "Target group", |key| {
        OTHER_TARGET_GROUPS.contains(&key).then(unsupported_by_target_group)
    })
}

/// The refusal of an attribute that exists, of another protocol's target groups.
pub(super) fn unsupported_by_target_group() -> AwsError {
    // https://github.com/hashicorp/terraform-provider-aws/issues/12726
    AwsError::new("InvalidConfigurationRequest", "The provided target group attribute is not supported")
}

fn set(
    attributes: &mut Attributes,
    changes: &Value,
    rules: &[Rule],
    kind: &str,
    foreign: impl Fn(&str) -> Option<AwsError>,
) -> Result<(), AwsError> {
    let mut changed = attributes.clone();
    for change in changes.as_array().into_iter().flatten() {
        let key = change["Key"].as_str().unwrap_or_default();
        let value = change["Value"].as_str().unwrap_or_default();
        let Some((_, _, accepts)) = rules.iter().find(|(known, _, _)| *known == key) else {
            // https://github.com/hashicorp/terraform-provider-aws/issues/23971
            return Err(foreign(key)
                .unwrap_or_else(|| AwsError::validation(format!("{kind} attribute key '{key}' is not recognized"))));
        };
        if !accepts.value(value) {
            let message = format!("{kind} attribute key '{key}' value '{value}' {}", accepts.demand()); // [U] wording
            return Err(AwsError::validation(message));
        }
        changed.insert(key.to_owned(), value.to_owned());
    }
    *attributes = changed;
    Ok(())
}

impl Accepts {
    fn value(self, value: &str) -> bool {
        match self {
            Boolean => ["true", "false"].contains(&value),
            Between(least, most) => value.parse().is_ok_and(|number: u64| (least..=most).contains(&number)),
            OneOf(values) => values.contains(&value),
            Text => true,
        }
    }

    fn demand(self) -> String {
        match self {
            Boolean => "must be one of 'true, false'".to_owned(),
            Between(least, most) => format!("must be between '{least}' and '{most}' inclusive"),
            OneOf(values) => format!("must be one of '{}'", values.join(", ")),
            Text => "must be text".to_owned(),
        }
    }
}

/// The attributes as `Key` and `Value` pairs.
pub fn describe(attributes: &Attributes) -> Value {
    let pairs: Vec<Value> = attributes.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({ "Attributes": pairs })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{load_balancer_defaults, set_load_balancer, set_target_group, target_group_defaults};

    #[test]
    fn refuses_what_an_application_load_balancer_does_not_have() {
        for (key, value, says) in [
            ("idle_timeout.timeout_seconds", "0", "between '1' and '4000'"),
            ("idle_timeout.timeout_seconds", "4001", "between '1' and '4000'"),
            ("routing.http2.enabled", "yes", "one of 'true, false'"),
            ("dns_record.client_routing_policy", "any_availability_zone", "not supported on load balancers with type"),
            ("routing.http3.enabled", "true", "is not recognized"),
        ] {
            let mut attributes = load_balancer_defaults();
            let refused = set_load_balancer(&mut attributes, &json!([{"Key": key, "Value": value}]));
            assert!(refused.is_err_and(|error| error.message.contains(says)), "{key}={value}");
            assert_eq!(attributes, load_balancer_defaults(), "a refused change changes nothing");
        }
        let mut attributes = load_balancer_defaults();
        set_load_balancer(&mut attributes, &json!([{"Key": "idle_timeout.timeout_seconds", "Value": "300"}]))
            .expect("300 s is allowed");
        assert_eq!(attributes["idle_timeout.timeout_seconds"], "300");
    }

    #[test]
    fn refuses_what_an_http_target_group_does_not_have() {
        let mut attributes = target_group_defaults();
        let foreign = json!([{"Key": "proxy_protocol_v2.enabled", "Value": "true"}]);
        assert!(set_target_group(&mut attributes, &foreign).is_err());
        let late = json!([{"Key": "deregistration_delay.timeout_seconds", "Value": "3601"}]);
        assert!(set_target_group(&mut attributes, &late).is_err());
    }
}
