//! IAM: one server certificate, looked up, uploaded, deleted.

use secrecy::{ExposeSecret, SecretString};

use super::{Aws, AwsCallError};
use crate::registry::certificate::Candidate;

/// A certificate that is to be uploaded, all parts PEM.
#[derive(Debug)]
pub struct NewServerCertificate<'a> {
    /// Its name in the account.
    pub name: &'a str,
    /// The certificate itself.
    pub certificate: &'a str,
    /// Those that lead on from it.
    pub chain: Option<&'a str>,
    /// The private key.
    pub key: &'a SecretString,
}

/// Whether a text can be the name of a server certificate.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html>
#[must_use]
pub fn is_name(text: &str) -> bool {
    let fits = |own: char| own.is_ascii_alphanumeric() || "_+=,.@-".contains(own);
    (1..=128).contains(&text.len()) && text.chars().all(fits)
}

/// Uploads a certificate; returns its ARN.
pub async fn upload(aws: &Aws, new: &NewServerCertificate<'_>) -> Result<String, AwsCallError> {
    const OPERATION: &str = "UploadServerCertificate";
    let call = aws_sdk_iam::Client::new(aws.config())
        .upload_server_certificate()
        .server_certificate_name(new.name)
        .certificate_body(new.certificate)
        .set_certificate_chain(new.chain.map(str::to_owned))
        .private_key(new.key.expose_secret());
    let output = call.send().await.map_err(|error| AwsCallError::of(OPERATION, error))?;
    let metadata = output.server_certificate_metadata();
    let arn = metadata.map(|own| own.arn().to_owned());
    arn.ok_or_else(|| AwsCallError::incomplete(OPERATION, "ServerCertificateMetadata"))
}

/// Looks a certificate up by its name, with its own PEM text; `None` when there is none.
pub async fn server_certificate(aws: &Aws, name: &str) -> Result<Option<(Candidate, String)>, AwsCallError> {
    get(&aws_sdk_iam::Client::new(aws.config()), name).await
}

/// Fetches one certificate; `None` when there is none, or none any more.
pub(super) async fn get(client: &aws_sdk_iam::Client, name: &str) -> Result<Option<(Candidate, String)>, AwsCallError> {
    const OPERATION: &str = "GetServerCertificate";
    let answer = client.get_server_certificate().server_certificate_name(name).send().await;
    let output = match answer.map_err(|error| AwsCallError::of(OPERATION, error)) {
        Ok(output) => output,
        Err(error) if error.is("NoSuchEntity") => return Ok(None),
        Err(error) => return Err(error),
    };
    let own = output.server_certificate().ok_or_else(|| AwsCallError::incomplete(OPERATION, "ServerCertificate"))?;
    let metadata = own
        .server_certificate_metadata()
        .ok_or_else(|| AwsCallError::incomplete(OPERATION, "ServerCertificateMetadata"))?;
    let candidate = Candidate::from_iam(metadata.arn(), name, own.certificate_body(), own.certificate_chain());
    Ok(Some((candidate, own.certificate_body().to_owned())))
}

/// The names of the certificates that end at this second; IAM's list says that much of each.
pub async fn names_ending_at(aws: &Aws, second: i64) -> Result<Vec<String>, AwsCallError> {
    let client = aws_sdk_iam::Client::new(aws.config());
    let mut names = Vec::new();
    let mut marker = None;
    loop {
        let answer = client.list_server_certificates().set_marker(marker).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListServerCertificates", error))?;
        let ending = page.server_certificate_metadata_list().iter().filter(|own| {
            own.expiration().is_some_and(|end| end.secs() == second) && !own.path().starts_with("/cloudfront/")
        });
        names.extend(ending.map(|own| own.server_certificate_name().to_owned()));
        marker = page.marker().filter(|_| page.is_truncated()).map(str::to_owned);
        if marker.is_none() {
            return Ok(names);
        }
    }
}

/// Deletes a certificate by its name.
pub async fn delete(aws: &Aws, name: &str) -> Result<(), AwsCallError> {
    let call = aws_sdk_iam::Client::new(aws.config()).delete_server_certificate().server_certificate_name(name);
    call.send().await.map(drop).map_err(|error| AwsCallError::of("DeleteServerCertificate", error))
}
