//! DNS validation: the record ACM asks for, and issuing once the name servers answer it.

use super::{Issued, State};
use crate::certificate::details;
use crate::region::World;
use crate::service::route53::{Answer, lookup, name_of};

/// Name and value of the validation record of a domain. It depends on account and domain alone, so identical
/// certificates share it; a wildcard has its parent's.
// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
pub(super) fn record(account: &str, domain: &str) -> (String, String) {
    let domain = domain.strip_prefix("*.").unwrap_or(domain);
    let hash = |salt: &str| {
        let text = format!("{salt}/{account}/{domain}");
        hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()))
    };
    let (name, value, zone) = (hash("name"), hash("value"), hash("zone"));
    (format!("_{}.{domain}.", &name[..32]), format!("_{}.{}.acm-validations.aws.", &value[..32], &zone[..10]))
}

/// Whether the name servers answer the validation record of a domain.
pub(super) fn validated(world: &mut World, now: f64, account: &str, domain: &str) -> bool {
    let (name, value) = record(account, domain);
    match lookup(&mut world.route53, now, &name, "CNAME") {
        Answer::Found { values, .. } => values.iter().any(|own| name_of(own) == value),
        _ => false,
    }
}

/// Issues every waiting certificate whose records are all there.
pub(super) fn settle(world: &mut World, now: f64, account: &str) {
    let waiting: Vec<(String, Vec<String>)> = world
        .acm
        .certificates
        .values()
        .filter(|one| one.issued.is_none())
        .map(|one| (one.arn.clone(), one.names.clone()))
        .collect();
    for (arn, names) in waiting {
        if names.iter().all(|name| validated(world, now, account, name)) {
            issue(&mut world.acm, &arn, &names, now);
        }
    }
}

fn issue(state: &mut State, arn: &str, names: &[String], now: f64) {
    let Some(made) = state.authority.as_ref().and_then(|authority| authority.issue(names).ok()) else { return };
    let der = rustls_pki_types::pem::PemObject::from_pem_slice(made.certificate.as_bytes());
    let parsed: Option<rustls_pki_types::CertificateDer<'static>> = der.ok();
    let Some(details) = parsed.and_then(|der| details(&der)) else { return };
    if let Some(certificate) = state.certificates.get_mut(arn) {
        let (body, chain, private_key) = (made.certificate, Some(made.chain), made.private_key);
        certificate.issued = Some(Issued { body, chain, private_key, details, at: now });
    }
}
