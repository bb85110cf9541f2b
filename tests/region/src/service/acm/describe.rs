//! Certificates as ACM shows them.

use serde_json::{Value, json};

use super::Certificate;
use super::validation::record;

/// The `CertificateStatus`. A request that is not validated within 72 hours (`patience`, in seconds of this clock) is over.
// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
pub(super) fn status(one: &Certificate, now: f64, patience: f64) -> &'static str {
    let failed = one.asked.as_ref().is_some_and(|asked| asked.failed.is_some());
    match &one.issued {
        None if failed => "FAILED",
        None if now > one.created + patience => "VALIDATION_TIMED_OUT",
        None => "PENDING_VALIDATION",
        Some(issued) if issued.details.not_after < now => "EXPIRED",
        Some(_) => "ISSUED",
    }
}

/// The key type as filters name it: `RSA_2048`, `EC_prime256v1`.
pub(super) fn key_type(one: &Certificate) -> String {
    match (&one.asked, &one.issued) {
        (Some(asked), _) => asked.key_type.clone(),
        (None, Some(issued)) => issued.details.key_algorithm.replace('-', "_"),
        (None, None) => "RSA_2048".to_owned(),
    }
}

/// The model's `CertificateSummary`. Answers write key types with a hyphen, unlike the model's own list.
// https://docs.aws.amazon.com/acm/latest/userguide/gs-acm-describe.html
pub(super) fn summary(one: &Certificate, users: &[String], (now, patience): (f64, f64)) -> Value {
    let mut answer = json!({
        "CertificateArn": one.arn, "DomainName": one.domain, "SubjectAlternativeNameSummaries": one.names.iter().take(100).collect::<Vec<_>>(),
        "HasAdditionalSubjectAlternativeNames": one.names.len() > 100, "Status": status(one, now, patience), "Type": one.kind,
        "KeyAlgorithm": key_type(one).replacen('_', "-", 1), "InUse": !users.is_empty(), "CreatedAt": one.created,
        "RenewalEligibility": eligibility(one, users),
    });
    dates(&mut answer, one);
    answer
}

/// The model's `CertificateDetail`.
pub(super) fn detail(
    one: &Certificate,
    users: &[String],
    account: &str,
    records: Option<&[bool]>,
    (now, patience): (f64, f64),
) -> Value {
    let mut answer = json!({
        "CertificateArn": one.arn, "DomainName": one.domain, "SubjectAlternativeNames": one.names, "Status": status(one, now, patience),
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
    if let Some(reason) = one.asked.as_ref().and_then(|asked| asked.failed) {
        answer["FailureReason"] = json!(reason);
    }
    if one.kind == "AMAZON_ISSUED" {
        let over = matches!(answer["Status"].as_str(), Some("FAILED" | "VALIDATION_TIMED_OUT"));
        let option = |(index, name): (usize, &String)| {
            let valid = records.and_then(|records| records.get(index)).is_some_and(|valid| *valid);
            let status = if valid {
                "SUCCESS"
            } else if over {
                "FAILED"
            } else {
                "PENDING_VALIDATION"
            };
            let mut option = json!({ "DomainName": name, "ValidationDomain": name, "ValidationMethod": "DNS",
                "ValidationStatus": status });
            // A moment after the request the records are not known yet.
            if records.is_some() {
                let (name, value) = record(account, name);
                option["ResourceRecord"] = json!({ "Name": name, "Type": "CNAME", "Value": value });
            }
            option
        };
        answer["DomainValidationOptions"] = one.names.iter().enumerate().map(option).collect::<Vec<_>>().into();
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
