//! Route 53: hosted zones, record sets and changes that take a while to reach the name servers.
//!
//! The words of errors are [U] where no source is cited.

pub mod answer;
mod change;
mod check;
pub mod delegation;
mod operations;
mod record;
mod routing;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::Value;

use super::Call;
use crate::{AwsError, Region};

pub use answer::{Answer, lookup};
pub use change::{Action, Change};
pub use delegation::{Referral, referral, seen};
pub use record::{Alias, Key, RecordSet, name_of};
pub use routing::Routing;

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    /// Zones by id, without the `/hostedzone/` prefix.
    pub zones: BTreeMap<String, Zone>,
    /// Changes by id, without the `/change/` prefix.
    pub changes: BTreeMap<String, ChangeStatus>,
    /// Addresses of the names in AWS's own zones, such as load balancers': kept by the services that make them.
    /// Names in lower case, without the final dot.
    pub service_names: BTreeMap<String, Vec<Ipv4Addr>>,
    /// The name servers that the registries of parent domains list, by zone (lower case, with the final dot). A zone's
    /// first appearance in the account is registered by itself, unless its parent is a zone of the account too.
    pub delegations: BTreeMap<String, Vec<String>>,
    /// What draws among weighted records; made from the region's seed at the first zone.
    draws: Option<crate::random::Random>,
    /// What `*.amazonaws.com` and the zones' name servers resolve to.
    pub server_address: Option<Ipv4Addr>,
}

/// What a change leaves at each key; None for nothing.
type Changed = Vec<(Key, Option<RecordSet>)>;

/// A hosted zone.
#[derive(Debug, Clone)]
pub struct Zone {
    /// `Z…`, without prefix.
    pub id: String,
    /// Lower case, with the final dot.
    pub name: String,
    pub caller_reference: String,
    pub comment: Option<String>,
    /// VPC of a private zone.
    pub vpc: Option<Value>,
    pub name_servers: Vec<String>,
    /// As the API shows them.
    pub records: BTreeMap<Key, RecordSet>,
    /// As the name servers answer them.
    pub published: BTreeMap<Key, RecordSet>,
    /// Changes under way: when they reach the name servers (seconds since 1970), and what then is at each key.
    pending: Vec<(f64, Changed)>,
}

/// A change of records.
#[derive(Debug, Clone)]
pub struct ChangeStatus {
    pub submitted: f64,
    /// When it is `INSYNC`, seconds since 1970.
    pub in_sync: f64,
    pub comment: Option<String>,
}

impl Zone {
    /// Lets the name servers see what has reached them by `now`.
    pub fn settle(&mut self, now: f64) {
        let (due, pending) = std::mem::take(&mut self.pending).into_iter().partition(|(when, _)| *when <= now);
        self.pending = pending;
        let due: Vec<(f64, Changed)> = due;
        for (key, record) in due.into_iter().flat_map(|(_, changes)| changes) {
            match record {
                Some(record) => self.published.insert(key, record),
                None => self.published.remove(&key),
            };
        }
    }
}

impl State {
    /// The zone of this id, with or without `/hostedzone/`.
    ///
    /// # Errors
    /// `NoSuchHostedZone`.
    pub fn zone(&self, id: &str) -> Result<&Zone, AwsError> {
        self.zones.get(bare(id)).ok_or_else(|| no_such_zone(id))
    }

    /// The public zone of exactly this name (final dot optional), as `HostedZoneName` of a record set resource finds it.
    pub fn zone_named(&self, name: &str) -> Option<&Zone> {
        let name = name_of(name);
        self.zones.values().find(|zone| zone.name == name && zone.vpc.is_none())
    }

    /// Makes a zone with its NS and SOA records, published at once; gives its id.
    pub fn create_zone(
        &mut self,
        region: &Region,
        name: &str,
        reference: &str,
        comment: Option<String>,
        vpc: Option<Value>,
    ) -> String {
        self.draws.get_or_insert_with(|| crate::random::Random::new(region.settings.seed));
        let id = format!("Z{}", region.random.upper(20));
        let number = || region.random.below(2048);
        let name_servers: Vec<String> = ["com", "net", "org", "co.uk"]
            .iter()
            .map(|end| format!("ns-{}.awsdns-{:02}.{end}", number(), region.random.below(64)))
            .collect();
        let name = name_of(name);
        let soa = format!("{}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", name_servers[0]);
        let servers = name_servers.iter().map(|server| format!("{server}.")).collect();
        let records: BTreeMap<Key, RecordSet> =
            [RecordSet::plain(&name, "NS", 172_800, servers), RecordSet::plain(&name, "SOA", 900, vec![soa])]
                .into_iter()
                .map(|record| (record.key(), record))
                .collect();
        let caller_reference = reference.to_owned();
        let published = records.clone();
        let below = |other: &Zone| other.vpc.is_none() && name.ends_with(&format!(".{}", other.name));
        if vpc.is_none() && !self.zones.values().any(below) {
            self.delegations.entry(name.clone()).or_insert_with(|| name_servers.clone());
        }
        let zone = Zone {
            id: id.clone(),
            name,
            caller_reference,
            comment,
            vpc,
            name_servers,
            records,
            published,
            pending: Vec::new(),
        };
        self.zones.insert(id.clone(), zone);
        id
    }
}

/// An id without its `/hostedzone/` or `/change/` prefix.
pub(crate) fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

// https://github.com/terraform-aws-modules/terraform-aws-acm/issues/119
fn no_such_zone(id: &str) -> AwsError {
    AwsError::new("NoSuchHostedZone", format!("No hosted zone found with ID: {}", bare(id))).with_status(404)
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    operations::run(region, &call.operation, &call.input)
}
