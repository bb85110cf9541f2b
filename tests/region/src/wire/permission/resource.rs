//! The resources of each operation, by ARN, as the service authorization reference lists them.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

use serde_json::Value;

use crate::Region;
use crate::service::Call;

/// The resources an operation's action is judged on: `*` for one that knows none, nothing for one that needs no
/// permission; None for an operation that is not written down.
pub(super) fn of(region: &Region, call: &Call) -> Option<Vec<String>> {
    let operation = call.operation.as_str();
    let input = &call.input;
    match call.service {
        "acm" => acm(region, operation, input),
        "autoscaling" => autoscaling(region, operation, input),
        "cloudformation" => cloudformation(region, operation, input),
        "ec2" => ec2(region, operation, input),
        "elbv2" => elbv2(operation, input),
        "iam" => iam(region, operation, input),
        "logs" => logs(region, operation, input),
        "route53" => route53(region, operation, input),
        "s3" => s3(region, operation, input),
        "secretsmanager" => secretsmanager(region, operation, input),
        "service-quotas" => service_quotas(region, operation, input),
        "ssm" => ssm(region, operation, input),
        "sts" => sts(operation, input),
        _ => None,
    }
}

fn any() -> Option<Vec<String>> {
    one("*".to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "so that every arm reads the same")]
fn one(arn: String) -> Option<Vec<String>> {
    Some(vec![arn])
}

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().unwrap_or_default()
}

fn texts<'a>(input: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    input[name].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn acm(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    match operation {
        "ListCertificates" | "RequestCertificate" => any(),
        "ImportCertificate" if input["CertificateArn"].is_null() => one(region.arn("acm", "certificate/*")),
        "AddTagsToCertificate"
        | "DeleteCertificate"
        | "DescribeCertificate"
        | "GetCertificate"
        | "ImportCertificate"
        | "ListTagsForCertificate" => one(text(input, "CertificateArn").to_owned()),
        _ => None,
    }
}

fn autoscaling(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    let group = |name: &str| {
        let known = region.world(|world| {
            world.autoscaling.groups.iter().find(|group| group.name == name).map(|group| group.arn.clone())
        });
        known.unwrap_or_else(|| region.arn("autoscaling", &format!("autoScalingGroup:*:autoScalingGroupName/{name}")))
    };
    match operation {
        "DescribeAutoScalingGroups"
        | "DescribeAutoScalingInstances"
        | "DescribeInstanceRefreshes"
        | "DescribeScalingActivities" => any(),
        "CancelInstanceRefresh"
        | "ResumeProcesses"
        | "SetDesiredCapacity"
        | "StartInstanceRefresh"
        | "SuspendProcesses"
        | "UpdateAutoScalingGroup" => one(group(text(input, "AutoScalingGroupName"))),
        "SetInstanceHealth" | "TerminateInstanceInAutoScalingGroup" => {
            let id = text(input, "InstanceId");
            let name = region.world(|world| {
                let of =
                    |group: &&crate::service::autoscaling::Group| group.members.iter().any(|one| one.instance_id == id);
                world.autoscaling.groups.iter().find(of).map(|group| group.name.clone())
            });
            one(group(&name.unwrap_or_default()))
        }
        _ => None,
    }
}

