//! Service Quotas: how much of something the account may have.

use super::{Aws, AwsCallError};

/// EC2's quota of virtual processors of standard on-demand instances: families A, C, D, H, I, M, R, T and Z.
/// <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html>
const STANDARD_VCPUS: &str = "L-1216C47A";

/// Virtual processors that all standard on-demand instances of the account may have together in this region.
pub async fn standard_vcpus(aws: &Aws) -> Result<f64, AwsCallError> {
    const OPERATION: &str = "GetServiceQuota";
    let client = aws_sdk_servicequotas::Client::new(aws.config());
    let answer = client.get_service_quota().service_code("ec2").quota_code(STANDARD_VCPUS).send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    let value = output.quota().and_then(|quota| quota.value());
    value.ok_or_else(|| AwsCallError::incomplete(OPERATION, "Value"))
}
