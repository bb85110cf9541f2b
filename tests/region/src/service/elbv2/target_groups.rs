//! Target groups: their health check settings and attributes. Their targets are in `targets`.

use serde_json::{Map, Value, json};

use super::attributes::{self, Attributes};
use super::page::page;
use super::strings;
use super::targets::Target;
use crate::{AwsError, Region};

/// One target group of instances.
#[derive(Debug)]
pub struct TargetGroup {
    pub arn: String,
    pub name: String,
    /// `HTTP`, or one of those that only network load balancers speak to: `TCP`, `TLS`, `UDP`, `TCP_UDP`.
    pub protocol: String,
    pub port: u16,
    pub vpc_id: String,
    pub health_check: HealthCheck,
    pub attributes: Attributes,
    pub tags: Vec<(String, String)>,
    pub targets: Vec<Target>,
    /// Count of requests given out, for round robin.
    pub turn: usize,
}

/// How targets are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// `traffic-port` or a number.
    pub port: String,
    pub path: String,
    pub interval_seconds: u64,
    pub timeout_seconds: u64,
    pub healthy_threshold: u64,
    pub unhealthy_threshold: u64,
    /// Such as `200`, `200,202` or `200-299`.
    pub matcher: String,
}

impl TargetGroup {
    /// `targetgroup/NAME/ID`, as metrics and CloudFormation name it.
    pub fn full_name(&self) -> &str {
        self.arn.rsplit_once(':').map_or("", |(_, name)| name)
    }

    /// Seconds a target drains after it is deregistered.
    pub fn deregistration_delay(&self) -> u64 {
        let value = self.attributes.get("deregistration_delay.timeout_seconds");
        value.and_then(|value| value.parse().ok()).unwrap_or(300)
    }
}

impl HealthCheck {
    /// Reads the properties that CreateTargetGroup and ModifyTargetGroup share, over `self`.
    ///
    /// # Errors
    /// Settings that ELBv2 refuses.
    /// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    fn with(mut self, settings: &Map<String, Value>) -> Result<Self, AwsError> {
        let text = |key: &str, slot: &mut String| {
            if let Some(value) = settings.get(key).and_then(Value::as_str) {
                value.clone_into(slot);
            }
        };
        text("HealthCheckPort", &mut self.port);
        text("HealthCheckPath", &mut self.path);
        for (key, slot, least, most) in [
            ("HealthCheckIntervalSeconds", &mut self.interval_seconds, 5, 300),
            ("HealthCheckTimeoutSeconds", &mut self.timeout_seconds, 2, 120),
            ("HealthyThresholdCount", &mut self.healthy_threshold, 2, 10),
            ("UnhealthyThresholdCount", &mut self.unhealthy_threshold, 2, 10),
        ] {
            if let Some(value) = settings.get(key).and_then(Value::as_u64) {
                if !(least..=most).contains(&value) {
                    let message = format!("{key} '{value}' must be between '{least}' and '{most}' inclusive"); // [U]
                    return Err(AwsError::validation(message));
                }
                *slot = value;
            }
        }
        if let Some(code) = settings.get("Matcher").and_then(|matcher| matcher["HttpCode"].as_str()) {
            code.clone_into(&mut self.matcher);
        }
        let protocol = settings.get("HealthCheckProtocol").and_then(Value::as_str).unwrap_or("HTTP");
        if protocol != "HTTP" {
            return Err(AwsError::validation(format!("Health checks by {protocol} are not simulated")));
        }
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<(), AwsError> {
        if self.port != "traffic-port" && !self.port.parse::<u16>().is_ok_and(|port| port > 0) {
            let message = format!("Health check port '{}' must be a number or 'traffic-port'", self.port); // [U]
            return Err(AwsError::validation(message));
        }
        if !self.path.starts_with('/') {
            let message = format!("Health check path '{}' must begin with a '/' character", self.path); // [U]
            return Err(AwsError::validation(message));
        }
        if self.timeout_seconds >= self.interval_seconds {
            // https://github.com/terraform-linters/tflint-ruleset-aws/issues/404
            return Err(AwsError::validation("Health check interval must be greater than the timeout."));
        }
        let legal = matcher_ranges(&self.matcher)
            .is_some_and(|ranges| ranges.iter().all(|(low, high)| low <= high && *low >= 200 && *high <= 499));
        if !legal {
            let message = // [U] wording
                format!("Health check matcher HTTP code '{}' must be within '200-499' inclusive", self.matcher);
            return Err(AwsError::validation(message));
        }
        Ok(())
    }

