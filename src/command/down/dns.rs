//! What of DNS outlives the stack: records that a change which never ended had removed are put back, and the validation
//! record of a certificate that the stack requested stays, for CloudFormation leaves it in its zone.
//! <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1603>

use super::Run;
use crate::aws::{acm, cloudformation, route53};
use crate::command::replaced::Replaced;
use crate::registry::record::{Action, Change, RecordSet, command};
use crate::registry::template::{CERTIFICATE, parameter};
use crate::stack::Stack;

impl Run<'_> {
    /// The records that will stay, looked up while the certificate still tells them. Empty where they cannot be seen.
    pub(super) async fn validation_records(&self, stack: &Stack) -> Vec<RecordSet> {
        let (None, Some(zone)) = (stack.parameter(parameter::SSL_CERTIFICATE), stack.parameter(parameter::DNS_ZONE_ID))
        else {
            return Vec::new();
        };
        let resources = cloudformation::resources(&self.aws, &stack.id).await.unwrap_or_default();
        let own = resources.into_iter().find(|own| own.logical_id == CERTIFICATE && own.status != "DELETE_COMPLETE");
        let Some(arn) = own.and_then(|own| own.physical_id) else { return Vec::new() };
        let told = acm::requested(&self.aws, &arn).await.map(|requested| requested.records).unwrap_or_default();
        let mut found = Vec::new();
        for record in told {
            let sets = route53::record_sets(&self.aws, zone, &record.name).await.unwrap_or_default();
            found.extend(sets.into_iter().filter(|set| set.kind == record.kind));
        }
        found
    }

    /// Puts back what stood at the host's name, when `up` removed it and the change came to nothing. Says what came of it.
    pub(super) async fn put_back_records(&self, stack: &Stack) -> Option<String> {
        let (zone_id, host) = (stack.parameter(parameter::DNS_ZONE_ID)?, stack.host()?);
        let noted = match Replaced::noted(&self.aws, zone_id, host.as_str()).await {
            Ok(noted) => noted?,
            Err(error) => {
                tracing::debug!(%error, "whether records are to be put back could not be looked at");
                return None;
            }
        };
        Some(match noted.put_back(&self.aws).await {
            Ok(()) => format!("put back, as it stood before: {}", noted.list()),
            Err(error) => format!("not put back ({error}): {}; to do it: {}", noted.list(), noted.way_back()),
        })
    }
}

/// What is said of the records that stay, with the way to remove them.
pub(super) fn staying(stack: &Stack, records: &[RecordSet]) -> String {
    let zone = |name| stack.parameter(name).unwrap_or_default();
    let line = |record: &RecordSet| {
        format!(
            "\n\nthe certificate's validation record stays in the zone {}, for another certificate of the name would need it:\n  \
             {record}\nto remove it:\n  {}",
            zone(parameter::DNS_ZONE),
            command(zone(parameter::DNS_ZONE_ID), &Change::all(Action::Delete, std::slice::from_ref(record)))
        )
    };
    records.iter().map(line).collect()
}
