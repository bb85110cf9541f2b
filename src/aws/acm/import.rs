//! ACM: certificates of other authorities, imported, read back, deleted.

use aws_sdk_acm::config::Builder;
use aws_sdk_acm::config::retry::RetryConfig;
use aws_smithy_types::Blob;
use secrecy::{ExposeSecret, SecretString};

use super::{Aws, AwsCallError};

/// Imports a certificate, all parts PEM; returns its ARN. It is tried once only: an import whose answer is lost may have
/// counted, and one that is repeated makes a second certificate, for ACM takes no token here.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html>
pub async fn import(
    aws: &Aws,
    certificate: &str,
    chain: Option<&str>,
    key: &SecretString,
) -> Result<String, AwsCallError> {
    const OPERATION: &str = "ImportCertificate";
    let call = aws_sdk_acm::Client::new(aws.config())
        .import_certificate()
        .certificate(Blob::new(certificate))
        .set_certificate_chain(chain.map(Blob::new))
        .private_key(Blob::new(key.expose_secret()))
        .customize()
        .config_override(Builder::default().retry_config(RetryConfig::disabled()));
    let output = call.send().await.map_err(|error| AwsCallError::of(OPERATION, error))?;
    output.certificate_arn().map(str::to_owned).ok_or_else(|| AwsCallError::incomplete(OPERATION, "CertificateArn"))
}

/// The certificate itself as PEM text; `None` when it is gone, or not issued yet.
pub async fn body(aws: &Aws, arn: &str) -> Result<Option<String>, AwsCallError> {
    let answer = aws_sdk_acm::Client::new(aws.config()).get_certificate().certificate_arn(arn).send().await;
    match answer.map_err(|error| AwsCallError::of("GetCertificate", error)) {
        Ok(output) => Ok(output.certificate().map(str::to_owned)),
        Err(error) if error.is("ResourceNotFoundException") || error.is("RequestInProgressException") => Ok(None),
        Err(error) => Err(error),
    }
}

/// ARNs of what uses a certificate; `None` when it is gone.
pub async fn users(aws: &Aws, arn: &str) -> Result<Option<Vec<String>>, AwsCallError> {
    let answer = aws_sdk_acm::Client::new(aws.config()).describe_certificate().certificate_arn(arn).send().await;
    match answer.map_err(|error| AwsCallError::of("DescribeCertificate", error)) {
        Ok(output) => Ok(Some(output.certificate().map(|own| own.in_use_by().to_vec()).unwrap_or_default())),
        Err(error) if error.is("ResourceNotFoundException") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Deletes a certificate.
pub async fn delete(aws: &Aws, arn: &str) -> Result<(), AwsCallError> {
    let answer = aws_sdk_acm::Client::new(aws.config()).delete_certificate().certificate_arn(arn).send().await;
    answer.map(drop).map_err(|error| AwsCallError::of("DeleteCertificate", error))
}
