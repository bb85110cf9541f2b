//! A certificate authority with an intermediate, made for each test.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SignatureAlgorithm, date_time_ymd,
};

/// Certificates as PEM, and the key of the last one.
pub(super) struct Made {
    pub(super) root: String,
    pub(super) intermediate: String,
    pub(super) leaf: String,
    pub(super) key: String,
}

/// What may differ.
#[derive(Clone)]
pub(super) struct Wish {
    pub(super) names: &'static [&'static str],
    pub(super) years: (i32, i32),
    pub(super) algorithm: &'static SignatureAlgorithm,
    pub(super) purpose: ExtendedKeyUsagePurpose,
    pub(super) issuer_url: Option<&'static str>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            names: &["docker.example.test"],
            years: (2020, 2090),
            algorithm: &PKCS_ECDSA_P256_SHA256,
            purpose: ExtendedKeyUsagePurpose::ServerAuth,
            issuer_url: None,
        }
    }
}

fn parameters(names: &[&str], years: (i32, i32)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).expect("names");
    (parameters.not_before, parameters.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    parameters
}

fn authority(name: &str) -> CertificateParams {
    let mut parameters = parameters(&[], (2010, 2095));
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
}

pub(super) fn make(wish: &Wish) -> Made {
    let (root_key, middle_key) = (KeyPair::generate().expect("a key"), KeyPair::generate().expect("a key"));
    let root = authority("Test Root");
    let root_pem = root.self_signed(&root_key).expect("a root").pem();
    let middle = authority("Test Intermediate");
    let intermediate = middle.signed_by(&middle_key, &Issuer::new(root, root_key)).expect("an intermediate").pem();
    let key = KeyPair::generate_for(wish.algorithm).expect("a key");
    let mut leaf = parameters(wish.names, wish.years);
    leaf.extended_key_usages = vec![wish.purpose.clone()];
    leaf.distinguished_name = rcgen::DistinguishedName::new();
    leaf.distinguished_name.push(DnType::CommonName, "the leaf");
    leaf.custom_extensions.extend(wish.issuer_url.map(authority_information));
    let leaf = leaf.signed_by(&key, &Issuer::new(middle, middle_key)).expect("a certificate").pem();
    Made { root: root_pem, intermediate, leaf, key: key.serialize_pem() }
}

/// A certificate that signed itself, and its key.
pub(super) fn self_signed() -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters(&["docker.example.test"], (2020, 2090)).self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

pub(super) fn rsa() -> Wish {
    Wish { algorithm: &PKCS_RSA_SHA256, ..Wish::default() }
}

/// RFC 5280, 4.2.2.1: one access description, `caIssuers` at a URI shorter than 128 bytes.
fn authority_information(url: &str) -> CustomExtension {
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("a short one");
    let mut description = vec![0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, length(url.as_bytes())];
    description.extend(url.as_bytes());
    let mut one = vec![0x30, length(&description)];
    one.extend(description);
    let mut all = vec![0x30, length(&one)];
    all.extend(one);
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], all)
}
