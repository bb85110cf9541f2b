//! What IAM and ACM take at most. Pure.

use secrecy::{ExposeSecret, SecretString};

use super::Fault;
use crate::registry::certificate::Source;

/// Bytes of certificate, chain and key.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html>
const IAM: [usize; 3] = [16_384, 2_097_152, 16_384];
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html>
const ACM: [usize; 3] = [32_768, 2_097_152, 5_120];

/// Checks the sizes before a service refuses them.
pub(super) fn check(to: Source, certificate: &str, chain: Option<&str>, key: &SecretString) -> Result<(), Fault> {
    let limits = match to {
        Source::Iam => IAM,
        Source::Acm => ACM,
    };
    let sizes = [certificate.len(), chain.map_or(0, str::len), key.expose_secret().len()];
    for ((what, size), limit) in ["certificate", "chain", "private key"].into_iter().zip(sizes).zip(limits) {
        if size > limit {
            return Err(Fault::TooLarge { what, size, limit, to });
        }
    }
    Ok(())
}
