//! Records of a hosted zone, exactly as Route 53 keeps them, so that one can be put back; in JSON as the AWS CLI takes
//! them. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A record set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RecordSet {
    /// Its name, with the final dot.
    pub name: String,
    /// `A`, `CNAME` …
    #[serde(rename = "Type")]
    pub kind: String,
    /// Tells sets of one name and type apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_identifier: Option<String>,
    /// Its share among weighted sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// Its region among latency sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its place among geolocation sets: `ContinentCode`, `CountryCode`, `SubdivisionCode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo_location: Option<BTreeMap<String, String>>,
    /// `PRIMARY` or `SECONDARY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<String>,
    /// Whether it is one of several answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi_value_answer: Option<bool>,
    /// Seconds that it may be remembered; an alias has none.
    #[serde(rename = "TTL", default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
    /// Its values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_records: Vec<ResourceRecord>,
    /// Where an alias leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_target: Option<AliasTarget>,
    /// The health check that it depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check_id: Option<String>,
    /// What of it is not understood here, so that it could not be put back.
    #[serde(skip)]
    pub strange: Option<&'static str>,
}

/// A value of a record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceRecord {
    /// In presentation form.
    pub value: String,
}

/// Where an alias leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AliasTarget {
    /// The zone that the target is in.
    pub hosted_zone_id: String,
    /// The target.
    #[serde(rename = "DNSName")]
    pub dns_name: String,
    /// Whether its health counts.
    pub evaluate_target_health: bool,
}

/// What a record at the host's name means for the record that the stack makes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Both can be.
    Beside,
    /// It must go first.
    InTheWay,
    /// The host's name belongs to other name servers: a record here would be seen by nobody.
    Elsewhere,
}

impl RecordSet {
    /// A record set of one value and simple routing.
    #[must_use]
    pub fn plain(name: &str, kind: &str, ttl: i64, value: &str) -> Self {
        let resource_records = vec![ResourceRecord { value: value.to_owned() }];
        Self { name: name.to_owned(), kind: kind.to_owned(), ttl: Some(ttl), resource_records, ..Self::default() }
    }

    /// What it means for an address record of this name.
    #[must_use]
    pub fn standing(&self, zone: &str) -> Standing {
        match self.kind.as_str() {
            // Clients that speak IPv6 prefer an AAAA record, and would go where it leads.
            "A" | "AAAA" | "CNAME" => Standing::InTheWay,
            "NS" if self.name.trim_end_matches('.') != zone.trim_end_matches('.') => Standing::Elsewhere,
            _ => Standing::Beside,
        }
    }

    /// Where it leads: the alias's target, or the values.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        match &self.alias_target {
            Some(alias) => vec![alias.dns_name.trim_end_matches('.').to_owned()],
            None => self.resource_records.iter().map(|own| own.value.clone()).collect(),
        }
    }

    fn policy(&self) -> Option<String> {
        let geo = |place: &BTreeMap<String, String>| place.values().cloned().collect::<Vec<_>>().join("-");
        let policy = match self {
            Self { weight: Some(weight), .. } => format!("weight {weight}"),
            Self { region: Some(region), .. } => format!("latency {region}"),
            Self { geo_location: Some(place), .. } => format!("geolocation {}", geo(place)),
            Self { failover: Some(role), .. } => format!("failover {role}"),
            Self { multi_value_answer: Some(true), .. } => "multivalue".to_owned(),
            _ => return None,
        };
        Some(policy)
    }
}

/// `docker.example.com A 192.0.2.1 (TTL 300)`.
impl fmt::Display for RecordSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alias = if self.alias_target.is_some() { "alias of " } else { "" };
        let name = self.name.trim_end_matches('.');
        write!(f, "{name} {} {alias}{}", self.kind, self.targets().join(", "))?;
        let ttl = self.ttl.map(|seconds| format!("TTL {seconds}"));
        let identifier = self.set_identifier.as_ref().map(|own| format!("{own:?}"));
        let remarks: Vec<String> = [identifier, self.policy(), ttl].into_iter().flatten().collect();
        if remarks.is_empty() { Ok(()) } else { write!(f, " ({})", remarks.join(", ")) }
    }
}

/// What is done with a record set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// Made; refused where one of its name and type is.
    Create,
    /// Removed; refused unless all of it is as said.
    Delete,
}

/// A change of one record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// With what.
    pub resource_record_set: RecordSet,
}

impl Change {
    /// All of these with one action.
    #[must_use]
    pub fn all(action: Action, sets: &[RecordSet]) -> Vec<Self> {
        sets.iter().map(|own| Self { action, resource_record_set: own.clone() }).collect()
    }
}

/// The command by which somebody else makes these changes: all of them, or none.
#[must_use]
pub fn command(zone_id: &str, changes: &[Change]) -> String {
    let batch = serde_json::json!({ "Changes": changes }).to_string().replace('\'', r"'\''");
    format!("aws route53 change-resource-record-sets --hosted-zone-id {zone_id} --change-batch '{batch}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(kind: &str, value: &str) -> RecordSet {
        RecordSet::plain("docker.example.com.", kind, 300, value)
    }

    #[test]
    fn what_leads_elsewhere_is_in_the_way() {
        for (kind, zone, standing) in [
            ("A", "example.com", Standing::InTheWay),
            ("AAAA", "example.com", Standing::InTheWay),
            ("CNAME", "example.com", Standing::InTheWay),
            ("NS", "example.com", Standing::Elsewhere),
            ("NS", "docker.example.com.", Standing::Beside),
            ("MX", "example.com", Standing::Beside),
            ("TXT", "example.com", Standing::Beside),
            ("CAA", "example.com", Standing::Beside),
        ] {
            assert_eq!(plain(kind, "x").standing(zone), standing, "{kind} in {zone}");
        }
    }

    #[test]
    fn a_record_survives_its_json_and_reads_as_people_write_it() {
        let weighted =
            RecordSet { set_identifier: Some("blue".to_owned()), weight: Some(10), ..plain("A", "192.0.2.1") };
        let alias = RecordSet {
            ttl: None,
            resource_records: Vec::new(),
            alias_target: Some(AliasTarget {
                hosted_zone_id: "Z35SXDOTRQ7X7K".to_owned(),
                dns_name: "lb-1.us-east-1.elb.amazonaws.com.".to_owned(),
                evaluate_target_health: true,
            }),
            ..plain("A", "")
        };
        for (set, words) in [
            (plain("CNAME", "old.example.com"), "docker.example.com CNAME old.example.com (TTL 300)"),
            (weighted, "docker.example.com A 192.0.2.1 (\"blue\", weight 10, TTL 300)"),
            (alias, "docker.example.com A alias of lb-1.us-east-1.elb.amazonaws.com"),
        ] {
            assert_eq!(set.to_string(), words);
            let json = serde_json::to_string(&set).expect("JSON");
            assert_eq!(serde_json::from_str::<RecordSet>(&json).expect("the same"), set, "{json}");
        }
    }

    #[test]
    fn the_command_quotes_for_a_shell() {
        let changes = Change::all(Action::Create, &[plain("TXT", "\"it's\"")]);
        assert_eq!(
            command("Z1", &changes),
            "aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch \
             '{\"Changes\":[{\"Action\":\"CREATE\",\"ResourceRecordSet\":{\"Name\":\"docker.example.com.\",\"Type\":\"TXT\",\
             \"TTL\":300,\"ResourceRecords\":[{\"Value\":\"\\\"it'\\''s\\\"\"}]}}]}'"
        );
    }
}
