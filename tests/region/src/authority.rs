//! The region's own certificate authority: signs what Amazon's and a public CA sign in the real world.

use jiff::{Span, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

/// Days that certificates for hosts live.
const HOST_DAYS: i64 = 396;

/// A certificate authority made at start.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    now: Timestamp,
}

/// A certificate with its chain and key, all PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    pub certificate: String,
    /// The authority's own certificate.
    pub chain: String,
    pub private_key: String,
}

impl Authority {
    /// A new authority whose certificates begin a day before `now`.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn new(now: Timestamp) -> Result<Self, rcgen::Error> {
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters.distinguished_name.push(DnType::CommonName, "dockreg simulated region CA");
        parameters.distinguished_name.push(DnType::OrganizationName, "dockreg simulated region");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid(&mut parameters, now, -1, 3650);
        let key = KeyPair::generate()?;
        let pem = parameters.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(parameters, key), pem, now })
    }

    /// The authority's certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A server certificate for `names`, valid from yesterday for thirteen months.
    ///
    /// # Errors
    /// When a name is not one.
    pub fn issue(&self, names: &[String]) -> Result<Issued, rcgen::Error> {
        self.issue_for(names, -1, HOST_DAYS)
    }

    /// A server certificate for `names`, valid between two days counted from the start of the region.
    ///
    /// # Errors
    /// When a name is not one.
    pub fn issue_for(&self, names: &[String], from: i64, until: i64) -> Result<Issued, rcgen::Error> {
        let mut parameters = CertificateParams::new(names.to_vec())?;
        if let Some(name) = names.first() {
            parameters.distinguished_name = rcgen::DistinguishedName::new();
            parameters.distinguished_name.push(DnType::CommonName, name.as_str());
        }
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.use_authority_key_identifier_extension = true;
        valid(&mut parameters, self.now, from, until);
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer)?.pem();
        Ok(Issued { certificate, chain: self.pem.clone(), private_key: key.serialize_pem() })
    }
}

fn valid(parameters: &mut CertificateParams, now: Timestamp, from: i64, until: i64) {
    let day = |days: i64| {
        let at = now.checked_add(Span::new().hours(24 * days)).unwrap_or(now);
        let date = jiff::tz::TimeZone::UTC.to_datetime(at).date();
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (parameters.not_before, parameters.not_after) = (day(from), day(until));
}
