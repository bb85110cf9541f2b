//! Systems Manager: public parameters that name machine images.

use super::{Aws, AwsCallError};

/// Reads one plain parameter.
pub async fn parameter(aws: &Aws, name: &str) -> Result<String, AwsCallError> {
    const OPERATION: &str = "GetParameter";
    let answer = aws_sdk_ssm::Client::new(aws.config()).get_parameter().name(name).send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    let value = output.parameter().and_then(|parameter| parameter.value());
    value.map(str::to_owned).ok_or_else(|| AwsCallError::incomplete(OPERATION, "Value"))
}
