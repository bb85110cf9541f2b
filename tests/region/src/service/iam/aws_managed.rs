//! AWS's own managed policies that a registry's nodes may be given, by the text that AWS documents. Any other is not
//! known, and cannot be attached.

use std::sync::OnceLock;

use serde_json::{Value, json};

/// The document of a policy of AWS's own by its ARN; None for one that is not known here.
pub fn document(arn: &str) -> Option<&'static Value> {
    static CORE: OnceLock<Value> = OnceLock::new();
    static AGENT: OnceLock<Value> = OnceLock::new();
    match arn.split_once(":iam::aws:policy/")?.1 {
        "AmazonSSMManagedInstanceCore" => Some(CORE.get_or_init(managed_instance_core)),
        "CloudWatchAgentServerPolicy" => Some(AGENT.get_or_init(cloudwatch_agent)),
        _ => None,
    }
}

// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSSMManagedInstanceCore.html
fn managed_instance_core() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Resource": "*", "Action": [
            "ssm:DescribeAssociation", "ssm:GetDeployablePatchSnapshotForInstance", "ssm:GetDocument",
            "ssm:DescribeDocument", "ssm:GetManifest", "ssm:GetParameter", "ssm:GetParameters", "ssm:ListAssociations",
            "ssm:ListInstanceAssociations", "ssm:PutInventory", "ssm:PutComplianceItems",
            "ssm:PutConfigurePackageResult", "ssm:UpdateAssociationStatus", "ssm:UpdateInstanceAssociationStatus",
            "ssm:UpdateInstanceInformation"] },
        { "Effect": "Allow", "Resource": "*", "Action": [
            "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel"] },
        { "Effect": "Allow", "Resource": "*", "Action": [
            "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage",
            "ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply"] },
    ] })
}

// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/CloudWatchAgentServerPolicy.html
fn cloudwatch_agent() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Resource": "*", "Action": [
            "cloudwatch:PutMetricData", "ec2:DescribeVolumes", "ec2:DescribeTags", "logs:PutLogEvents",
            "logs:PutRetentionPolicy", "logs:DescribeLogStreams", "logs:DescribeLogGroups", "logs:CreateLogStream",
            "logs:CreateLogGroup", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
            "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"] },
        { "Effect": "Allow", "Action": ["ssm:GetParameter"],
          "Resource": "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*" },
    ] })
}
