//! Listeners: port, certificates, TLS policy and what happens to a request.

use std::time::Duration;

use serde_json::{Value, json};

use super::attributes::{self, Attributes};
use super::page::page;
use super::{State, ssl_policies, strings};
use crate::balancer::certificate;
use crate::region::World;
use crate::{AwsError, Region};

/// One listener of an application load balancer.
#[derive(Debug, Clone)]
pub struct Listener {
    pub arn: String,
    pub load_balancer_arn: String,
    pub settings: Settings,
    /// ARNs of further certificates, for clients that ask for a name of theirs.
    pub more_certificates: Vec<String>,
    pub attributes: Attributes,
    pub tags: Vec<(String, String)>,
}

/// A certificate that a listener no longer has, and that IAM and ACM count as used for a while yet.
#[derive(Debug, Clone)]
pub struct Released {
    pub certificate: String,
    pub load_balancer_arn: String,
    /// Seconds since 1970.
    pub until: f64,
}

/// How long a certificate that was let go of typically counts as used, when it does: minutes are told of.
const RELEASE: Duration = Duration::from_secs(120);

/// What may change in place.
#[derive(Debug, Clone)]
pub struct Settings {
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    pub ssl_policy: Option<String>,
    /// ARN of the default certificate; HTTPS has exactly one.
    pub certificate: Option<String>,
    /// Default actions in the model's shape.
    pub actions: Vec<Value>,
}

impl Settings {
    /// Reads them from the members of CreateListener, which are the properties of CloudFormation's type.
    ///
    /// # Errors
    /// Port or protocol is missing.
    pub fn read(input: &Value) -> Result<Self, AwsError> {
        let port = input["Port"].as_u64().and_then(|port| u16::try_from(port).ok());
        let protocol = input["Protocol"].as_str();
        let certificates = input["Certificates"].as_array().map(Vec::as_slice).unwrap_or_default();
        if certificates.len() > 1 {
            // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
            return Err(AwsError::validation("You can only specify one certificate per listener as the default")); // [U]
        }
        Ok(Self {
            port: port.ok_or_else(|| AwsError::validation("A listener port must be specified"))?,
            protocol: protocol.ok_or_else(|| AwsError::validation("A listener protocol must be specified"))?.to_owned(),
            ssl_policy: input["SslPolicy"].as_str().map(str::to_owned),
            certificate: certificates.first().and_then(|one| one["CertificateArn"].as_str()).map(str::to_owned),
            actions: input["DefaultActions"].as_array().cloned().unwrap_or_default(),
        })
    }
}

impl Listener {
    /// Whether its default actions send requests to this target group.
    pub fn forwards_to(&self, target_group_arn: &str) -> bool {
        targets_of(&self.settings.actions).iter().any(|arn| arn == target_group_arn)
    }

    /// The target group that gets the requests, if it forwards.
    pub fn target_group(&self) -> Option<String> {
        targets_of(&self.settings.actions).into_iter().next()
    }
}

fn targets_of(actions: &[Value]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for action in actions {
        let direct = action["TargetGroupArn"].as_str();
        let weighted = action["ForwardConfig"]["TargetGroups"].as_array().into_iter().flatten();
        for arn in direct.into_iter().chain(weighted.filter_map(|one| one["TargetGroupArn"].as_str())) {
            if !found.iter().any(|known| known == arn) {
                found.push(arn.to_owned());
            }
        }
    }
    found
}

/// Makes a listener and answers its ARN.
///
/// # Errors
/// What ELBv2 refuses: certificate, policy, target group, port.
pub fn create(
    region: &Region,
    load_balancer_arn: &str,
    settings: Settings,
    tags: Vec<(String, String)>,
) -> Result<String, AwsError> {
    let (id, now) = (region.random.hex(16), region.clock.epoch());
    region.world(|world| {
        let name = world.elbv2.load_balancer(load_balancer_arn)?.full_name().to_owned();
        let settings = checked(world, load_balancer_arn, None, now, settings)?;
        let arn = region.arn("elasticloadbalancing", &format!("listener/{name}/{id}"));
        let load_balancer_arn = load_balancer_arn.to_owned();
        let attributes = attributes::listener_defaults();
        let (own, more_certificates) = (arn.clone(), Vec::new());
        let made = Listener { arn: own, load_balancer_arn, settings, more_certificates, attributes, tags };
        world.elbv2.listeners.push(made);
        Ok(arn)
    })
}

