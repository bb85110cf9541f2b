//! A resource record set: read from and shown as the model's member names.

use serde_json::{Value, json};

use super::Routing;
use crate::AwsError;

/// Where an alias record points.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    pub zone_id: String,
    /// Lower case, with the final dot.
    pub dns_name: String,
    pub evaluate_target_health: bool,
}

/// A record set.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSet {
    /// Lower case, with the final dot.
    pub name: String,
    pub kind: String,
    pub ttl: Option<u64>,
    pub values: Vec<String>,
    pub alias: Option<Alias>,
    /// Tells record sets of one name and type apart.
    pub set_identifier: Option<String>,
    /// How it is chosen among them; None for simple routing.
    pub routing: Option<Routing>,
    pub health_check: Option<String>,
}

/// What record sets are kept and listed by: labels from the top-level domain down, then the type, then the identifier.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    labels: Vec<String>,
    pub kind: String,
    pub set_identifier: String,
}

impl Key {
    /// The key of a name and type with simple routing.
    pub fn new(name: &str, kind: &str) -> Self {
        Self::of(name, kind, "")
    }

    /// The key of a name, type and set identifier.
    pub fn of(name: &str, kind: &str, set_identifier: &str) -> Self {
        let name = name_of(name);
        let labels = name.trim_end_matches('.').rsplit('.').map(str::to_owned).collect();
        Self { labels, kind: kind.to_owned(), set_identifier: set_identifier.to_owned() }
    }

    /// The name, with the final dot.
    pub fn name(&self) -> String {
        self.labels.iter().rev().map(|label| format!("{label}.")).collect()
    }
}

impl RecordSet {
    /// A record set with values.
    pub fn plain(name: &str, kind: &str, ttl: u64, values: Vec<String>) -> Self {
        Self { ttl: Some(ttl), values, ..Self::empty(name, kind) }
    }

    /// An alias record set.
    pub fn alias(name: &str, kind: &str, zone_id: &str, dns_name: &str, evaluate_target_health: bool) -> Self {
        let alias = Alias { zone_id: zone_id.to_owned(), dns_name: name_of(dns_name), evaluate_target_health };
        Self { alias: Some(alias), ..Self::empty(name, kind) }
    }

    fn empty(name: &str, kind: &str) -> Self {
        Self {
            name: name_of(name),
            kind: kind.to_owned(),
            ttl: None,
            values: Vec::new(),
            alias: None,
            set_identifier: None,
            routing: None,
            health_check: None,
        }
    }

    /// Where it is kept.
    pub fn key(&self) -> Key {
        Key::of(&self.name, &self.kind, self.set_identifier.as_deref().unwrap_or_default())
    }

    /// Reads the model's `ResourceRecordSet` of a change with this action.
    ///
    /// # Errors
    /// `InvalidInput` when it has both or neither of values and alias, or a routing policy without an identifier.
    // https://github.com/boto/boto3/issues/2240, https://github.com/aws/aws-sdk/issues/75 (the words of a missing identifier)
    pub fn read(action: &str, input: &Value) -> Result<Self, AwsError> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, kind) = (text(&input["Name"]), text(&input["Type"]));
        let identifier = input["SetIdentifier"].as_str();
        let place = format!(
            "in Change with [Action={action}, Name={name}, Type={kind}, SetIdentifier={}]",
            identifier.unwrap_or("null")
        );
        let invalid = |what: &str| AwsError::new("InvalidInput", format!("Invalid request: {what} {place}"));
        let mut policies = Routing::read(input);
        let choices = "Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig],";
        // A false MultiValueAnswer asks for an identifier too.
        let named = usize::from(input["MultiValueAnswer"] == false);
        match (identifier, policies.len() + if identifier.is_none() { named } else { 0 }) {
            (None, 0) | (Some(_), 1) => {}
            (None, _) => return Err(invalid("Missing field 'SetIdentifier'")),
            (Some(_), 0) => return Err(invalid(&format!("{choices} but found none"))),
            (Some(_), _) => return Err(invalid(&format!("{choices} but found more than one"))),
        }
        for unknown in ["GeoProximityLocation", "CidrRoutingConfig", "TrafficPolicyInstanceId"] {
            if !input[unknown].is_null() {
                return Err(invalid(&format!("{unknown} is not simulated")));
            }
        }
        let ttl = input["TTL"].as_u64();
        let values: Vec<String> =
            input["ResourceRecords"].as_array().into_iter().flatten().map(|record| text(&record["Value"])).collect();
        let target = &input["AliasTarget"];
        let kinds =
            "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId],";
        let record = match (target.is_null(), ttl) {
            (true, Some(ttl)) if !values.is_empty() => Self::plain(&name, &kind, ttl, values),
            (true, _) => return Err(invalid(&format!("{kinds} but found none"))),
            (false, None) if values.is_empty() => {
                let evaluate = target["EvaluateTargetHealth"].as_bool().unwrap_or(false);
                Self::alias(&name, &kind, &text(&target["HostedZoneId"]), &text(&target["DNSName"]), evaluate)
            }
            (false, _) => return Err(invalid(&format!("{kinds} but found more than one"))),
        };
        Ok(Self {
            set_identifier: identifier.map(str::to_owned),
            routing: policies.pop(),
            health_check: input["HealthCheckId"].as_str().map(str::to_owned),
            ..record
        })
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
        for (name, value) in [("SetIdentifier", &self.set_identifier), ("HealthCheckId", &self.health_check)] {
            if let Some(value) = value {
                answer[name] = json!(value);
            }
        }
        if let Some(routing) = &self.routing {
            routing.describe(&mut answer);
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
