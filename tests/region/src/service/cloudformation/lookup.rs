//! What CloudFormation asks other services while it prepares a stack.

use serde_json::Value;

use super::deployment::Deployment;
use crate::Region;
use crate::formation::dynamic::Reference;
use crate::formation::parameter::{Specific, specific_values};
use crate::formation::pseudo::Pseudo;
use crate::region::World;

/// The pseudo parameters of a stack.
pub(super) fn pseudo(region: &Region, stack_name: &str, stack_id: &str, notification_arns: Vec<String>) -> Pseudo {
    let zones = region.world(|world| {
        // Fn::GetAZs returns the zones that have a default subnet.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
        let subnets = world.ec2.network.subnets.values().filter(|subnet| subnet.default_for_az);
        let mut zones: Vec<String> = subnets.map(|subnet| subnet.availability_zone.clone()).collect();
        zones.sort();
        zones
    });
    let exports = region.world(|world| world.cloudformation.exports_for(stack_id));
    Pseudo {
        account_id: region.settings.account.clone(),
        notification_arns,
        partition: region.settings.partition.clone(),
        region: region.settings.region.clone(),
        stack_id: stack_id.to_owned(),
        stack_name: stack_name.to_owned(),
        url_suffix: region.settings.url_suffix.clone(),
        zones,
        exports,
    }
}

/// Type and value of an SSM parameter; `NAME:VERSION` asks for a version.
pub(super) fn ssm_parameter(region: &Region, name: &str) -> Option<(String, String)> {
    region.world(|world| world.ssm.value(name))
}

/// The value of a dynamic reference to SSM; None for one to a secret, which is read when its resource is made.
///
/// # Errors
/// The parameter does not exist or is secure.
pub(super) fn ssm_reference(region: &Region, reference: &Reference) -> Result<Option<String>, String> {
    let Reference::Ssm { name, version } = reference else { return Ok(None) };
    let full = version.map_or_else(|| name.clone(), |version| format!("{name}:{version}"));
    match ssm_parameter(region, &full) {
        Some((kind, _)) if kind == "SecureString" => {
            Err(format!("Non-secure ssm prefix was used for secure parameter: [{full}]"))
        }
        Some((_, value)) => Ok(Some(value)),
        // https://github.com/aws-samples/data-mesh-datazone-cdk-cloudformation/issues/19
        None => Err(format!("Parameters: [ssm:{full}] cannot be found.")),
    }
}

/// The value of a dynamic reference to a secret.
///
/// # Errors
/// In the words of the resource's event.
pub(super) fn secret_reference(region: &Region, reference: &Reference) -> Result<Option<String>, String> {
    let Reference::Secret { id, key, stage, .. } = reference else { return Ok(None) };
    let stage = stage.as_deref().unwrap_or("AWSCURRENT");
    let text = region.world(|world| {
        let secret = world.secretsmanager.secret(id).ok()?;
        let version = secret.versions.values().find(|version| version.stages.iter().any(|known| known == stage))?;
        Some(version.value.clone())
    });
    let Some(text) = text else {
        // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1187
        return Err(format!(
            "Secrets Manager can't find the specified secret. (Service: AWSSecretsManager; Status Code: 400; Error Code: \
             ResourceNotFoundException; Request ID: {}; Proxy: null)",
            region.random.uuid()
        ));
    };
    let Some(key) = key else { return Ok(Some(text)) };
    let json: Value = serde_json::from_str(&text).map_err(|_| "Could not parse SecretString JSON".to_owned())?;
    match json.get(key) {
        Some(Value::String(value)) => Ok(Some(value.clone())),
        Some(other) => Ok(Some(other.to_string())),
        // https://github.com/aws/aws-sam-cli/issues/2153
        None => Err("Could not find a value associated with JSONKey in SecretString".to_owned()),
    }
}

/// The reason why a deployment cannot begin: an AWS-specific parameter, or an export, that does not exist.
/// A stack-level failure before any resource, for an empty value too.
/// https://github.com/cloudposse/terraform-aws-efs-backup/issues/25
pub(super) fn missing_values(region: &Region, deployment: &Deployment) -> Option<String> {
    let missing: Vec<String> = region.world(|world| {
        specific_values(&deployment.template, &deployment.parameters)
            .filter(|(_, specific, value)| !exists(world, *specific, value))
            .map(|(key, _, value)| format!("parameter value {value} for parameter name {key} does not exist"))
            .collect()
    });
    if !missing.is_empty() {
        return Some(format!("Parameter validation failed: {}", missing.join(", ")));
    }
    // https://github.com/aws-cloudformation/aws-cloudformation-templates/issues/263
    let absent = deployment.imports.iter().find(|name| !deployment.pseudo.exports.contains_key(*name));
    absent.map(|name| format!("No export named {name} found"))
}

fn exists(world: &World, specific: Specific, value: &str) -> bool {
    let ec2 = &world.ec2;
    match specific {
        Specific::AvailabilityZone => ec2.zones.iter().any(|(name, _)| name == value),
        Specific::Image => ec2.images.iter().any(|image| image.image_id == value),
        Specific::KeyPair => ec2.key_pairs.contains_key(value),
        Specific::SecurityGroupId => ec2.security_groups.contains_key(value),
        Specific::SecurityGroupName => ec2.security_groups.values().any(|group| group.name == value),
        Specific::Subnet => ec2.network.subnets.contains_key(value),
        Specific::Vpc => ec2.network.vpcs.contains_key(value),
        Specific::HostedZone => world.route53.zones.contains_key(value),
        Specific::SsmParameter => world.ssm.value(value).is_some(),
        // The region has neither volumes of its own nor instances by parameter.
        Specific::Instance | Specific::Volume => false,
    }
}

/// An attribute that rules may ask of an AWS-specific value.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
pub(super) fn attribute(region: &Region, specific: Specific, value: &str, name: &str) -> Option<String> {
    region.world(|world| {
        let subnet = (specific == Specific::Subnet).then(|| world.ec2.network.subnets.get(value)).flatten()?;
        match name {
            "VpcId" => Some(subnet.vpc_id.clone()),
            "AvailabilityZone" => Some(subnet.availability_zone.clone()),
            _ => None,
        }
    })
}
