//! `AWS::CertificateManager::Certificate`: requested, its validation records shown, and then waited for, for as long as
//! nobody publishes them.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::properties::{list, strings, text};
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::service::route53::{Action, Change, RecordSet};
use crate::service::{Call, Principal, acm};

/// The type.
pub struct Certificate;

const SERVICE: &str = "Acm";

/// How often the handler asks ACM how far it is. [U]
const LOOK: Duration = Duration::from_secs(10);

/// How often a delete is tried while something uses the certificate: the balancer lets go of it a while after its
/// listener is gone. https://github.com/aws/aws-cdk/issues/4179; how often CloudFormation tries is [U].
const DELETE_ATTEMPTS: usize = 60;

#[async_trait]
impl ResourceType for Certificate {
    fn name(&self) -> &'static str {
        "AWS::CertificateManager::Certificate"
    }

    /// Without the validation.
    fn typical_seconds(&self) -> f64 {
        180.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let refused = |error: AwsError| context.refused(SERVICE, &error);
        let answer = ask(context, "RequestCertificate", request(context, properties)?).await.map_err(refused)?;
        let arn = answer["CertificateArn"].as_str().unwrap_or_default().to_owned();
        context.initiated(&arn);
        let mut shown: Vec<Value> = Vec::new();
        loop {
            let detail = ask(context, "DescribeCertificate", json!({"CertificateArn": arn})).await.map_err(refused)?;
            let detail = &detail["Certificate"];
            for option in detail["DomainValidationOptions"].as_array().into_iter().flatten() {
                let record = &option["ResourceRecord"];
                // A name and its wildcard have one record.
                if record.is_null() || shown.contains(record) {
                    continue;
                }
                shown.push(record.clone());
                show(context, record);
                if let Some(zone) = zone_of(properties, option["DomainName"].as_str().unwrap_or_default()) {
                    publish(context, &zone, record).map_err(|failure| failure.leaving(&arn))?;
                }
            }
            match detail["Status"].as_str().unwrap_or_default() {
                "ISSUED" => return Ok(made(&arn)),
                "PENDING_VALIDATION" => context.region.clock.sleep(LOOK).await,
                status => {
                    // The words as in published events of AWS; https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting.html
                    let reason = format!("DNS Record Set is not available. Certificate is in {status} status.");
                    return Err(ResourceFailure::new("NotStabilized", reason).leaving(&arn));
                }
            }
        }
    }

    /// Tags alone, and the logging preference: everything else makes a new certificate.
    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let input = json!({"CertificateArn": physical_id, "Tags": tags(context, new)});
        ask(context, "AddTagsToCertificate", input).await.map_err(|error| context.refused(SERVICE, &error))?;
        Ok(made(physical_id))
    }

    /// The validation records stay in their zone.
    /// https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1603
    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        for attempt in 1..=DELETE_ATTEMPTS {
            let input = json!({"CertificateArn": physical_id});
            match ask(context, "DeleteCertificate", input).await {
                Err(error) if error.code == "ResourceInUseException" && attempt < DELETE_ATTEMPTS => {
                    context.region.clock.sleep(LOOK).await;
                }
                Err(error) if error.code != "ResourceNotFoundException" => {
                    return Err(context.refused(SERVICE, &error));
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}

async fn ask(context: &ResourceContext, operation: &str, input: Value) -> Result<Value, AwsError> {
    let principal = Principal::Operator { arn: context.region.global_arn("iam", "root") };
    acm::call(&context.region, Call { service: "acm", operation: operation.to_owned(), input, principal }).await
}

fn request(context: &ResourceContext, properties: &Map<String, Value>) -> Result<Value, ResourceFailure> {
    if let Some(key) =
        ["CertificateAuthorityArn", "CertificateExport"].iter().find(|key| properties.contains_key(**key))
    {
        return Err(ResourceFailure::new("InvalidRequest", format!("{key} of certificates is not simulated")));
    }
    let mut input = json!({
        "DomainName": text(properties, "DomainName"),
        // Mail, where nothing is said.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-certificatemanager-certificate.html
        "ValidationMethod": text(properties, "ValidationMethod").unwrap_or_else(|| "EMAIL".to_owned()),
        "IdempotencyToken": context.random_characters(32),
        "Tags": tags(context, properties),
    });
    let names = strings(properties, "SubjectAlternativeNames");
    if !names.is_empty() {
        input["SubjectAlternativeNames"] = json!(names);
    }
    if let Some(algorithm) = text(properties, "KeyAlgorithm") {
        input["KeyAlgorithm"] = json!(algorithm);
    }
    if let Some(preference) = text(properties, "CertificateTransparencyLoggingPreference") {
        input["Options"] = json!({"CertificateTransparencyLoggingPreference": preference});
    }
    Ok(input)
}

fn tags(context: &ResourceContext, properties: &Map<String, Value>) -> Value {
    let pairs = context.tags_with(properties);
    pairs.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// https://github.com/aws/aws-cdk/issues/11201, and the events that many guides quote: no blank after the first comma.
fn show(context: &ResourceContext, record: &Value) {
    let text = |key: &str| record[key].as_str().unwrap_or_default();
    context.report(&format!(
        "Content of DNS Record is: {{Name: {},Type: {},Value: {}}}",
        text("Name"),
        text("Type"),
        text("Value")
    ));
}

/// The zone in which the template lets CloudFormation publish a domain's record.
fn zone_of(properties: &Map<String, Value>, domain: &str) -> Option<String> {
    let mut options = list(properties, "DomainValidationOptions");
    let option = options.find(|option| option["DomainName"] == domain)?;
    option["HostedZoneId"].as_str().map(str::to_owned)
}

/// A record that an identical certificate has left is as good as new. The lifetime is [U].
fn publish(context: &ResourceContext, zone: &str, record: &Value) -> Result<(), ResourceFailure> {
    let input = json!({
        "Name": record["Name"], "Type": record["Type"], "TTL": 300, "ResourceRecords": [{"Value": record["Value"]}],
    });
    let region = &context.region;
    let published = RecordSet::read("UPSERT", &input).and_then(|record| {
        let batch = vec![Change { action: Action::Upsert, record }];
        region.world(|world| world.route53.change(region, zone, batch, None))
    });
    published.map(drop).map_err(|error| context.refused("Route53", &error))
}

fn made(arn: &str) -> Made {
    Made { physical_id: arn.to_owned(), attributes: Map::from_iter([("CertificateArn".to_owned(), json!(arn))]) }
}