/// Changes a listener in place; connections that are open keep their certificate.
///
/// # Errors
/// As at creation.
pub fn modify(
    region: &Region,
    arn: &str,
    settings: Settings,
    tags: Option<Vec<(String, String)>>,
) -> Result<(), AwsError> {
    let now = region.clock.epoch();
    region.world(|world| {
        let load_balancer = world.elbv2.listener(arn)?.load_balancer_arn.clone();
        let settings = checked(world, &load_balancer, Some(arn), now, settings)?;
        let state = &mut world.elbv2;
        for listener in state.listeners.iter_mut().filter(|one| one.arn == arn) {
            if listener.settings.certificate != settings.certificate {
                state.released.extend(released(region, listener, now));
            }
            listener.settings = settings.clone();
            if let Some(tags) = &tags {
                listener.tags.clone_from(tags);
            }
        }
        Ok(())
    })
}

/// Deletes a listener. One that is gone already is success.
pub fn delete(region: &Region, arn: &str) {
    let now = region.clock.epoch();
    region.world(|world| {
        let gone: Vec<Listener> = world.elbv2.listeners.extract_if(.., |one| one.arn == arn).collect();
        world.elbv2.released.extend(gone.iter().filter_map(|one| released(region, one, now)));
    });
}

/// What a listener lets go of, if it is noticed late: for half of all certificates, by the seed.
// https://github.com/hashicorp/terraform-provider-aws/issues/3866 (ACM),
// https://github.com/genevieve/leftovers/issues/42 (IAM)
fn released(region: &Region, listener: &Listener, now: f64) -> Option<Released> {
    let certificate = listener.settings.certificate.clone()?;
    let what = format!("release of {certificate}");
    let until = now + region.clock.scaled(region.random.duration(&what, RELEASE)).as_secs_f64();
    let load_balancer_arn = listener.load_balancer_arn.clone();
    (region.random.fixed(&what) < 0.5).then_some(Released { certificate, load_balancer_arn, until })
}

/// Checks the settings against the world and fills in the default policy.
fn checked(
    world: &World,
    load_balancer: &str,
    own: Option<&str>,
    now: f64,
    mut wanted: Settings,
) -> Result<Settings, AwsError> {
    match wanted.protocol.as_str() {
        "HTTPS" => {
            let Some(arn) = &wanted.certificate else {
                // https://github.com/pulumi/pulumi-awsx/issues/1242
                return Err(AwsError::validation("A certificate must be specified for HTTPS listeners"));
            };
            certificate::usable(world, arn, now)?;
            let policy = wanted.ssl_policy.get_or_insert_with(|| ssl_policies::DEFAULT.to_owned());
            ssl_policies::find(policy)?;
        }
        "HTTP" if wanted.certificate.is_some() => {
            return Err(AwsError::validation("A certificate cannot be specified for HTTP listeners"));
        }
        "HTTP" if wanted.ssl_policy.is_some() => {
            // https://github.com/theopensystemslab/planx-new/pull/1051 (so spelled)
            return Err(AwsError::validation("An SSL policy cannot be specifed for HTTP listeners"));
        }
        "HTTP" => {}
        other => {
            // https://github.com/hashicorp/terraform-provider-aws/issues/6173
            return Err(AwsError::validation(format!("Listener protocol '{other}' must be one of 'HTTPS, HTTP'")));
        }
    }
    let state = &world.elbv2;
    let taken = |one: &&Listener| {
        one.load_balancer_arn == load_balancer && one.settings.port == wanted.port && own != Some(one.arn.as_str())
    };
    if state.listeners.iter().find(taken).is_some() {
        // https://github.com/hashicorp/terraform/issues/26407
        return Err(AwsError::new(
            "DuplicateListener",
            format!("A listener already exists on this port for this load balancer '{load_balancer}'"),
        ));
    }
    check_actions(state, load_balancer, &wanted.actions)?;
    Ok(wanted)
}

fn check_actions(state: &State, load_balancer: &str, actions: &[Value]) -> Result<(), AwsError> {
    let vpc = &state.load_balancer(load_balancer)?.vpc_id;
    let Some(last) = actions.last() else {
        return Err(AwsError::validation("A listener must have at least one default action"));
    };
    let kind = last["Type"].as_str().unwrap_or_default();
    if actions.len() > 1 || !["forward", "fixed-response", "redirect"].contains(&kind) {
        return Err(AwsError::validation(format!("Listener actions that begin with '{kind}' are not simulated")));
    }
    let targets = targets_of(actions);
    if kind == "forward" && targets.len() != 1 {
        return Err(AwsError::validation("A forward action must have exactly one target group here"));
    }
    for arn in &targets {
        let group = state.target_group(arn)?;
        if group.protocol != "HTTP" {
            let message = format!("The listener and the following target groups have incompatible protocols: '{arn}'");
            // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
            return Err(AwsError::new("IncompatibleProtocols", message));
        }
        if group.vpc_id != *vpc {
            let message = format!("The target group '{arn}' is not in the VPC of the load balancer"); // [U] wording
            return Err(AwsError::new("InvalidConfigurationRequest", message));
        }
        // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
        if state.load_balancers_of(arn).iter().any(|other| other != load_balancer) {
            let message =
                format!("The following target groups cannot be associated with more than one load balancer: {arn}");
            return Err(AwsError::new("TargetGroupAssociationLimit", message));
        }
    }
    Ok(())
}

