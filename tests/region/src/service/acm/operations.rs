//! The operations of ACM, on the state in `mod`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::describe::{detail, key_type, status, summary};
use super::validation::{settle, validated};
use super::{Certificate, Issued};
use crate::certificate::parse;
use crate::region::World;
use crate::{AwsError, Region};

pub(super) fn run(region: &Region, operation: &str, input: &Value) -> Result<Value, AwsError> {
    let (now, account) = (region.clock.epoch(), region.settings.account.as_str());
    let arn = input["CertificateArn"].as_str().unwrap_or_default();
    region.world(|world| {
        settle(world, now, account);
        match operation {
            "ImportCertificate" => import(region, world, input, now),
            "RequestCertificate" => request(region, world, input, now),
            "ListCertificates" => list(world, input, now),
            "DescribeCertificate" => {
                let one = found(world, arn)?.clone();
                let valid: Vec<bool> =
                    one.names.iter().map(|name| one.issued.is_some() || validated(world, now, account, name)).collect();
                Ok(json!({ "Certificate": detail(&one, &world.certificate_users(arn), account, &valid, now) }))
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
                let added = pairs(&input["Tags"]);
                if let Some(one) = world.acm.certificates.get_mut(arn) {
                    one.tags.retain(|(key, _)| !added.iter().any(|(new, _)| new == key));
                    one.tags.extend(added);
                }
                Ok(json!({}))
            }
            "DeleteCertificate" => delete(world, arn),
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
fn delete(world: &mut World, arn: &str) -> Result<Value, AwsError> {
    found(world, arn)?;
    if !world.certificate_users(arn).is_empty() {
        return Err(AwsError::new("ResourceInUseException", format!("Certificate {arn} is in use.")));
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
    let body = pem("Certificate").ok_or_else(|| invalid("The certificate field contains more than one certificate. You can specify only one certificate in this field."))?;
    let private_key = pem("PrivateKey").ok_or_else(|| invalid("The private key is not supported."))?;
    let chain = pem("CertificateChain");
    let details = parse(&body, chain.as_deref(), &private_key).map_err(|problem| {
        if problem.mismatch {
            invalid("The certificate's public key does not match the private key.")
        } else {
            invalid(&problem.message)
        }
    })?;
    if details.not_after < now {
        return Err(invalid("The certificate is expired. Provide a certificate that is currently valid."));
    }
    let names = if details.names.is_empty() { vec![details.common_name.clone()] } else { details.names.clone() };
    let domain = if details.common_name.is_empty() { names[0].clone() } else { details.common_name.clone() };
    let issued = Issued { body, chain, private_key, details, at: now };
    if let Some(arn) = input["CertificateArn"].as_str() {
        found(world, arn)?;
        if let Some(one) = world.acm.certificates.get_mut(arn) {
            (one.domain, one.names, one.issued) = (domain, names, Some(issued));
        }
        return Ok(json!({ "CertificateArn": arn }));
    }
    let arn = region.arn("acm", &format!("certificate/{}", region.random.uuid()));
    let tags = pairs(&input["Tags"]);
    let made = Certificate {
        arn: arn.clone(),
        domain,
        names,
        kind: "IMPORTED",
        created: now,
        issued: Some(issued),
        tags,
        token: None,
    };
    world.acm.certificates.insert(arn.clone(), made);
    Ok(json!({ "CertificateArn": arn }))
}

/// By DNS alone: mail is sent to nobody here.
fn request(region: &Region, world: &mut World, input: &Value, now: f64) -> Result<Value, AwsError> {
    let text = |name: &str| input[name].as_str().map(str::to_owned);
    if text("ValidationMethod").is_none_or(|method| method != "DNS") {
        return Err(AwsError::new("ValidationException", "Only DNS validation is known to this region"));
    }
    let (domain, token) = (text("DomainName").unwrap_or_default(), text("IdempotencyToken"));
    if let Some(same) =
        world.acm.certificates.values().find(|one| token.is_some() && one.token == token && one.domain == domain)
    {
        return Ok(json!({ "CertificateArn": same.arn }));
    }
    let mut names = vec![domain.clone()];
    for name in input["SubjectAlternativeNames"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !names.iter().any(|own| own == name) {
            names.push(name.to_owned());
        }
    }
    let arn = region.arn("acm", &format!("certificate/{}", region.random.uuid()));
    let tags = pairs(&input["Tags"]);
    let made =
        Certificate { arn: arn.clone(), domain, names, kind: "AMAZON_ISSUED", created: now, issued: None, tags, token };
    world.acm.certificates.insert(arn.clone(), made);
    Ok(json!({ "CertificateArn": arn }))
}

/// Unless key types are named, only RSA of 1024 and 2048 bits is listed.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
fn list(world: &World, input: &Value, now: f64) -> Result<Value, AwsError> {
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
        .filter(|one| statuses.as_ref().is_none_or(|statuses| statuses.iter().any(|wanted| wanted == status(one, now))))
        .map(|one| summary(one, &world.certificate_users(&one.arn), now))
        .collect();
    let input = json!({ "NextToken": input["NextToken"], "MaxResults": input["MaxItems"] });
    crate::service::ec2::filter::page(all, &input, "CertificateSummaryList")
}

fn pairs(tags: &Value) -> Vec<(String, String)> {
    let pair =
        |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str().unwrap_or_default().to_owned()));
    tags.as_array().into_iter().flatten().filter_map(pair).collect()
}
