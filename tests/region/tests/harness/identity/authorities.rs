//! Certificates as a customer may have them: of every key type, with intermediates, in the wrong order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SignatureAlgorithm};

/// A certificate with its key, PEM, and what signed it.
pub struct Made {
    pub certificate: String,
    pub key: String,
    /// The intermediate's, then the root's.
    pub chain: Vec<String>,
}

impl Made {
    /// The whole chain in order.
    pub fn bundle(&self) -> String {
        self.chain.concat()
    }
}

/// A certificate for a host by a root and an intermediate, with a key of this algorithm.
pub fn chained(host: &str, algorithm: &'static SignatureAlgorithm, years: std::ops::Range<i32>) -> Made {
    let authority = |name: &str| {
        let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (parameters, KeyPair::generate().expect("a key"))
    };
    let (root, root_key) = authority("Test Root");
    let root_pem = root.self_signed(&root_key).expect("a root").pem();
    let root = Issuer::new(root, root_key);
    let (middle, middle_key) = authority("Test Intermediate");
    let middle_pem = middle.signed_by(&middle_key, &root).expect("an intermediate").pem();
    let middle = Issuer::new(middle, middle_key);
    let mut parameters = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
    parameters.distinguished_name.push(DnType::CommonName, host);
    parameters.not_before = rcgen::date_time_ymd(years.start, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(years.end, 1, 1);
    let key = KeyPair::generate_for(algorithm).expect("a key");
    let certificate = parameters.signed_by(&key, &middle).expect("a certificate").pem();
    Made { certificate, key: key.serialize_pem(), chain: vec![middle_pem, root_pem] }
}

/// As JSON carries a blob.
pub fn blob(text: &str) -> String {
    STANDARD.encode(text)
}
