//! ACM: imported certificates, and requested ones that are issued once Route 53 holds their validation record.
//!
//! The words of errors are [U] where no source is cited.

mod describe;
mod operations;
mod validation;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Call;
use crate::authority::Authority;
use crate::certificate::Details;
use crate::{AwsError, Region};

/// State of the service.
#[derive(Default)]
pub struct State {
    /// Certificates by ARN.
    pub certificates: BTreeMap<String, Certificate>,
    /// How many certificates there may be; None for AWS's default of 2500.
    pub quota: Option<usize>,
    /// What issues requested certificates, in Amazon's place.
    pub authority: Option<Arc<Authority>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("certificates", &self.certificates.keys()).finish_non_exhaustive()
    }
}

/// A certificate.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub arn: String,
    pub domain: String,
    /// The domain and the alternative names.
    pub names: Vec<String>,
    /// `IMPORTED` or `AMAZON_ISSUED`.
    pub kind: &'static str,
    pub created: f64,
    /// None while it waits for its validation.
    pub issued: Option<Issued>,
    pub tags: Vec<(String, String)>,
    /// What was asked for; None for an imported one.
    asked: Option<Asked>,
}

/// A request for a certificate, and what has become of it.
#[derive(Debug, Clone)]
struct Asked {
    /// Makes a repeated request give the same certificate for an hour.
    token: Option<String>,
    /// As filters name it: `RSA_2048`, `EC_prime256v1`.
    key_type: String,
    /// When ACM has last found all validation records, seconds since 1970.
    validated: Option<f64>,
    /// The `FailureReason`.
    failed: Option<&'static str>,
}

/// What an issued certificate has.
#[derive(Debug, Clone)]
pub struct Issued {
    pub body: String,
    pub chain: Option<String>,
    pub private_key: String,
    pub details: Details,
    pub at: f64,
}

impl State {
    /// Body, chain and key of an issued certificate.
    pub fn issued(&self, arn: &str) -> Option<(&String, &Option<String>, &String)> {
        let issued = self.certificates.get(arn)?.issued.as_ref()?;
        Some((&issued.body, &issued.chain, &issued.private_key))
    }
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    operations::run(region, &call.operation, &call.input)
}