/// `ModifyListener`: members that are absent stay as they are.
pub(super) fn modify_call(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arn = input["ListenerArn"].as_str().unwrap_or_default();
    let old = region.world(|world| world.elbv2.listener(arn).map(described))?;
    let mut merged = old;
    for (key, value) in input.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        merged[key] = value.clone();
    }
    modify(region, arn, Settings::read(&merged)?, None)?;
    region.world(|world| Ok(json!({ "Listeners": [described(world.elbv2.listener(arn)?)] })))
}

/// `DescribeListeners`.
pub(super) fn describe(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arns = strings(&input["ListenerArns"]);
    let of = input["LoadBalancerArn"].as_str();
    if arns.is_empty() && of.is_none() {
        return Err(AwsError::validation("You must specify either listener ARNs or a load balancer ARN"));
    }
    region.world(|world| {
        let state = &world.elbv2;
        for arn in &arns {
            state.listener(arn)?;
        }
        if let Some(load_balancer) = of {
            state.load_balancer(load_balancer)?;
        }
        let chosen = state.listeners.iter().filter(|one| {
            (arns.is_empty() || arns.contains(&one.arn)) && of.is_none_or(|arn| one.load_balancer_arn == arn)
        });
        page(input, "Listeners", chosen.map(described).collect())
    })
}

fn described(one: &Listener) -> Value {
    let Settings { port, protocol, ssl_policy, certificate, actions } = &one.settings;
    let mut value = json!({
        "ListenerArn": one.arn,
        "LoadBalancerArn": one.load_balancer_arn,
        "Port": port,
        "Protocol": protocol,
        "DefaultActions": actions,
    });
    if let Some(policy) = ssl_policy {
        value["SslPolicy"] = json!(policy);
    }
    if let Some(arn) = certificate {
        value["Certificates"] = json!([{ "CertificateArn": arn }]);
    }
    value
}

/// `DescribeListenerCertificates`.
pub(super) fn describe_certificates(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arn = input["ListenerArn"].as_str().unwrap_or_default();
    region.world(|world| {
        let listener = world.elbv2.listener(arn)?;
        let shown = |default: bool| move |arn: &String| json!({"CertificateArn": arn, "IsDefault": default});
        let default = listener.settings.certificate.iter().map(shown(true));
        page(input, "Certificates", default.chain(listener.more_certificates.iter().map(shown(false))).collect())
    })
}

/// Adds certificates to a listener's list, or takes them off it; what is there, or not there, already is as wanted.
/// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html
///
/// # Errors
/// The listener does not exist, has no use for certificates, or may not use one of them.
pub fn list_certificates(region: &Region, arn: &str, gone: &[String], added: &[String]) -> Result<(), AwsError> {
    let now = region.clock.epoch();
    region.world(|world| {
        if world.elbv2.listener(arn)?.settings.protocol != "HTTPS" {
            // [U] the words
            return Err(AwsError::validation("A certificate cannot be specified for HTTP listeners"));
        }
        added.iter().try_for_each(|certificate| certificate::usable(world, certificate, now))?;
        for listener in world.elbv2.listeners.iter_mut().filter(|one| one.arn == arn) {
            let list = &mut listener.more_certificates;
            list.retain(|known| !gone.contains(known) && !added.contains(known));
            list.extend(added.iter().cloned());
        }
        Ok(())
    })
}

/// Changes attributes of a listener, by a list of `Key` and `Value`; those not named stay.
///
/// # Errors
/// The listener does not exist, or what [`attributes::set_listener`] refuses.
pub fn set_attributes(region: &Region, arn: &str, changes: &Value) -> Result<(), AwsError> {
    region.world(|world| {
        let mut attributes = world.elbv2.listener(arn)?.attributes.clone();
        attributes::set_listener(&mut attributes, changes)?;
        for listener in world.elbv2.listeners.iter_mut().filter(|one| one.arn == arn) {
            listener.attributes.clone_from(&attributes);
        }
        Ok(())
    })
}

/// `DescribeListenerAttributes`.
pub(super) fn describe_attributes(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arn = input["ListenerArn"].as_str().unwrap_or_default();
    region.world(|world| Ok(attributes::describe(&world.elbv2.listener(arn)?.attributes)))
}

/// `ModifyListenerAttributes`.
pub(super) fn modify_attributes(region: &Region, input: &Value) -> Result<Value, AwsError> {
    set_attributes(region, input["ListenerArn"].as_str().unwrap_or_default(), &input["Attributes"])?;
    describe_attributes(region, input)
}