    /// Whether an answer with this status passes.
    pub fn matches(&self, status: u16) -> bool {
        matcher_ranges(&self.matcher)
            .is_some_and(|ranges| ranges.iter().any(|(low, high)| (*low..=*high).contains(&status)))
    }
}

fn matcher_ranges(matcher: &str) -> Option<Vec<(u16, u16)>> {
    matcher
        .split(',')
        .map(|part| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
        })
        .collect()
}

/// Makes a target group and answers its ARN. `settings` are the properties of CloudFormation's type, which are the
/// members of CreateTargetGroup.
///
/// # Errors
/// What ELBv2 refuses.
pub fn create(
    region: &Region,
    name: &str,
    settings: &Map<String, Value>,
    tags: Vec<(String, String)>,
) -> Result<String, AwsError> {
    let text = |key: &str| settings.get(key).and_then(Value::as_str);
    let kind = text("TargetType").unwrap_or("instance");
    if kind != "instance" {
        return Err(AwsError::validation(format!("Target groups of type '{kind}' are not simulated")));
    }
    // https://github.com/awsdocs/aws-cloudformation-user-guide/pull/467
    let protocol = text("Protocol").ok_or_else(|| AwsError::validation("A protocol must be specified"))?;
    if !["HTTP", "TCP", "TLS", "UDP", "TCP_UDP"].contains(&protocol) {
        return Err(AwsError::validation(format!("Target groups with protocol '{protocol}' are not simulated")));
    }
    if protocol != "HTTP" && text("HealthCheckProtocol") != Some("HTTP") {
        return Err(AwsError::validation("Health checks by TCP are not simulated"));
    }
    let port = settings.get("Port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    // https://github.com/awsdocs/aws-cloudformation-user-guide/pull/467
    let port = port.ok_or_else(|| AwsError::validation("A port must be specified"))?;
    // https://github.com/awsdocs/aws-cloudformation-user-guide/pull/467
    let vpc_id = text("VpcId").ok_or_else(|| AwsError::validation("A VPC ID must be specified"))?.to_owned();
    // Defaults: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    let health_check = HealthCheck {
        port: "traffic-port".to_owned(),
        path: "/".to_owned(),
        interval_seconds: 30,
        timeout_seconds: 5,
        healthy_threshold: 5,
        unhealthy_threshold: 2,
        matcher: "200".to_owned(),
    }
    .with(settings)?;
    let mut attributes = attributes::target_group_defaults();
    if let Some(changes) = settings.get("TargetGroupAttributes") {
        attributes::set_target_group(&mut attributes, changes)?;
        speaks(protocol, changes)?;
    }
    let arn = region.arn("elasticloadbalancing", &format!("targetgroup/{name}/{}", region.random.hex(16)));
    region.world(|world| {
        if world.ec2.network.vpc(&vpc_id).is_err() {
            // https://github.com/ansible/ansible/issues/31919
            return Err(AwsError::validation(format!("The VPC ID '{vpc_id}' is not found")));
        }
        let state = &mut world.elbv2;
        if state.target_groups.iter().any(|one| one.name == name) {
            let message = format!("A target group with the same name '{name}' exists, but with different settings");
            // https://github.com/fortinet/fortigate-terraform-deploy/issues/21
            return Err(AwsError::new("DuplicateTargetGroupName", message));
        }
        state.target_groups.push(TargetGroup {
            arn: arn.clone(),
            name: name.to_owned(),
            protocol: protocol.to_owned(),
            port,
            vpc_id,
            health_check,
            attributes,
            tags,
            targets: Vec::new(),
            turn: 0,
        });
        Ok(arn)
    })
}

/// Refuses attributes of HTTP groups on others.
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
fn speaks(protocol: &str, changes: &Value) -> Result<(), AwsError> {
    const HTTP_ALONE: [&str; 3] =
        ["load_balancing.algorithm.anomaly_mitigation", "load_balancing.algorithm.type", "slow_start.duration_seconds"];
    let mut keys = changes.as_array().into_iter().flatten().filter_map(|change| change["Key"].as_str());
    match keys.find(|key| protocol != "HTTP" && HTTP_ALONE.contains(key)) {
        Some(_) => Err(attributes::unsupported_by_target_group()),
        None => Ok(()),
    }
}

