//! STS: whose account this is.

use super::{Aws, AwsCallError};

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Caller {
    /// The account's number.
    pub account: String,
    /// The user or role.
    pub arn: String,
}

impl Caller {
    /// The partition that the account is in: `aws`, `aws-cn` and so on.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

/// Asks AWS whose credentials these are.
pub async fn caller(aws: &Aws) -> Result<Caller, AwsCallError> {
    const OPERATION: &str = "GetCallerIdentity";
    let answer = aws_sdk_sts::Client::new(aws.config()).get_caller_identity().send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    match (output.account(), output.arn()) {
        (Some(account), Some(arn)) => Ok(Caller { account: account.to_owned(), arn: arn.to_owned() }),
        _ => Err(AwsCallError::incomplete(OPERATION, "Account and Arn")),
    }
}
