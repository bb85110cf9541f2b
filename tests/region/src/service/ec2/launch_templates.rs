//! EC2 launch templates: numbered versions of what an instance is launched with.

mod describe;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::service::Call;
use crate::{AwsError, Region};

/// User data may have 16 KB before Base64.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
pub const USER_DATA_LIMIT: usize = 16_384;

/// State of this part of EC2.
#[derive(Debug, Default)]
pub struct State {
    templates: Vec<LaunchTemplate>,
}

/// One launch template. Its default version is always 1: CloudFormation never moves it.
#[derive(Debug, Clone)]
pub struct LaunchTemplate {
    pub id: String,
    pub name: String,
    pub versions: Vec<Version>,
}

/// One version of a launch template.
#[derive(Debug, Clone)]
pub struct Version {
    /// 1 for the first.
    pub number: u64,
    /// Seconds since 1970.
    pub created: f64,
    pub description: Option<String>,
    /// `LaunchTemplateData`, as given.
    pub data: Map<String, Value>,
}

impl State {
    /// The template with this id or name.
    pub fn find(&self, id_or_name: &str) -> Option<&LaunchTemplate> {
        self.templates.iter().find(|template| template.id == id_or_name || template.name == id_or_name)
    }

    /// The version that a number, `$Latest` or `$Default` means.
    ///
    /// # Errors
    /// EC2's own, when template or version do not exist.
    pub fn resolve(&self, id_or_name: &str, version: &str) -> Result<(&LaunchTemplate, &Version), AwsError> {
        let template = self.find(id_or_name).ok_or_else(|| not_found(id_or_name))?;
        let found = match version {
            "$Latest" => template.versions.last(),
            "$Default" | "" => template.versions.first(),
            number => template.versions.iter().find(|version| version.number.to_string() == number),
        };
        let found = found.ok_or_else(|| {
            // https://github.com/eksctl-io/eksctl/issues/7786
            AwsError::new(
                "InvalidLaunchTemplateId.VersionNotFound",
                format!(
                    "Could not find the specified version {version} for the launch template with ID {}.",
                    template.id
                ),
            )
        })?;
        Ok((template, found))
    }

    fn find_mut(&mut self, id: &str) -> Result<&mut LaunchTemplate, AwsError> {
        self.templates.iter_mut().find(|template| template.id == id).ok_or_else(|| not_found(id))
    }
}

/// Makes a launch template with its version 1 and answers its id.
///
/// # Errors
/// The name is taken, or the data cannot be right for any instance.
pub fn create(
    region: &Region,
    name: String,
    description: Option<String>,
    data: Map<String, Value>,
) -> Result<String, AwsError> {
    check(&data)?;
    let id = format!("lt-0{}", region.random.hex(16));
    region.world(|world| {
        let templates = &mut world.ec2.launch_templates.templates;
        if templates.iter().any(|template| template.name == name) {
            // https://github.com/hashicorp/packer/issues/7817
            return Err(AwsError::new(
                "InvalidLaunchTemplateName.AlreadyExistsException",
                "Launch template name already in use.",
            ));
        }
        let first = Version { number: 1, created: region.clock.epoch(), description, data };
        templates.push(LaunchTemplate { id: id.clone(), name, versions: vec![first] });
        Ok(id)
    })
}

/// Adds a version and answers its number. The default version stays.
///
/// # Errors
/// The template does not exist, or the data cannot be right for any instance.
pub fn add_version(
    region: &Region,
    id: &str,
    description: Option<String>,
    data: Map<String, Value>,
) -> Result<u64, AwsError> {
    check(&data)?;
    region.world(|world| {
        let template = world.ec2.launch_templates.find_mut(id)?;
        let number = template.versions.last().map_or(1, |last| last.number + 1);
        template.versions.push(Version { number, created: region.clock.epoch(), description, data });
        Ok(number)
    })
}

/// Deletes the template with all its versions.
///
/// # Errors
/// The template does not exist.
pub fn delete(region: &Region, id: &str) -> Result<(), AwsError> {
    region.world(|world| {
        let templates = &mut world.ec2.launch_templates.templates;
        let before = templates.len();
        templates.retain(|template| template.id != id);
        if templates.len() == before { Err(not_found(id)) } else { Ok(()) }
    })
}

/// The decoded user data of launch template data.
///
/// # Errors
/// It is not Base64 or too long.
pub fn user_data(data: &Map<String, Value>) -> Result<Vec<u8>, AwsError> {
    let Some(encoded) = data.get("UserData").and_then(Value::as_str) else { return Ok(Vec::new()) };
    let decoded = STANDARD
        .decode(encoded.trim())
        // https://github.com/awslabs/ec2-spot-workshops/issues/15
        .map_err(|_| AwsError::new("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."))?;
    if decoded.len() > USER_DATA_LIMIT {
        let message = format!("User data is limited to {USER_DATA_LIMIT} bytes.");
        // https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3700
        return Err(AwsError::new("InvalidUserData.Malformed", message));
    }
    Ok(decoded)
}

/// What EC2 checks before any instance is launched.
fn check(data: &Map<String, Value>) -> Result<(), AwsError> {
    user_data(data)?;
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateInstanceMetadataOptionsRequest.html
    if let Some(hops) = data.get("MetadataOptions").and_then(|options| options.get("HttpPutResponseHopLimit")) {
        let hops = hops.as_i64().unwrap_or_default();
        if !(1..=64).contains(&hops) {
            return Err(AwsError::new(
                "InvalidParameterValue",
                format!("HttpPutResponseHopLimit value {hops} is invalid, it must be between 1 and 64."), // [U] wording
            ));
        }
    }
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html: security groups belong either to
    // the template or to its network interfaces.
    let interfaces = data.get("NetworkInterfaces").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let groups = ["SecurityGroupIds", "SecurityGroups"].iter().any(|key| data.get(*key).is_some());
    if interfaces && groups {
        // https://github.com/aws/aws-cli/issues/518
        return Err(AwsError::new(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level security groups may not be specified on the same request",
        ));
    }
    Ok(())
}

// https://github.com/aws/karpenter-provider-aws/pull/5665 (by ID), https://github.com/getmoto/moto/pull/5477 (by name,
// as AWS answers)
fn not_found(id_or_name: &str) -> AwsError {
    if id_or_name.starts_with("lt-") {
        AwsError::new(
            "InvalidLaunchTemplateId.NotFound",
            format!("The specified launch template, with template ID {id_or_name}, does not exist."),
        )
    } else {
        AwsError::new(
            "InvalidLaunchTemplateName.NotFoundException",
            format!("The specified launch template, with template name {id_or_name}, does not exist."),
        )
    }
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    match call.operation.as_str() {
        "DescribeLaunchTemplateVersions" => describe::versions(region, &call.input),
        // https://github.com/cognitect-labs/aws-api/issues/6
        other => Err(AwsError::new("InvalidAction", format!("The action {other} is not valid for this web service."))),
    }
}
