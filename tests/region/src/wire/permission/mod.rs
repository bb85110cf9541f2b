//! What a call needs of IAM: the actions, the resources they are about, and the values of condition keys.
//! How policies are read is not known here.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

mod action;
mod context;
mod resource;

use serde_json::Value;

pub(super) use action::action;

use crate::service::iam::access::{Denial, Need, demand};
use crate::service::{Call, Principal};
use crate::{AwsError, Region};

/// Refuses a call that its caller's policies do not allow.
///
/// # Errors
/// The service's own denial.
pub(super) fn check(region: &Region, call: &Call, protocol: &str) -> Result<(), AwsError> {
    let judged = match &call.principal {
        Principal::Node { .. } => true,
        Principal::Operator { .. } => region.world(|world| world.iam.caller_policy.is_some()),
    };
    if !judged {
        return Ok(());
    }
    demand(region, &call.principal, &needs(region, call)).map_err(|denial| denial.error(protocol))
}

/// The service's own denial of a call, whatever the caller may do.
pub(super) fn denial(region: &Region, call: &Call, protocol: &str) -> AwsError {
    let need =
        needs(region, call).into_iter().next().unwrap_or_else(|| Need::new(action(call.service, &call.operation), "*"));
    Denial::new(region, &call.principal, need).error(protocol)
}

/// The resource that S3's rules ask a bucket's policy about.
pub(super) fn resource(region: &Region, call: &Call) -> String {
    resource::of(region, call).unwrap_or_default().into_iter().next().unwrap_or_else(|| "*".to_owned())
}

/// Everything that must be allowed before the call is carried out; nothing for one that needs no permission.
fn needs(region: &Region, call: &Call) -> Vec<Need> {
    let input = &call.input;
    let action = action(call.service, &call.operation);
    let context = context::of(call);
    let resources = resource::of(region, call).unwrap_or_else(|| vec!["*".to_owned()]);
    let mut needs: Vec<Need> = resources
        .into_iter()
        .map(|resource| {
            let tags = context::tags_of(region, &resource);
            Need { action: action.clone(), resource, context: context.clone() }.tagged(&tags)
        })
        .collect();
    match (call.service, call.operation.as_str()) {
        ("cloudformation", operation) => {
            // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
            // (cloudformation:CreateAction); that change sets need it [U]
            if matches!(operation, "CreateChangeSet" | "CreateStack" | "UpdateStack") {
                and_tag(&mut needs, "cloudformation:TagResource", input);
            }
            // A role that CloudFormation is to act by is passed to it.
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
            needs.extend(input["RoleARN"].as_str().map(|role| {
                Need::new("iam:PassRole", role)
                    .with("iam:PassedToService", vec!["cloudformation.amazonaws.com".to_owned()])
            }));
        }
        ("s3", "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload") => {
            needs.extend(of_key(region, input, &call.operation));
        }
        ("s3", "CopyObject" | "UploadPartCopy") => {
            needs.extend(of_key(region, input, &call.operation));
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
            if let Some(source) = input["CopySource"].as_str() {
                let decoded = percent_encoding::percent_decode_str(source).decode_utf8_lossy();
                let path = decoded.trim_start_matches('/').split('?').next().unwrap_or_default().to_owned();
                needs.push(Need::new("s3:GetObject", format!("arn:{}:s3:::{path}", region.settings.partition)));
            }
        }
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html (permissions)
        ("s3", "DeleteObjects") => {
            let objects = input["Delete"]["Objects"].as_array().map(Vec::as_slice).unwrap_or_default();
            if objects.iter().any(|object| !object["VersionId"].is_null()) {
                needs.extend(
                    needs.first().map(|first| Need { action: "s3:DeleteObjectVersion".to_owned(), ..first.clone() }),
                );
            }
        }
        // A tag that is set while something is made needs the permission to tag.
        // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
        ("secretsmanager", "CreateSecret") => and_tag(&mut needs, "secretsmanager:TagResource", input),
        // https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html; the need [U]
        ("iam", "UploadServerCertificate") => and_tag(&mut needs, "iam:TagServerCertificate", input),
        // https://docs.aws.amazon.com/acm/latest/userguide/authen-apipermissions.html; the need [U]
        ("acm", "ImportCertificate" | "RequestCertificate") => {
            and_tag(&mut needs, "acm:AddTagsToCertificate", input);
        }
        _ => {}
    }
    needs
}

/// What writing into a bucket needs of the customer's key that encrypts it. The key's own policy is taken to leave it to IAM,
/// as the console makes it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html (permissions)
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html (multipart uploads read what they encrypted)
fn of_key(region: &Region, input: &Value, operation: &str) -> Vec<Need> {
    let bucket = input["Bucket"].as_str().unwrap_or_default();
    let key = region.world(|world| Some(world.s3.bucket(bucket).ok()?.customer_key()?.to_owned()));
    let Some(key) = key else { return Vec::new() };
    let arn = if key.starts_with("arn:") { key } else { region.arn("kms", &format!("key/{key}")) };
    let actions: &[&str] = match operation {
        "PutObject" | "CopyObject" => &["kms:GenerateDataKey"],
        _ => &["kms:GenerateDataKey", "kms:Decrypt"],
    };
    actions.iter().map(|action| Need::new(*action, arn.clone())).collect()
}

