//! The meaning of each service's operations. Input and output are JSON values in the member names of AWS's models;
//! `wire` has checked the input against the model and will refuse an output that the model does not know.

pub mod acm;
pub mod autoscaling;
pub mod cloudformation;
pub mod ec2;
pub mod elbv2;
pub mod iam;
pub mod logs;
pub(crate) mod paging;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod service_quotas;
pub mod ssm;
pub mod sts;

use std::sync::Arc;

use serde_json::Value;

use crate::{AwsError, Region};

/// Who signed the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The account's own user: may do all (or what a policy given at start allows).
    Operator { arn: String },
    /// A node, by its instance role: may do what the rendered role's policies allow, nothing else.
    Node { role_name: String, instance_id: String },
}

/// One call that passed signature, model and permission checks.
#[derive(Debug, Clone)]
pub struct Call {
    /// Model name of the service: the file name under data/api, such as `elbv2`.
    pub service: &'static str,
    /// Operation name, such as `DescribeStacks`.
    pub operation: String,
    /// Input by model member names.
    pub input: Value,
    /// Who signed it.
    pub principal: Principal,
}

/// Carries out a call.
///
/// # Errors
/// The error AWS answers for it.
pub async fn dispatch(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    match call.service {
        "acm" => acm::call(region, call).await,
        "autoscaling" => autoscaling::call(region, call).await,
        "cloudformation" => cloudformation::call(region, call).await,
        "ec2" => ec2::call(region, call).await,
        "elbv2" => elbv2::call(region, call).await,
        "iam" => iam::call(region, call).await,
        "logs" => logs::call(region, call).await,
        "route53" => route53::call(region, call).await,
        "secretsmanager" => secretsmanager::call(region, call).await,
        "service-quotas" => service_quotas::call(region, call).await,
        "ssm" => ssm::call(region, call).await,
        "sts" => sts::call(region, call).await,
        other => Err(AwsError::new("UnknownService", format!("the region has no service {other}"))),
    }
}
