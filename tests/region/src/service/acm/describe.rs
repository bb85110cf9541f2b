//! Certificates as ACM shows them.

use serde_json::{Value, json};

use super::Certificate;
use super::validation::record;

/// `PENDING_VALIDATION`, `ISSUED` or `EXPIRED`.
pub(super) fn status(one: &Certificate, now: f64) -> &'static str {
    match &one.issued {
        None => "PENDING_VALIDATION",
        Some(issued) if issued.details.not_after < now => "EXPIRED",
        Some(_) => "ISSUED",
    }
}

/// The key type as filters name it: `RSA_2048`, `EC_prime256v1`.
pub(super) fn key_type(one: &Certificate) -> String {
    one.issued.as_ref().map_or_else(|| "RSA_2048".to_owned(), |issued| issued.details.key_algorithm.replace('-', "_"))
}

/// The model's `CertificateSummary`. Answers write key types with a hyphen, unlike the model's own list.
// https://docs.aws.amazon.com/acm/latest/userguide/gs-acm-describe.html
pub(super) fn summary(one: &Certificate, users: &[String], now: f64) -> Value {
    let mut answer = json!({
        "CertificateArn": one.arn, "DomainName": one.domain, "SubjectAlternativeNameSummaries": one.names.iter().take(100).collect::<Vec<_>>(),
        "HasAdditionalSubjectAlternativeNames": one.names.len() > 100, "Status": status(one, now), "Type": one.kind,
        "KeyAlgorithm": key_type(one).replacen('_', "-", 1), "InUse": !users.is_empty(), "CreatedAt": one.created,
        "RenewalEligibility": eligibility(one, users),
    });
    dates(&mut answer, one);
    answer
}

/// The model's `CertificateDetail`.
pub(super) fn detail(one: &Certificate, users: &[String], account: &str, validated: &[bool], now: f64) -> Value {
    let mut answer = json!({
        "CertificateArn": one.arn, "DomainName": one.domain, "SubjectAlternativeNames": one.names, "Status": status(one, now),
        "Type": one.kind, "KeyAlgorithm": key_type(one).replacen('_', "-", 1), "InUseBy": users, "CreatedAt": one.created,
        "RenewalEligibility": eligibility(one, users), "Options": { "CertificateTransparencyLoggingPreference": "ENABLED" },
        "Subject": format!("CN={}", one.domain),
    });
    if let Some(issued) = &one.issued {
        answer["Serial"] = json!(issued.details.serial);
        answer["SignatureAlgorithm"] = json!(issued.details.signature_algorithm);
        answer["Subject"] = json!(issued.details.subject);
        answer["Issuer"] = json!(if one.kind == "IMPORTED" { issued.details.issuer.as_str() } else { "Amazon" });
    }
    if one.kind == "AMAZON_ISSUED" {
        let options = one.names.iter().zip(validated).map(|(name, valid)| {
            let (record_name, value) = record(account, name);
            json!({ "DomainName": name, "ValidationDomain": name, "ValidationMethod": "DNS",
                "ValidationStatus": if *valid { "SUCCESS" } else { "PENDING_VALIDATION" },
                "ResourceRecord": { "Name": record_name, "Type": "CNAME", "Value": value } })
        });
        answer["DomainValidationOptions"] = options.collect::<Vec<_>>().into();
    }
    dates(&mut answer, one);
    answer
}

fn dates(answer: &mut Value, one: &Certificate) {
    let Some(issued) = &one.issued else { return };
    answer["NotBefore"] = json!(issued.details.not_before);
    answer["NotAfter"] = json!(issued.details.not_after);
    answer[if one.kind == "IMPORTED" { "ImportedAt" } else { "IssuedAt" }] = json!(issued.at);
}

fn eligibility(one: &Certificate, users: &[String]) -> &'static str {
    if one.kind == "AMAZON_ISSUED" && !users.is_empty() { "ELIGIBLE" } else { "INELIGIBLE" }
}
