//! What a call needs of IAM: the action, and the resource it is about. Only nodes are asked; the operator may do all.
//!
//! The words of errors are [U] where no source is cited.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

use serde_json::Value;

use super::endpoint::name_of;
use crate::service::{Call, Principal};
use crate::{AwsError, Region};

/// Refuses a node's call that its role's policies do not allow.
///
/// # Errors
/// The service's own denial.
pub(super) fn check(region: &Region, call: &Call, protocol: &str) -> Result<(), AwsError> {
    let Principal::Node { role_name, .. } = &call.principal else { return Ok(()) };
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: "No permissions are required".
    if call.operation == "GetCallerIdentity" {
        return Ok(());
    }
    let action = action(call.service, &call.operation);
    let resource = resource(region, call);
    if region.world(|world| crate::service::iam::allows(&world.iam, role_name, &action, &resource)) {
        return Ok(());
    }
    Err(denial(region, call, protocol))
}

/// The service's own denial of a call.
pub(super) fn denial(region: &Region, call: &Call, protocol: &str) -> AwsError {
    let (action, resource) = (action(call.service, &call.operation), resource(region, call));
    let caller = name_of(region, &call.principal);
    let because = format!("because no identity-based policy allows the {action} action");
    let message = match resource.as_str() {
        "*" => format!("User: {caller} is not authorized to perform: {action} {because}"),
        resource => format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {because}"),
    };
    match (protocol, call.service) {
        ("ec2", _) => AwsError::new(
            "UnauthorizedOperation",
            format!("You are not authorized to perform this operation. {message}"),
        )
        .with_status(403),
        ("json", _) => AwsError::new("AccessDeniedException", message),
        _ => AwsError::new("AccessDenied", message).with_status(403),
    }
}

pub(super) fn action(service: &str, operation: &str) -> String {
    let prefix = match service {
        "elbv2" => "elasticloadbalancing",
        "service-quotas" => "servicequotas",
        other => other,
    };
    let action = match (service, operation) {
        ("s3", "HeadObject") => "GetObject",
        ("s3", "HeadBucket" | "ListObjectsV2" | "ListObjects") => "ListBucket",
        ("s3", "ListObjectVersions") => "ListBucketVersions",
        ("s3", "ListBuckets") => "ListAllMyBuckets",
        ("s3", "ListMultipartUploads") => "ListBucketMultipartUploads",
        ("s3", "ListParts") => "ListMultipartUploadParts",
        (
            "s3",
            "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" | "CopyObject" | "UploadPartCopy",
        ) => "PutObject",
        ("s3", "DeleteObjects") => "DeleteObject",
        (_, other) => other,
    };
    format!("{prefix}:{action}")
}

/// The resource, by ARN; `*` for actions that know no resources.
pub(super) fn resource(region: &Region, call: &Call) -> String {
    let text = |name: &str| call.input[name].as_str().unwrap_or_default();
    match (call.service, call.operation.as_str()) {
        ("secretsmanager", _) => {
            let id = text("SecretId");
            region.world(|world| {
                world
                    .secretsmanager
                    .secret(id)
                    .map_or_else(|_| region.arn("secretsmanager", &format!("secret:{id}")), |secret| secret.arn.clone())
            })
        }
        ("cloudformation", _) if !text("StackName").is_empty() => {
            let name = text("StackName");
            if name.starts_with("arn:") {
                return name.to_owned();
            }
            region
                .world(|world| world.cloudformation.stack_arn(name))
                .unwrap_or_else(|| region.arn("cloudformation", &format!("stack/{name}/*")))
        }
        ("ssm", "GetParameter") => region.arn("ssm", &format!("parameter/{}", text("Name").trim_start_matches('/'))),
        ("logs", _) if !text("logGroupName").is_empty() => {
            region.arn("logs", &format!("log-group:{}:*", text("logGroupName")))
        }
        ("s3", "ListBuckets") => "*".to_owned(),
        ("s3", _) => {
            let bucket = format!("arn:{}:s3:::{}", region.settings.partition, text("Bucket"));
            match (&call.input["Key"], call.operation.as_str()) {
                (Value::String(key), _) => format!("{bucket}/{key}"),
                // S3 judges each key of the body by itself; here the role must cover every key there may be.
                // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
                (_, "DeleteObjects") => format!("{bucket}/*"),
                _ => bucket,
            }
        }
        _ => "*".to_owned(),
    }
}
