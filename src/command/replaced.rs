//! Records that had to make room for the stack's own: removed with a note beside them, and put back from it.

use crate::aws::{Aws, AwsCallError, route53};
use crate::registry::note;
use crate::registry::record::{Action, Change, RecordSet, command};

/// Records that stood at the registry's host name.
#[derive(Clone, Debug)]
pub(super) struct Replaced {
    /// The zone's id.
    pub(super) zone_id: String,
    /// The records.
    pub(super) sets: Vec<RecordSet>,
    /// The note that tells of them.
    pub(super) note: RecordSet,
    /// A note of earlier records, which these have replaced since.
    pub(super) outdated: Option<RecordSet>,
}

impl Replaced {
    /// What a host's note tells of, if there is one.
    pub(super) async fn noted(aws: &Aws, zone_id: &str, host: &str) -> Result<Option<Self>, AwsCallError> {
        let found = route53::record_sets(aws, zone_id, &note::name(host)).await?;
        Ok(found.into_iter().find_map(|note| {
            let sets = note::read(&note)?;
            Some(Self { zone_id: zone_id.to_owned(), sets, note, outdated: None })
        }))
    }

    /// Removes the records and leaves the note, both or neither. A lost reply is looked into.
    pub(super) async fn remove(&self, aws: &Aws) -> Result<(), AwsCallError> {
        let gone: Vec<RecordSet> = self.sets.iter().chain(&self.outdated).cloned().collect();
        let changes = note::removal(&gone, &self.note);
        let changed =
            route53::change(aws, &self.zone_id, &changes, "dockreg makes room for the registry's record").await;
        self.or_done(aws, changed, |found| found == std::slice::from_ref(&self.note)).await
    }

    /// Puts the records back and takes the note away, both or neither.
    pub(super) async fn put_back(&self, aws: &Aws) -> Result<(), AwsCallError> {
        let changed =
            route53::change(aws, &self.zone_id, &self.return_changes(), "dockreg puts back what it removed").await;
        self.or_done(aws, changed, <[RecordSet]>::is_empty).await
    }

    /// Takes the note away: what it tells of is replaced for good.
    pub(super) async fn forget(&self, aws: &Aws) -> Result<(), AwsCallError> {
        let gone = Change::all(Action::Delete, std::slice::from_ref(&self.note));
        let changed = route53::change(aws, &self.zone_id, &gone, "dockreg has replaced the record").await;
        self.or_done(aws, changed, <[RecordSet]>::is_empty).await
    }

    /// An error counts only if the note is not as it would be after the change: everything of it happens, or nothing.
    async fn or_done(
        &self,
        aws: &Aws,
        changed: Result<(), AwsCallError>,
        is_done: impl Fn(&[RecordSet]) -> bool,
    ) -> Result<(), AwsCallError> {
        let Err(error) = changed else { return Ok(()) };
        match route53::record_sets(aws, &self.zone_id, &self.note.name).await {
            Ok(found) if is_done(&found) => Ok(()),
            _ => Err(error),
        }
    }

    fn return_changes(&self) -> Vec<Change> {
        note::return_of(&self.sets, &self.note)
    }

    /// The records, one a line.
    pub(super) fn list(&self) -> String {
        self.sets.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// What to type to have them back while nothing else stands there.
    pub(super) fn way_back(&self) -> String {
        command(&self.zone_id, &self.return_changes())
    }
}
