//! Secrets Manager: the operator's password, and whether secrets are gone. Never logs or shows what it reads.

use secrecy::SecretString;

use super::{Aws, AwsCallError};

/// Reads a secret's text.
pub async fn secret(aws: &Aws, id: &str) -> Result<SecretString, AwsCallError> {
    const OPERATION: &str = "GetSecretValue";
    let answer = aws_sdk_secretsmanager::Client::new(aws.config()).get_secret_value().secret_id(id).send().await;
    let output = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
    let text = output.secret_string().map(|text| SecretString::from(text.to_owned()));
    text.ok_or_else(|| AwsCallError::incomplete(OPERATION, "SecretString"))
}

/// Whether a secret is still there: not one that is deleted, nor one that is about to be.
pub async fn exists(aws: &Aws, id: &str) -> Result<bool, AwsCallError> {
    let answer = aws_sdk_secretsmanager::Client::new(aws.config()).describe_secret().secret_id(id).send().await;
    match answer.map_err(|error| AwsCallError::of("DescribeSecret", error)) {
        Ok(output) => Ok(output.deleted_date().is_none()),
        Err(error) if error.is("ResourceNotFoundException") => Ok(false),
        Err(error) => Err(error),
    }
}
