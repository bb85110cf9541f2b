//! DNS validation: the record ACM asks for, and issuing once the name servers answer it.

use super::describe::status;
use super::{Issued, State};
use crate::certificate::details;
use crate::region::World;
use crate::service::route53::{Answer, name_of, seen};

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

/// Whether the validation record of a domain can be seen from anywhere in the world.
pub(super) fn validated(world: &mut World, now: f64, account: &str, domain: &str) -> bool {
    let (name, value) = record(account, domain);
    match seen(&mut world.route53, now, &name, "CNAME") {
        Answer::Found { values, .. } => values.iter().any(|own| name_of(own) == value),
        _ => false,
    }
}

/// How long ACM takes, in seconds of this clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// From the request until its records are known.
    // https://github.com/hashicorp/terraform-provider-aws (its resource waits for them after each request) [U]
    pub records: f64,
    /// From the records' being found until the certificate is issued. "Several minutes" at most [U].
    pub issue: f64,
    /// How long it looks for the records: 72 hours.
    pub patience: f64,
}

/// Looks for the records of every waiting certificate, and issues those whose records have been there for a while. One
/// whose zone names other authorities alone fails.
pub(super) fn settle(world: &mut World, now: f64, account: &str, pace: Pace) {
    let waiting: Vec<(String, Vec<String>)> = world
        .acm
        .certificates
        .values()
        .filter(|one| status(one, now, pace.patience) == "PENDING_VALIDATION")
        .map(|one| (one.arn.clone(), one.names.clone()))
        .collect();
    for (arn, names) in waiting {
        let all = names.iter().all(|name| validated(world, now, account, name));
        let barred = all && names.iter().any(|name| barred(world, now, name));
        let Some(asked) = world.acm.certificates.get_mut(&arn).and_then(|one| one.asked.as_mut()) else { continue };
        if barred {
            asked.failed = Some("CAA_ERROR");
            continue;
        }
        asked.validated = all.then(|| asked.validated.unwrap_or(now));
        if asked.validated.is_some_and(|found| now >= found + pace.issue) {
            issue(&mut world.acm, &arn, &names, now);
        }
    }
}

/// Whether the nearest CAA records of a domain name no authority of Amazon's.
// https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
fn barred(world: &mut World, now: f64, domain: &str) -> bool {
    let mut name = domain.strip_prefix("*.").unwrap_or(domain);
    loop {
        if let Answer::Found { kind, values, .. } = seen(&mut world.route53, now, name, "CAA")
            && kind == "CAA"
        {
            let ours = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];
            return !values.iter().any(|value| ours.iter().any(|authority| value.contains(&format!("\"{authority}"))));
        }
        match name.split_once('.') {
            Some((_, parent)) => name = parent,
            None => return false,
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
