//! A resource record set: read from and shown as the model's member names.

use serde_json::{Value, json};

use crate::AwsError;

/// Where an alias record points.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    pub zone_id: String,
    /// Lower case, with the final dot.
    pub dns_name: String,
    pub evaluate_target_health: bool,
}

/// A record set with simple routing.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSet {
    /// Lower case, with the final dot.
    pub name: String,
    pub kind: String,
    pub ttl: Option<u64>,
    pub values: Vec<String>,
    pub alias: Option<Alias>,
}

/// What record sets are kept and listed by: labels from the top-level domain down, then the type.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    labels: Vec<String>,
    pub kind: String,
}

impl Key {
    /// The key of a name and type.
    pub fn new(name: &str, kind: &str) -> Self {
        let name = name_of(name);
        let labels = name.trim_end_matches('.').rsplit('.').map(str::to_owned).collect();
        Self { labels, kind: kind.to_owned() }
    }

    /// The name, with the final dot.
    pub fn name(&self) -> String {
        self.labels.iter().rev().map(|label| format!("{label}.")).collect()
    }
}

impl RecordSet {
    /// A record set with values.
    pub fn plain(name: &str, kind: &str, ttl: u64, values: Vec<String>) -> Self {
        Self { name: name_of(name), kind: kind.to_owned(), ttl: Some(ttl), values, alias: None }
    }

    /// An alias record set.
    pub fn alias(name: &str, kind: &str, zone_id: &str, dns_name: &str, evaluate_target_health: bool) -> Self {
        let alias = Alias { zone_id: zone_id.to_owned(), dns_name: name_of(dns_name), evaluate_target_health };
        Self { name: name_of(name), kind: kind.to_owned(), ttl: None, values: Vec::new(), alias: Some(alias) }
    }

    /// Where it is kept.
    pub fn key(&self) -> Key {
        Key::new(&self.name, &self.kind)
    }

    /// Reads the model's `ResourceRecordSet`.
    ///
    /// # Errors
    /// `InvalidInput` when it has both or neither of values and alias, or a routing policy, which is not known here.
    pub fn read(input: &Value) -> Result<Self, AwsError> {
        let invalid = |message: String| AwsError::new("InvalidInput", message);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, kind) = (text(&input["Name"]), text(&input["Type"]));
        for policy in
            ["SetIdentifier", "Weight", "Region", "GeoLocation", "Failover", "MultiValueAnswer", "HealthCheckId"]
        {
            if !input[policy].is_null() {
                return Err(invalid(format!("{policy}: routing policies are not known in this region")));
            }
        }
        let ttl = input["TTL"].as_u64();
        let values: Vec<String> =
            input["ResourceRecords"].as_array().into_iter().flatten().map(|record| text(&record["Value"])).collect();
        let target = &input["AliasTarget"];
        if target.is_null() {
            let Some(ttl) = ttl.filter(|_| !values.is_empty()) else {
                return Err(invalid(format!(
                    "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name={name}, Type={kind}, SetIdentifier=null]"
                )));
            };
            return Ok(Self::plain(&name, &kind, ttl, values));
        }
        if ttl.is_some() || !values.is_empty() {
            return Err(invalid(format!(
                "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found more than one in Change with [Action=CREATE, Name={name}, Type={kind}, SetIdentifier=null]"
            )));
        }
        let evaluate = target["EvaluateTargetHealth"].as_bool().unwrap_or(false);
        Ok(Self::alias(&name, &kind, &text(&target["HostedZoneId"]), &text(&target["DNSName"]), evaluate))
    }

    /// As the model's `ResourceRecordSet`.
    pub fn describe(&self) -> Value {
        let mut answer = json!({ "Name": octal(&self.name), "Type": self.kind });
        match &self.alias {
            Some(alias) => {
                answer["AliasTarget"] = json!({ "HostedZoneId": alias.zone_id, "DNSName": alias.dns_name,
                    "EvaluateTargetHealth": alias.evaluate_target_health });
            }
            None => {
                answer["TTL"] = json!(self.ttl);
                answer["ResourceRecords"] =
                    self.values.iter().map(|value| json!({ "Value": value })).collect::<Vec<_>>().into();
            }
        }
        answer
    }
}

/// A name as Route 53 keeps it: lower case, with the final dot.
pub fn name_of(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*"))
}

/// Listings show `*` as `\052`.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
fn octal(name: &str) -> String {
    name.replace('*', "\\052")
}
