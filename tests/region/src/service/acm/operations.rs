//! The operations of ACM, on the state in `mod`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::describe::{detail, key_type, status, summary};
use super::validation::{Pace, settle, validated};
use super::{Asked, Certificate, Issued};
use crate::certificate::{Problem, parse};
use crate::region::World;
use crate::service::paging::page;
use crate::{AwsError, Region};

/// Certificates of an account, and names of a certificate, unless AWS is asked for more.
// https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
const CERTIFICATES: usize = 2500;
const NAMES: usize = 10;
const TAGS: usize = 50;

pub(super) fn run(region: &Region, operation: &str, input: &Value) -> Result<Value, AwsError> {
    let (now, account) = (region.clock.epoch(), region.settings.account.as_str());
    let seconds = |simulated: f64| region.clock.scaled(Duration::from_secs_f64(simulated)).as_secs_f64();
    let pace = Pace { records: seconds(3.0), issue: seconds(60.0), patience: seconds(72.0 * 3600.0) };
    let arn = input["CertificateArn"].as_str().unwrap_or_default();
    region.world(|world| {
        settle(world, now, account, pace);
        match operation {
            "ImportCertificate" => import(region, world, input, now),
            "RequestCertificate" => request(region, world, input, now),
            "ListCertificates" => list(world, input, (now, pace.patience)),
            "DescribeCertificate" => {
                let one = found(world, arn)?.clone();
                let valid: Vec<bool> =
                    one.names.iter().map(|name| one.issued.is_some() || validated(world, now, account, name)).collect();
                let records = (now >= one.created + pace.records).then_some(valid.as_slice());
                let users = world.certificate_holders(arn, now);
                Ok(json!({ "Certificate": detail(&one, &users, account, records, (now, pace.patience)) }))
            }
            "GetCertificate" => match &found(world, arn)?.issued {
                Some(issued) => Ok(json!({ "Certificate": issued.body, "CertificateChain": issued.chain })),
                None => Err(AwsError::new(
                    "RequestInProgressException",
                    "The certificate request is in progress and the certificate in your account has not been issued.",
                )),
            },
            "ListTagsForCertificate" => {
                let tags = found(world, arn)?.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
                Ok(json!({ "Tags": tags.collect::<Vec<_>>() }))
            }
            "AddTagsToCertificate" => {
                found(world, arn)?;
                let added = pairs(&input["Tags"])?;
                if let Some(one) = world.acm.certificates.get_mut(arn) {
                    let kept = one.tags.iter().filter(|(key, _)| !added.iter().any(|(new, _)| new == key));
                    let tags: Vec<(String, String)> = kept.cloned().chain(added.iter().cloned()).collect();
                    if tags.len() > TAGS {
                        let message = format!("A certificate can have up to {TAGS} tags.");
                        return Err(AwsError::new("TooManyTagsException", message));
                    }
                    one.tags = tags;
                }
                Ok(json!({}))
            }
            "DeleteCertificate" => delete(world, account, arn, now),
            other => Err(AwsError::new("UnknownOperationException", other)),
        }
    })
}

fn found<'w>(world: &'w World, arn: &str) -> Result<&'w Certificate, AwsError> {
    world
        .acm
        .certificates
        .get(arn)
        .ok_or_else(|| AwsError::new("ResourceNotFoundException", format!("Could not find certificate {arn}.")))
}

/// A certificate in use stays.
// https://github.com/dfds/infrastructure-modules/issues/5
fn delete(world: &mut World, account: &str, arn: &str, now: f64) -> Result<Value, AwsError> {
    found(world, arn)?;
    if !world.certificate_holders(arn, now).is_empty() {
        return Err(AwsError::new(
            "ResourceInUseException",
            format!("Certificate {arn} in account {account} is in use."),
        ));
    }
    world.acm.certificates.remove(arn);
    Ok(json!({}))
}