fn and_tag(needs: &mut Vec<Need>, action: &str, input: &Value) {
    if input["Tags"].as_array().is_some_and(|tags| !tags.is_empty()) {
        needs.extend(needs.first().map(|first| Need { action: action.to_owned(), ..first.clone() }));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::{needs, resource};
    use crate::clock::Clock;
    use crate::node::in_process::InProcess;
    use crate::region::World;
    use crate::service::{Call, Principal};
    use crate::{Region, Settings};

    fn region() -> Arc<Region> {
        let settings = Settings {
            region: "eu-west-1".to_owned(),
            account: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
            seed: 1,
        };
        Region::new(settings, Clock::new(1.0), Arc::new(InProcess::default()), World::default())
    }

    fn call(service: &'static str, operation: &str, input: Value) -> Call {
        let principal = Principal::Operator { arn: "arn:aws:iam::123456789012:user/operator".to_owned() };
        Call { service, operation: operation.to_owned(), input, principal }
    }

    /// An operation that nobody has thought about must not be allowed on `*` by chance.
    #[test]
    fn every_operation_of_the_region_has_its_resources_written_down() {
        let region = region();
        let mut missing = Vec::new();
        for service in crate::wire::model::names() {
            let (_, model) = crate::wire::model::model(service).expect("a model");
            for operation in model.operations.keys() {
                if resource::of(&region, &call(service, operation, json!({}))).is_none() {
                    missing.push(format!("{service}:{operation}"));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_call_needs_the_actions_and_resources_that_aws_lists() {
        let region = region();
        let first = |service, operation, input| {
            let need = needs(&region, &call(service, operation, input)).into_iter().next();
            need.map(|need| format!("{} {}", need.action, need.resource)).unwrap_or_default()
        };
        for (service, operation, input, expected) in [
            ("sts", "GetCallerIdentity", json!({}), ""),
            ("s3", "HeadBucket", json!({ "Bucket": "b" }), "s3:ListBucket arn:aws:s3:::b"),
            ("s3", "GetBucketEncryption", json!({ "Bucket": "b" }), "s3:GetEncryptionConfiguration arn:aws:s3:::b"),
            ("s3", "PutObject", json!({ "Bucket": "b", "Key": "x/y" }), "s3:PutObject arn:aws:s3:::b/x/y"),
            (
                "ssm",
                "GetParameter",
                json!({ "Name": "/aws/service/x" }),
                "ssm:GetParameter arn:aws:ssm:eu-west-1::parameter/aws/service/x",
            ),
            (
                "ssm",
                "GetParameter",
                json!({ "Name": "plain" }),
                "ssm:GetParameter arn:aws:ssm:eu-west-1:123456789012:parameter/plain",
            ),
            ("route53", "GetChange", json!({ "Id": "/change/C1" }), "route53:GetChange arn:aws:route53:::change/C1"),
            (
                "route53",
                "ChangeResourceRecordSets",
                json!({ "HostedZoneId": "Z1" }),
                "route53:ChangeResourceRecordSets arn:aws:route53:::hostedzone/Z1",
            ),
            (
                "iam",
                "UploadServerCertificate",
                json!({ "ServerCertificateName": "n", "Path": "/p/" }),
                "iam:UploadServerCertificate arn:aws:iam::123456789012:server-certificate/p/n",
            ),
            ("elbv2", "DescribeListeners", json!({}), "elasticloadbalancing:DescribeListeners *"),
            (
                "ec2",
                "TerminateInstances",
                json!({ "InstanceIds": ["i-1"] }),
                "ec2:TerminateInstances arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
            ),
            (
                "cloudformation",
                "CreateStack",
                json!({ "StackName": "s" }),
                "cloudformation:CreateStack arn:aws:cloudformation:eu-west-1:123456789012:stack/s/*",
            ),
            (
                "service-quotas",
                "GetServiceQuota",
                json!({ "ServiceCode": "ec2", "QuotaCode": "L-1" }),
                "servicequotas:GetServiceQuota arn:aws:servicequotas:eu-west-1:123456789012:ec2/L-1",
            ),
        ] {
            assert_eq!(first(service, operation, input), expected, "{service} {operation}");
        }
    }

    #[test]
    fn a_role_is_passed_and_a_copy_reads() {
        let region = region();
        let all = |service, operation, input| -> Vec<String> {
            let needs = needs(&region, &call(service, operation, input));
            needs.into_iter().map(|need| format!("{} {}", need.action, need.resource)).collect()
        };
        let created =
            all("cloudformation", "CreateStack", json!({ "StackName": "s", "RoleARN": "arn:aws:iam::1:role/r" }));
        assert_eq!(created[1], "iam:PassRole arn:aws:iam::1:role/r");
        let tags = json!([{ "Key": "a", "Value": "b" }]);
        let tagged = all("cloudformation", "CreateChangeSet", json!({ "StackName": "s", "Tags": tags }));
        assert_eq!(tagged[1], "cloudformation:TagResource arn:aws:cloudformation:eu-west-1:123456789012:stack/s/*");
        let copied = all("s3", "CopyObject", json!({ "Bucket": "b", "Key": "k", "CopySource": "/other/a%20b" }));
        assert_eq!(copied, ["s3:PutObject arn:aws:s3:::b/k", "s3:GetObject arn:aws:s3:::other/a b"]);
    }
}