/// Changes health check settings, attributes and tags in place; attributes not named go back to their defaults.
///
/// # Errors
/// As at creation.
pub fn modify(
    region: &Region,
    arn: &str,
    settings: &Map<String, Value>,
    tags: Vec<(String, String)>,
) -> Result<(), AwsError> {
    let mut attributes = attributes::target_group_defaults();
    if let Some(changes) = settings.get("TargetGroupAttributes") {
        attributes::set_target_group(&mut attributes, changes)?;
    }
    region.world(|world| {
        let group = world.elbv2.target_group_mut(arn)?;
        group.health_check = group.health_check.clone().with(settings)?;
        group.attributes = attributes;
        group.tags = tags;
        Ok(())
    })
}

/// Deletes a target group. One that is gone already is success.
///
/// # Errors
/// A listener uses it.
pub fn delete(region: &Region, arn: &str) -> Result<(), AwsError> {
    region.world(|world| {
        if world.elbv2.listeners.iter().any(|listener| listener.forwards_to(arn)) {
            let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
            // https://github.com/cloudposse/terraform-aws-alb-ingress/issues/24
            return Err(AwsError::new("ResourceInUse", message));
        }
        world.elbv2.target_groups.retain(|one| one.arn != arn);
        Ok(())
    })
}

/// `DescribeTargetGroups`.
pub(super) fn describe(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let (arns, names) = (strings(&input["TargetGroupArns"]), strings(&input["Names"]));
    let of = input["LoadBalancerArn"].as_str();
    region.world(|world| {
        let state = &world.elbv2;
        for arn in &arns {
            state.target_group(arn)?;
        }
        if names.iter().any(|name| !state.target_groups.iter().any(|one| one.name == *name)) {
            // https://github.com/aws-samples/service-screener-v2/issues/212
            return Err(AwsError::new("TargetGroupNotFound", "One or more target groups not found"));
        }
        if let Some(load_balancer) = of {
            state.load_balancer(load_balancer)?;
        }
        let chosen = state.target_groups.iter().filter(|one| {
            (arns.is_empty() || arns.contains(&one.arn))
                && (names.is_empty() || names.contains(&one.name))
                && of.is_none_or(|load_balancer| {
                    state.load_balancers_of(&one.arn).iter().any(|arn| arn == load_balancer)
                })
        });
        let described = chosen.map(|one| described(one, &state.load_balancers_of(&one.arn))).collect();
        page(input, "TargetGroups", described)
    })
}

fn described(one: &TargetGroup, load_balancers: &[String]) -> Value {
    let check = &one.health_check;
    let mut answer = json!({
        "TargetGroupArn": one.arn,
        "TargetGroupName": one.name,
        "Protocol": one.protocol,
        "Port": one.port,
        "VpcId": one.vpc_id,
        "TargetType": "instance",
        "IpAddressType": "ipv4",
        "LoadBalancerArns": load_balancers,
        "HealthCheckEnabled": true,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": check.port,
        "HealthCheckPath": check.path,
        "HealthCheckIntervalSeconds": check.interval_seconds,
        "HealthCheckTimeoutSeconds": check.timeout_seconds,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "Matcher": {"HttpCode": check.matcher},
    });
    if one.protocol == "HTTP" {
        answer["ProtocolVersion"] = json!("HTTP1");
    }
    answer
}

/// `DescribeTargetGroupAttributes`.
pub(super) fn describe_attributes(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arn = input["TargetGroupArn"].as_str().unwrap_or_default();
    region.world(|world| Ok(attributes::describe(&world.elbv2.target_group(arn)?.attributes)))
}

#[cfg(test)]
mod tests {
    use super::HealthCheck;

    fn check() -> HealthCheck {
        HealthCheck {
            port: "8081".to_owned(),
            path: "/v1/_ping".to_owned(),
            interval_seconds: 10,
            timeout_seconds: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
            matcher: "200,301-302".to_owned(),
        }
    }

    #[test]
    fn the_matcher_is_a_list_of_codes_and_ranges() {
        assert!(check().matches(200) && check().matches(302));
        assert!(!check().matches(303) && !check().matches(502));
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        assert!(check().check().is_ok());
        assert!(HealthCheck { timeout_seconds: 10, ..check() }.check().is_err());
        assert!(HealthCheck { matcher: "500".to_owned(), ..check() }.check().is_err());
        assert!(HealthCheck { path: "v1".to_owned(), ..check() }.check().is_err());
        assert!(HealthCheck { port: "0".to_owned(), ..check() }.check().is_err());
    }
}