/// With an ARN the certificate behind it is replaced, and every listener has the new one.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html
fn import(region: &Region, world: &mut World, input: &Value, now: f64) -> Result<Value, AwsError> {
    let pem = |name: &str| {
        let bytes = input[name].as_str().and_then(|text| STANDARD.decode(text).ok())?;
        String::from_utf8(bytes).ok()
    };
    let invalid = |message: &str| AwsError::new("ValidationException", message);
    let body = pem("Certificate").ok_or_else(|| refusal(Problem::Body))?;
    let private_key = pem("PrivateKey").ok_or_else(|| refusal(Problem::Key))?;
    let chain = pem("CertificateChain");
    let details = parse(&body, chain.as_deref(), &private_key).map_err(refusal)?;
    // https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html
    if details.key_algorithm == "UNKNOWN" || !KEYS.contains(&details.key_algorithm.as_str()) {
        return Err(invalid("The private key length is not supported for key algorithm."));
    }
    if details.not_after < now {
        return Err(invalid("The certificate is expired. Provide a certificate that is currently valid."));
    }
    if details.not_before > now {
        return Err(invalid("The certificate is not yet valid. Provide a certificate that is currently valid."));
    }
    let names = if details.names.is_empty() { vec![details.common_name.clone()] } else { details.names.clone() };
    let domain = if details.common_name.is_empty() { names[0].clone() } else { details.common_name.clone() };
    let issued = Issued { body, chain, private_key, details, at: now };
    if let Some(arn) = input["CertificateArn"].as_str() {
        if found(world, arn)?.kind != "IMPORTED" {
            return Err(invalid("The certificate is not an imported certificate."));
        }
        if !pairs(&input["Tags"])?.is_empty() {
            return Err(invalid("Tagging is not permitted on re-import."));
        }
        if let Some(one) = world.acm.certificates.get_mut(arn) {
            (one.domain, one.names, one.issued) = (domain, names, Some(issued));
        }
        return Ok(json!({ "CertificateArn": arn }));
    }
    room(world)?;
    let arn = region.arn("acm", &format!("certificate/{}", region.random.uuid()));
    let tags = pairs(&input["Tags"])?;
    let made = Certificate {
        arn: arn.clone(),
        domain,
        names,
        kind: "IMPORTED",
        created: now,
        issued: Some(issued),
        tags,
        asked: None,
    };
    world.acm.certificates.insert(arn.clone(), made);
    Ok(json!({ "CertificateArn": arn }))
}

/// Key types that can be imported.
const KEYS: [&str; 7] =
    ["RSA-1024", "RSA-2048", "RSA-3072", "RSA-4096", "EC-prime256v1", "EC-secp384r1", "EC-secp521r1"];

// https://repost.aws/knowledge-center/acm-import-troubleshooting and
// https://github.com/go-acme/lego/issues/1506 (the order); the mismatch [U]
fn refusal(problem: Problem) -> AwsError {
    let message = match problem {
        Problem::Body => "Unable to parse certificate. Be sure that the certificate is in PEM format.",
        Problem::SeveralBodies => {
            "The certificate field contains more than one certificate. You can specify only one certificate in this field."
        }
        Problem::Chain => "The certificate chain provided is not in a valid PEM format.",
        Problem::ChainOrder(_) => "Could not validate the certificate with the certificate chain.",
        Problem::Key => "The private key is not supported.",
        Problem::EncryptedKey => "Your private key should not be encrypted.",
        Problem::Mismatch => "The certificate's public key does not match the private key.",
    };
    AwsError::new("ValidationException", message)
}

/// Refuses one certificate more than the account may have.
// https://github.com/convox/rack/issues/2387 (of requests; that an import is refused in the same words is a guess)
fn room(world: &World) -> Result<(), AwsError> {
    if world.acm.certificates.len() < world.acm.quota.unwrap_or(CERTIFICATES) {
        return Ok(());
    }
    let message = "Cannot request more certificates in this account. Contact Customer Service for details.";
    Err(AwsError::new("LimitExceededException", message))
}

