//! A listener's certificate as the data plane needs it, from IAM or ACM.

use crate::AwsError;
use crate::region::World;

/// A certificate with its chain and key, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pem {
    /// Leaf first.
    pub chain: String,
    pub key: String,
}

impl Pem {
    /// Whether the certificate is for this host, by its names or by a wildcard in place of the first label.
    pub fn covers(&self, host: &str) -> bool {
        use rustls_pki_types::pem::PemObject as _;
        let leaf = rustls_pki_types::CertificateDer::from_pem_slice(self.chain.as_bytes());
        let names = leaf.ok().and_then(|der| crate::certificate::details(&der)).map(|details| details.names);
        let parent = host.split_once('.').map(|(_, parent)| parent);
        let fits = |name: &String| match name.strip_prefix("*.") {
            Some(rest) => parent.is_some_and(|parent| parent.eq_ignore_ascii_case(rest)),
            None => name.eq_ignore_ascii_case(host),
        };
        names.unwrap_or_default().iter().any(fits)
    }
}

/// Checks that a listener may use the certificate of this ARN.
///
/// # Errors
/// `CertificateNotFound`, or `UnsupportedCertificate` while ACM has not issued it.
pub fn usable(world: &World, arn: &str, now: f64) -> Result<(), AwsError> {
    // One of IAM's that was uploaded a moment ago may not be found yet.
    let known = world.iam.certificate(arn).is_none_or(|one| one.found_from <= now);
    if known && find(world, arn).is_some() {
        return Ok(());
    }
    if world.acm.certificates.contains_key(arn) {
        let message = format!(
            "The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported \
             key size."
        );
        // https://repost.aws/knowledge-center/elb-ssl-tls-certificate-https
        return Err(AwsError::new("UnsupportedCertificate", message));
    }
    // https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1127
    Err(AwsError::new("CertificateNotFound", format!("Certificate '{arn}' not found")))
}

/// The certificate of this ARN if it exists and is issued.
pub fn find(world: &World, arn: &str) -> Option<Pem> {
    let (body, chain, key) = match world.iam.certificate(arn) {
        Some(found) => (&found.body, &found.chain, &found.private_key),
        None => world.acm.issued(arn)?,
    };
    let chain = format!("{}\n{}", body.trim_end(), chain.as_deref().unwrap_or_default());
    Some(Pem { chain, key: key.clone() })
}
