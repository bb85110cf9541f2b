//! Instance types and machine images: what runs on what.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::LocationType;

use super::{Aws, AwsCallError, filter};

/// What an instance type is, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct InstanceType {
    /// Its name, for example `t3.small`.
    pub name: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Virtual processors, which count against a quota.
    pub vcpus: u32,
}

/// A machine image.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// Its owner's name for it.
    pub name: String,
    /// The account of its owner.
    pub owner: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// The device its root file system is on.
    pub root_device: String,
}

/// Looks an instance type up; `None` when the region has none of that name.
pub async fn instance_type(aws: &Aws, name: &str) -> Result<Option<InstanceType>, AwsCallError> {
    const OPERATION: &str = "DescribeInstanceTypes";
    let call = aws.ec2().describe_instance_types().instance_types(name.into());
    let output = match call.send().await.map_err(|error| AwsCallError::of(OPERATION, error)) {
        Ok(output) => output,
        Err(error) if error.is("InvalidInstanceType") || error.is("InvalidParameterValue") => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(output.instance_types().first().map(|own| {
        let supported = own.processor_info().map(|info| info.supported_architectures()).unwrap_or_default();
        let is_arm = supported.iter().any(|architecture| architecture.as_str().starts_with("arm64"));
        let vcpus = own.v_cpu_info().and_then(|info| info.default_v_cpus()).unwrap_or_default();
        InstanceType {
            name: name.to_owned(),
            architecture: if is_arm { "arm64" } else { "x86_64" }.to_owned(),
            vcpus: u32::try_from(vcpus).unwrap_or_default(),
        }
    }))
}

/// The availability zones that offer an instance type.
pub async fn offered_zones(aws: &Aws, instance_type: &str) -> Result<BTreeSet<String>, AwsCallError> {
    let mut found = BTreeSet::new();
    let mut token = None;
    loop {
        let call = aws
            .ec2()
            .describe_instance_type_offerings()
            .location_type(LocationType::AvailabilityZone)
            .filters(filter("instance-type", &[instance_type.to_owned()]))
            .set_next_token(token);
        let page = call.send().await.map_err(|error| AwsCallError::of("DescribeInstanceTypeOfferings", error))?;
        found.extend(page.instance_type_offerings().iter().filter_map(|own| own.location().map(str::to_owned)));
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// Looks an image up; `None` when there is none of that id.
pub async fn image(aws: &Aws, id: &str) -> Result<Option<Image>, AwsCallError> {
    const OPERATION: &str = "DescribeImages";
    let answer = aws.ec2().describe_images().image_ids(id).send().await;
    let output = match answer.map_err(|error| AwsCallError::of(OPERATION, error)) {
        Ok(output) => output,
        Err(error) if error.code.as_deref().is_some_and(|code| code.starts_with("InvalidAMIID")) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(image) = output.images().first() else { return Ok(None) };
    let architecture = image.architecture().map(|own| own.as_str());
    let lacks = |what| AwsCallError::incomplete(OPERATION, what);
    Ok(Some(Image {
        id: id.to_owned(),
        name: image.name().unwrap_or_default().to_owned(),
        owner: image.owner_id().unwrap_or_default().to_owned(),
        architecture: architecture.ok_or_else(|| lacks("Architecture"))?.to_owned(),
        root_device: image.root_device_name().ok_or_else(|| lacks("RootDeviceName"))?.to_owned(),
    }))
}

/// Whether the region has a key pair of this name.
pub async fn has_key_pair(aws: &Aws, name: &str) -> Result<bool, AwsCallError> {
    let answer = aws.ec2().describe_key_pairs().key_names(name).send().await;
    match answer.map_err(|error| AwsCallError::of("DescribeKeyPairs", error)) {
        Ok(output) => Ok(!output.key_pairs().is_empty()),
        Err(error) if error.is("InvalidKeyPair.NotFound") => Ok(false),
        Err(error) => Err(error),
    }
}

/// The key that new disks are encrypted with; `None` when it is AWS's own.
pub async fn default_disk_key(aws: &Aws) -> Result<Option<String>, AwsCallError> {
    const OPERATION: &str = "GetEbsDefaultKmsKeyId";
    let answer = aws.ec2().get_ebs_default_kms_key_id().send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    let key = output.kms_key_id().ok_or_else(|| AwsCallError::incomplete(OPERATION, "KmsKeyId"))?;
    Ok(Some(key.to_owned()).filter(|key| !key.ends_with("alias/aws/ebs")))
}