fn cloudformation(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    let stack = |name: &str| {
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        let known = region.world(|world| world.cloudformation.stack_arn(name));
        known.unwrap_or_else(|| region.arn("cloudformation", &format!("stack/{name}/*")))
    };
    let of_change_set = |arn: &str| {
        region.world(|world| world.cloudformation.stack_of_change_set(arn)).unwrap_or_else(|| arn.to_owned())
    };
    match operation {
        "DescribeAccountLimits"
        | "ListExports"
        | "ListImports"
        | "ListStacks"
        | "ValidateTemplate"
        | "DescribeStackDriftDetectionStatus" => any(),
        // Of one stack when one is named: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
        "DescribeStacks"
        | "GetTemplateSummary"
        | "DescribeEvents"
        | "DescribeStackEvents"
        | "DescribeStackResources"
            if text(input, "StackName").is_empty() =>
        {
            match text(input, "ChangeSetName") {
                "" => any(),
                name => one(of_change_set(name)),
            }
        }
        "DescribeChangeSet" | "ExecuteChangeSet" | "DeleteChangeSet" if text(input, "StackName").is_empty() => {
            one(of_change_set(text(input, "ChangeSetName")))
        }
        "CancelUpdateStack"
        | "ContinueUpdateRollback"
        | "CreateChangeSet"
        | "CreateStack"
        | "DeleteChangeSet"
        | "DeleteStack"
        | "DescribeChangeSet"
        | "DescribeEvents"
        | "DescribeStackEvents"
        | "DescribeStackResource"
        | "DescribeStackResourceDrifts"
        | "DescribeStackResources"
        | "DescribeStacks"
        | "DetectStackDrift"
        | "ExecuteChangeSet"
        | "GetTemplate"
        | "GetTemplateSummary"
        | "ListChangeSets"
        | "ListStackResources"
        | "RollbackStack"
        | "SignalResource"
        | "UpdateStack"
        | "UpdateTerminationProtection" => one(stack(text(input, "StackName"))),
        _ => None,
    }
}

fn ec2(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    let instance = |id: &str| region.arn("ec2", &format!("instance/{id}"));
    match operation {
        "GetEbsDefaultKmsKeyId" | "GetEbsEncryptionByDefault" => any(),
        "GetConsoleOutput" => one(instance(text(input, "InstanceId"))),
        "TerminateInstances" => Some(texts(input, "InstanceIds").map(instance).collect()),
        describe if describe.starts_with("Describe") => any(),
        _ => None,
    }
}

fn elbv2(operation: &str, input: &Value) -> Option<Vec<String>> {
    match operation {
        "ModifyListener" | "ModifyListenerAttributes" => one(text(input, "ListenerArn").to_owned()),
        describe if describe.starts_with("Describe") => any(),
        _ => None,
    }
}

fn iam(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    let certificate = |name: &str, path: Option<&str>| {
        let path = path
            .map(str::to_owned)
            .or_else(|| region.world(|world| world.iam.certificates.get(name).map(|known| known.path.clone())));
        region.global_arn("iam", &format!("server-certificate{}{name}", path.unwrap_or_else(|| "/".to_owned())))
    };
    match operation {
        "ListAccountAliases" => any(),
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
        "ListServerCertificates" => any(),
        "SimulatePrincipalPolicy" => one(text(input, "PolicySourceArn").to_owned()),
        "UploadServerCertificate" => {
            one(certificate(text(input, "ServerCertificateName"), Some(input["Path"].as_str().unwrap_or("/"))))
        }
        "GetServerCertificate"
        | "UpdateServerCertificate"
        | "DeleteServerCertificate"
        | "ListServerCertificateTags" => one(certificate(text(input, "ServerCertificateName"), None)),
        "GetRole" => {
            let name = text(input, "RoleName");
            let known = region.world(|world| world.iam.roles.get(name).map(|role| role.arn.clone()));
            one(known.unwrap_or_else(|| region.global_arn("iam", &format!("role/{name}"))))
        }
        "CreateServiceLinkedRole" => {
            let service = text(input, "AWSServiceName");
            one(region.global_arn("iam", &format!("role/aws-service-role/{service}/*")))
        }
        "GetInstanceProfile" => {
            let name = text(input, "InstanceProfileName");
            let known = region.world(|world| world.iam.profile(name).map(|profile| profile.arn.clone()));
            one(known.unwrap_or_else(|_| region.global_arn("iam", &format!("instance-profile/{name}"))))
        }
        _ => None,
    }
}

fn logs(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    let group = text(input, "logGroupName");
    let stream = |name: &str| region.arn("logs", &format!("log-group:{group}:log-stream:{name}"));
    match operation {
        "CreateLogGroup" | "DescribeLogGroups" | "DescribeLogStreams" | "FilterLogEvents" => one(stream("")),
        "CreateLogStream" | "GetLogEvents" | "PutLogEvents" => one(stream(text(input, "logStreamName"))),
        "StartLiveTail" => Some(texts(input, "logGroupIdentifiers").map(str::to_owned).collect()),
        _ => None,
    }
}

