//! Makes the certificates of the table, and the authorities that sign them.

use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SignatureAlgorithm,
};
use rustls::pki_types::CertificateDer;

use super::super::{Candidate, Client};
use super::{Case, Opinion, now, trusting};

/// The host of most rows.
pub(super) const HOST: &str = "docker.example.test";

/// A root, and an intermediate that it signed.
pub(super) struct Pki {
    pub(super) root: Authority,
    pub(super) intermediate: Authority,
}

impl Pki {
    pub(super) fn new() -> Self {
        let root = Authority::root("Root");
        let intermediate = root.authority("Intermediate", |_| {});
        Self { root, intermediate }
    }

    /// A row with a certificate of the intermediate, stored with its chain.
    pub(super) fn case(&self, name: &'static str, make: Make, says: impl Into<String>) -> Case {
        self.row(name, &self.intermediate.sign(make), &[&self.intermediate], says)
    }

    /// A row with these authorities stored beside the certificate. The client trusts the root.
    pub(super) fn row(
        &self,
        name: &'static str,
        leaf: &rcgen::Certificate,
        beside: &[&Authority],
        says: impl Into<String>,
    ) -> Case {
        let stored = beside.iter().map(|own| own.pem()).collect::<String>();
        let arn = "arn:aws:iam::123456789012:server-certificate/docker";
        let candidate = Candidate::from_iam(
            arn,
            "docker",
            &leaf.pem(),
            Some(&stored).filter(|pem| !pem.is_empty()).map(String::as_str),
        );
        let presented = std::iter::once(leaf.der().clone()).chain(beside.iter().map(|own| own.der())).collect();
        Case {
            name,
            host: HOST.to_owned(),
            candidate,
            presented,
            client: self.client(),
            says: says.into(),
            opinion: Opinion::Same,
        }
    }

    /// A client that trusts the root.
    pub(super) fn client(&self) -> Client {
        trusting([&self.root.der()], now())
    }
}

impl Case {
    pub(super) fn opinion(self, opinion: Opinion) -> Self {
        Self { opinion, ..self }
    }

    pub(super) fn client(self, client: Client) -> Self {
        Self { client, ..self }
    }

    pub(super) fn candidate(mut self, edit: impl FnOnce(&mut Candidate)) -> Self {
        edit(&mut self.candidate);
        self
    }
}

/// An authority.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn root(name: &str) -> Self {
        let params = Self::params(name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a root"))
    }

    /// A root whose certificate is over.
    pub(super) fn expired_copy(&self, name: &str) -> Self {
        let mut params = Self::params(name);
        valid(&mut params, now() - 48.hours(), now() - 24.hours());
        let key = KeyPair::from_pem(&self.0.key().serialize_pem()).expect("the key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a root"))
    }

    /// An authority below this one.
    pub(super) fn authority(&self, name: &str, edit: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = Self::params(name);
        edit(&mut params);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::signed_by(params, key, &self.0).expect("an authority"))
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name = called(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params
    }

    pub(super) fn sign(&self, make: Make) -> rcgen::Certificate {
        let issuer: &Issuer<'_, KeyPair> = &self.0;
        match make.key {
            Key::Pair(key) => make.params.signed_by(&key, issuer),
            Key::Rsa(bits) => make.params.signed_by(&RsaModulus::new(bits), issuer),
        }
        .expect("a certificate")
    }

    pub(super) fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }
}

/// What a certificate is made with.
pub(super) struct Make {
    pub(super) params: CertificateParams,
    key: Key,
}

enum Key {
    Pair(KeyPair),
    /// RSA of so many bits.
    Rsa(usize),
}

impl Make {
    /// A server's certificate for these names, valid for eighty days more.
    pub(super) fn of(names: &[&str]) -> Self {
        let names = names.iter().map(|&name| SanType::DnsName(name.try_into().expect("ASCII"))).collect();
        Self::with_names(names)
    }

    /// A server's certificate for the host.
    pub(super) fn host() -> Self {
        Self::of(&[HOST])
    }

    pub(super) fn with_names(names: Vec<SanType>) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.subject_alt_names = names;
        params.distinguished_name = called(HOST);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        valid(&mut params, now() - 240.hours(), now() + 1920.hours());
        Self { params, key: Key::Pair(KeyPair::generate().expect("a key")) }
    }

    /// Valid between two moments, in seconds from now.
    pub(super) fn valid(self, from: i64, to: i64) -> Self {
        self.with(|params| valid(params, now() + from.seconds(), now() + to.seconds()))
    }

    pub(super) fn with(mut self, edit: impl FnOnce(&mut CertificateParams)) -> Self {
        edit(&mut self.params);
        self
    }

    pub(super) fn keyed(self, algorithm: &'static SignatureAlgorithm) -> Self {
        Self { key: Key::Pair(KeyPair::generate_for(algorithm).expect("a key")), ..self }
    }

    pub(super) fn rsa(self, bits: usize) -> Self {
        Self { key: Key::Rsa(bits), ..self }
    }

    pub(super) fn self_signed(self) -> rcgen::Certificate {
        let Key::Pair(key) = self.key else { panic!("an RSA key of the table cannot sign") };
        self.params.self_signed(&key).expect("a certificate")
    }
}

pub(super) fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// Lets a certificate be valid from one moment to another, to the second.
pub(super) fn valid(params: &mut CertificateParams, from: Timestamp, to: Timestamp) {
    let moment = |at: Timestamp| {
        let date = jiff::tz::TimeZone::UTC.to_datetime(at);
        let day = rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs());
        let seconds = i64::from(date.hour()) * 3600 + i64::from(date.minute()) * 60 + i64::from(date.second());
        day + std::time::Duration::from_secs(seconds.unsigned_abs())
    };
    (params.not_before, params.not_after) = (moment(from), moment(to));
}

/// An RSA public key of so many bits, made without looking for primes: nothing is ever signed with it.
struct RsaModulus(Vec<u8>);

impl RsaModulus {
    fn new(bits: usize) -> Self {
        let integer = |bytes: &[u8]| [&[0x02], length(bytes.len()).as_slice(), bytes].concat();
        let mut modulus = vec![0xc5; bits / 8];
        modulus.insert(0, 0);
        let numbers = [integer(&modulus), integer(&[1, 0, 1])].concat();
        Self([&[0x30], length(numbers.len()).as_slice(), &numbers].concat())
    }
}

/// A length in DER.
fn length(bytes: usize) -> Vec<u8> {
    match u8::try_from(bytes) {
        Ok(short @ ..0x80) => vec![short],
        Ok(long) => vec![0x81, long],
        Err(_) => [&[0x82], u16::try_from(bytes).expect("a small key").to_be_bytes().as_slice()].concat(),
    }
}

impl PublicKeyData for RsaModulus {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}
