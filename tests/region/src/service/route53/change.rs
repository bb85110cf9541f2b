//! Change batches: all or nothing, refused as Route 53 refuses them.

use std::time::Duration;

use serde_json::{Value, json};

use super::check::{self, Targets};
use super::{ChangeStatus, Key, RecordSet, State, Zone, bare, no_such_zone};
use crate::{AwsError, Region};

/// What is done with a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Create,
    Delete,
    Upsert,
}

/// One change of a batch.
#[derive(Debug, Clone)]
pub struct Change {
    pub action: Action,
    pub record: RecordSet,
}

/// "Changes generally propagate to all Route 53 name servers within 60 seconds"; half of it here [U].
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
const IN_SYNC: Duration = Duration::from_secs(30);

/// Records of one batch.
const RECORDS_OF_A_BATCH: usize = 1000;

impl State {
    /// Applies a batch to a zone; gives the change's id without prefix.
    ///
    /// # Errors
    /// `NoSuchHostedZone`, `InvalidChangeBatch`.
    pub fn change(
        &mut self,
        region: &Region,
        zone_id: &str,
        batch: Vec<Change>,
        comment: Option<String>,
    ) -> Result<String, AwsError> {
        let Self { zones, service_names, .. } = self;
        let zone = zones.get_mut(bare(zone_id)).ok_or_else(|| no_such_zone(zone_id))?;
        let (own_zone, own_name) = (zone.id.clone(), zone.name.clone());
        let targets = Targets {
            balancers: crate::service::elbv2::load_balancers::canonical_zone(&region.settings.region),
            service_names: &|name| service_names.contains_key(name),
            own_zone: &own_zone,
            own_name: &own_name,
        };
        // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html; an UPSERT counts twice
        let count =
            |change: &Change| change.record.values.len().max(1) * if change.action == Action::Upsert { 2 } else { 1 };
        if batch.iter().map(count).sum::<usize>() > RECORDS_OF_A_BATCH {
            let message = format!("[Number of records limit of {RECORDS_OF_A_BATCH} exceeded.]");
            return Err(AwsError::new("InvalidChangeBatch", message));
        }
        let mut after = zone.records.clone();
        let mut problems = Vec::new();
        let mut changed: Vec<(Key, Option<RecordSet>)> = Vec::new();
        for change in batch {
            match apply(zone, &mut after, change, &targets) {
                Ok(one) => changed.push(one),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            // https://github.com/ansible-collections/amazon.aws/issues/2694
            let mut error = AwsError::new("InvalidChangeBatch", format!("[{}]", problems.join(", ")));
            error.fields.insert("messages".to_owned(), json!(problems));
            return Err(error);
        }
        let now = region.clock.epoch();
        let takes = region.random.duration(&format!("DNS change {}", self.changes.len()), IN_SYNC);
        let in_sync = now + region.clock.scaled(takes).as_secs_f64();
        zone.records = after;
        zone.pending.push((in_sync, changed));
        Ok(self.submitted(region, comment))
    }

    /// Notes a change that is submitted now; gives its id without prefix.
    pub(super) fn submitted(&mut self, region: &Region, comment: Option<String>) -> String {
        let submitted = region.clock.epoch();
        let in_sync = submitted + region.clock.scaled(IN_SYNC).as_secs_f64();
        let id = format!("C{}", region.random.upper(20));
        self.changes.insert(id.clone(), ChangeStatus { submitted, in_sync, comment });
        id
    }

    /// The model's `ChangeInfo` of a change; None for an unknown id.
    pub fn change_info(&self, id: &str, now: f64) -> Option<Value> {
        let id = bare(id);
        let change = self.changes.get(id)?;
        let status = if now >= change.in_sync { "INSYNC" } else { "PENDING" };
        let mut info = json!({ "Id": format!("/change/{id}"), "Status": status, "SubmittedAt": change.submitted });
        if let Some(comment) = &change.comment {
            info["Comment"] = json!(comment);
        }
        Some(info)
    }
}

fn apply(
    zone: &Zone,
    records: &mut std::collections::BTreeMap<Key, RecordSet>,
    Change { action, record }: Change,
    targets: &Targets,
) -> Result<(Key, Option<RecordSet>), String> {
    let (name, kind) = (&record.name, &record.kind);
    let shown = format!("[name='{name}', type='{kind}']");
    if *name != zone.name && !name.ends_with(&format!(".{}", zone.name)) {
        // https://github.com/meltwater/terraform-aws-asg-dns-handler/issues/38
        return Err(format!("RRSet with DNS name {name} is not permitted in zone {}", zone.name));
    }
    let key = record.key();
    let shown = match &record.set_identifier {
        None => shown,
        Some(identifier) => format!("[name='{name}', type='{kind}', set-identifier='{identifier}']"),
    };
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html,
    // https://github.com/airbnb/zonify/issues/1 (NS), https://github.com/DNSControl/dnscontrol/pull/4402 (SOA)
    if *name == zone.name && action == Action::Delete && matches!(kind.as_str(), "NS" | "SOA") {
        return Err(match kind.as_str() {
            "NS" => "A HostedZone must contain at least one NS record for the zone itself.".to_owned(),
            _ => "A HostedZone must contain exactly one SOA record.".to_owned(),
        });
    }
    let present = records.get(&key);
    match action {
        Action::Delete => {
            match present {
                // https://github.com/boto/boto/issues/2887
                None => return Err(format!("Tried to delete resource record set {shown} but it was not found")),
                Some(present) if *present != record => {
                    // https://github.com/hashicorp/terraform/issues/18509
                    return Err(format!(
                        "Tried to delete resource record set {shown} but the values provided do not match the current values"
                    ));
                }
                Some(_) => records.remove(&key),
            };
            Ok((key, None))
        }
        Action::Create if present.is_some() => {
            // https://github.com/clouddrove/terraform-aws-ses/issues/25
            Err(format!("Tried to create resource record set {shown} but it already exists"))
        }
        Action::Create | Action::Upsert => {
            if kind == "CNAME" && *name == zone.name {
                // https://github.com/cloudfoundry/bosh-bootloader/issues/310
                return Err(format!(
                    "RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {}",
                    zone.name
                ));
            }
            let beside = || records.values().filter(|other| other.name == *name && other.kind != *kind);
            // https://github.com/ansible-collections/amazon.aws/issues/2694
            if kind == "CNAME" && beside().next().is_some() {
                return Err(format!(
                    "RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the same DNS name in zone {}",
                    zone.name
                ));
            }
            // https://github.com/RJPearson94/terraform-aws-open-next/issues/24
            if beside().any(|other| other.kind == "CNAME") {
                return Err(format!(
                    "RRSet of type {kind} with DNS name {name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone {}",
                    zone.name
                ));
            }
            if let Some(problem) = check::problem(&record, records, targets) {
                return Err(problem);
            }
            records.insert(key.clone(), record.clone());
            Ok((key, Some(record)))
        }
    }
}