fn route53(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    let bare = |name: &str| text(input, name).rsplit('/').next().unwrap_or_default().to_owned();
    let arn = |kind: &str, id: String| format!("arn:{}:route53:::{kind}/{id}", region.settings.partition);
    match operation {
        "CreateHostedZone" | "ListHostedZones" | "ListHostedZonesByName" | "TestDNSAnswer" => any(),
        "GetChange" => one(arn("change", bare("Id"))),
        "GetHostedZone" => one(arn("hostedzone", bare("Id"))),
        "ChangeResourceRecordSets" | "ListResourceRecordSets" => one(arn("hostedzone", bare("HostedZoneId"))),
        _ => None,
    }
}

fn s3(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    let bucket = format!("arn:{}:s3:::{}", region.settings.partition, text(input, "Bucket"));
    match operation {
        "ListBuckets" => any(),
        // S3 judges each key of the body by itself; here the policy must cover every key there may be.
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        "DeleteObjects" => one(format!("{bucket}/*")),
        "AbortMultipartUpload"
        | "CompleteMultipartUpload"
        | "CopyObject"
        | "CreateMultipartUpload"
        | "DeleteObject"
        | "GetObject"
        | "GetObjectTagging"
        | "HeadObject"
        | "ListParts"
        | "PutObject"
        | "PutObjectAcl"
        | "UploadPart"
        | "UploadPartCopy" => one(format!("{bucket}/{}", text(input, "Key"))),
        bucket_wide if bucket_wide.contains("Bucket") => one(bucket),
        "GetPublicAccessBlock" | "ListMultipartUploads" | "ListObjectVersions" | "ListObjects" | "ListObjectsV2" => {
            one(bucket)
        }
        _ => None,
    }
}

fn secretsmanager(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    match operation {
        // The ARN that it would get: six characters that nobody knows yet.
        // https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
        "CreateSecret" => one(region.arn("secretsmanager", &format!("secret:{}-??????", text(input, "Name")))),
        "DeleteSecret"
        | "DescribeSecret"
        | "GetSecretValue"
        | "ListSecretVersionIds"
        | "PutSecretValue"
        | "UpdateSecretVersionStage" => {
            let id = text(input, "SecretId");
            let known = region.world(|world| world.secretsmanager.secret(id).map(|secret| secret.arn.clone()));
            one(known.unwrap_or_else(|_| match id.starts_with("arn:") {
                true => id.to_owned(),
                false => region.arn("secretsmanager", &format!("secret:{id}")),
            }))
        }
        _ => None,
    }
}

fn service_quotas(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    match operation {
        "GetServiceQuota" => {
            let quota = format!("{}/{}", text(input, "ServiceCode"), text(input, "QuotaCode"));
            one(region.arn("servicequotas", &quota))
        }
        "ListServiceQuotas" => any(),
        _ => None,
    }
}

fn ssm(region: &Region, operation: &str, input: &Value) -> Option<Vec<String>> {
    let parameter = |name: &str| crate::service::ssm::arn(region, name);
    match operation {
        "GetParameter" | "PutParameter" => one(parameter(text(input, "Name"))),
        "GetParameters" => Some(texts(input, "Names").map(parameter).collect()),
        "GetParametersByPath" => one(parameter(text(input, "Path"))),
        "GetCommandInvocation" => any(),
        "SendCommand" => {
            let document = region.arn("ssm", &format!("document/{}", text(input, "DocumentName")));
            let instances = texts(input, "InstanceIds").map(|id| region.arn("ec2", &format!("instance/{id}")));
            Some(std::iter::once(document).chain(instances).collect())
        }
        _ => None,
    }
}

fn sts(operation: &str, input: &Value) -> Option<Vec<String>> {
    match operation {
        // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: "No permissions are required".
        "GetCallerIdentity" => Some(Vec::new()),
        "AssumeRole" => one(text(input, "RoleArn").to_owned()),
        _ => None,
    }
}
