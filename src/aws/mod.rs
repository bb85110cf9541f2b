//! The only place that names the AWS SDK; one file per service, answers in our own types.
//!
//! Functions take [`Aws`], make one call (or page one list to its end) and fail with [`AwsCallError`].

pub mod acm;
mod at_once;
pub mod autoscaling;
mod call;
pub mod cloudformation;
mod config;
pub mod ec2;
pub mod elbv2;
pub mod iam;
mod login;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod service_quotas;
mod skew;
pub mod ssm;
pub mod sts;

pub use at_once::{Count, Counter};
pub use call::{AwsCallError, CallKind};
pub use config::Aws;

/// AWS's time as ours; `None` for one out of range.
fn timestamp(at: &aws_smithy_types::DateTime) -> Option<jiff::Timestamp> {
    jiff::Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}
