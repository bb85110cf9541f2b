//! Service Quotas: the few that a preflight asks for, at the value of a young account or as applied by default.
//!
//! The words of errors are [U] where no source is cited.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Call;
use crate::{AwsError, Region};

/// Code of EC2's vCPU quota.
/// <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html>
const VCPUS: &str = "L-1216C47A";

/// Service, code, name, value; vCPUs are the account's own.
const QUOTAS: [(&str, &str, &str, f64); 4] = [
    ("ec2", VCPUS, "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 32.0),
    ("elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", 50.0),
    ("vpc", "L-F678F1CE", "VPCs per Region", 5.0),
    ("s3", "L-DC2B2D3D", "General purpose buckets", 10_000.0),
];

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    let text = |name: &str| call.input[name].as_str();
    let service = text("ServiceCode").unwrap_or_default();
    let vcpus = region.world(|world| world.ec2.vcpu_quota).unwrap_or(super::ec2::DEFAULT_VCPU_QUOTA);
    let describe = |(service, code, name, value): (&str, &str, &str, f64)| {
        let value = if code == VCPUS { f64::from(vcpus) } else { value };
        json!({ "ServiceCode": service, "QuotaCode": code, "QuotaName": name, "Value": value, "Unit": "None", "Adjustable": true,
            "GlobalQuota": false, "QuotaArn": region.arn("servicequotas", &format!("{service}/{code}")) })
    };
    let of_service = QUOTAS.into_iter().filter(|(own, ..)| *own == service);
    let missing = || {
        AwsError::new(
            "NoSuchResourceException",
            "The request failed because the specified service or quota does not exist.",
        )
    };
    match call.operation.as_str() {
        "GetServiceQuota" => {
            let code = text("QuotaCode").unwrap_or_default();
            let found = of_service.into_iter().find(|(_, own, ..)| *own == code).ok_or_else(missing)?;
            Ok(json!({ "Quota": describe(found) }))
        }
        "ListServiceQuotas" => {
            let all: Vec<Value> = of_service.map(describe).collect();
            if all.is_empty() { Err(missing()) } else { page(all, &call.input) }
        }
        other => Err(AwsError::new("UnknownOperationException", other)),
    }
}

/// A page has up to 100 quotas.
fn page(all: Vec<Value>, input: &Value) -> Result<Value, AwsError> {
    super::ec2::filter::page(all, input, "Quotas").map_err(|error| AwsError {
        code: "InvalidPaginationTokenException".to_owned(),
        // https://github.com/cloudquery/cloudquery/issues/11706
        message: "You specified an invalid value for nextToken. You must get the value from the response to the \
                  previous API call."
            .to_owned(),
        ..error
    })
}