/// By DNS alone: mail is sent to nobody here.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html; the words [U]
fn request(region: &Region, world: &mut World, input: &Value, now: f64) -> Result<Value, AwsError> {
    let text = |name: &str| input[name].as_str().map(str::to_owned);
    let invalid = |message: &str| AwsError::new("InvalidParameterException", message);
    if text("ValidationMethod").is_none_or(|method| method != "DNS") {
        return Err(invalid("Only DNS validation is known to this region"));
    }
    let (domain, token) = (text("DomainName").unwrap_or_default().to_ascii_lowercase(), text("IdempotencyToken"));
    let hour = region.clock.scaled(Duration::from_secs(3600)).as_secs_f64();
    let repeated = |one: &&Certificate| {
        let asked = one.asked.as_ref().and_then(|asked| asked.token.as_ref());
        token.is_some() && asked == token.as_ref() && one.domain == domain && now < one.created + hour
    };
    if let Some(same) = world.acm.certificates.values().find(repeated) {
        return Ok(json!({ "CertificateArn": same.arn }));
    }
    let mut names = vec![domain.clone()];
    for name in input["SubjectAlternativeNames"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let name = name.to_ascii_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if domain.len() > 64 {
        return Err(invalid("The first domain name can be no longer than 64 characters."));
    }
    // The model's pattern looks behind, which the wire cannot check: the same by hand.
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|one| one.is_ascii_alphanumeric() || one == '-')
    };
    let host = |name: &str| {
        let bare = name.strip_prefix("*.").unwrap_or(name);
        bare.contains('.') && bare.split('.').all(label)
    };
    if let Some(bad) = names.iter().find(|name| !host(name)) {
        let message = format!(
            "1 validation error detected: Value '{bad}' at 'domainName' failed to satisfy constraint: Member must satisfy regular expression pattern: {PATTERN}"
        );
        return Err(AwsError::new("ValidationException", message));
    }
    if names.len() > NAMES {
        // https://github.com/hashicorp/terraform-provider-aws/issues/35825
        return Err(AwsError::new("LimitExceededException", "Certificate has too many domains."));
    }
    for option in input["DomainValidationOptions"].as_array().into_iter().flatten() {
        let (name, within) = (option["DomainName"].as_str().unwrap_or_default(), option["ValidationDomain"].as_str());
        let fits = within.is_none_or(|within| name == within || name.ends_with(&format!(".{within}")));
        if !names.iter().any(|own| own == name) || !fits {
            let message = format!("The validation options of {name} do not belong to the requested names.");
            return Err(AwsError::new("InvalidDomainValidationOptionsException", message));
        }
    }
    let key_type = text("KeyAlgorithm").unwrap_or_else(|| "RSA_2048".to_owned());
    if !["RSA_2048", "EC_prime256v1", "EC_secp384r1"].contains(&key_type.as_str()) {
        return Err(invalid("The key algorithm is not supported for public certificates."));
    }
    room(world)?;
    let arn = region.arn("acm", &format!("certificate/{}", region.random.uuid()));
    let tags = pairs(&input["Tags"])?;
    let asked = Some(Asked { token, key_type, validated: None, failed: None });
    let made =
        Certificate { arn: arn.clone(), domain, names, kind: "AMAZON_ISSUED", created: now, issued: None, tags, asked };
    world.acm.certificates.insert(arn.clone(), made);
    Ok(json!({ "CertificateArn": arn }))
}

const PATTERN: &str = r"(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])";

/// Unless key types are named, only RSA of 1024 and 2048 bits is listed.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
fn list(world: &World, input: &Value, (now, patience): (f64, f64)) -> Result<Value, AwsError> {
    let strings = |value: &Value| -> Option<Vec<String>> {
        let list = value.as_array().filter(|list| !list.is_empty())?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let types =
        strings(&input["Includes"]["keyTypes"]).unwrap_or_else(|| vec!["RSA_1024".to_owned(), "RSA_2048".to_owned()]);
    let statuses = strings(&input["CertificateStatuses"]);
    let all: Vec<Value> = world
        .acm
        .certificates
        .values()
        .filter(|one| types.contains(&key_type(one)))
        .filter(|one| {
            statuses.as_ref().is_none_or(|statuses| statuses.iter().any(|wanted| wanted == status(one, now, patience)))
        })
        .map(|one| summary(one, &world.certificate_users(&one.arn), (now, patience)))
        .collect();
    let limit = input["MaxItems"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1000);
    // The words [U].
    let (page, next) = page(all, "certificates", input["NextToken"].as_str(), limit)
        .ok_or_else(|| AwsError::new("ValidationException", "The NextToken is not valid."))?;
    let mut answer = json!({ "CertificateSummaryList": page });
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

/// Tags of a request; AWS's own prefix is refused.
// https://docs.aws.amazon.com/acm/latest/userguide/tags-restrictions.html; the words [U]
fn pairs(tags: &Value) -> Result<Vec<(String, String)>, AwsError> {
    let pair =
        |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str().unwrap_or_default().to_owned()));
    let tags: Vec<(String, String)> = tags.as_array().into_iter().flatten().filter_map(pair).collect();
    // CloudFormation's own come this way too.
    match tags.iter().find(|(key, _)| key.starts_with("aws:") && !key.starts_with("aws:cloudformation:")) {
        Some((key, _)) => Err(AwsError::new("InvalidTagException", format!("The tag key {key} begins with aws:"))),
        None => Ok(tags),
    }
}
