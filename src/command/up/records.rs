//! Records that stand where the stack will make its own. CloudFormation never overwrites one, so they are removed first, with
//! consent, and put back if the change fails.

use super::{Run, consent};
use crate::aws::route53;
use crate::command::replaced::Replaced;
use crate::error::{Failure, Kind};
use crate::registry::note;
use crate::registry::plan::UpPlan;
use crate::registry::record::{RecordSet, Standing};
use crate::registry::zone::Zone;
use crate::stack::Stack;
use crate::stack::status::{Sentiment, StackStatus};

/// Records in the way, and whether an earlier run has removed them.
#[derive(Clone, Debug)]
pub(super) struct InTheWay {
    pub(super) replaced: Replaced,
    removed_before: bool,
}

impl Run<'_> {
    /// Looks what stands at the host's name, where the stack is to make its record anew.
    pub(super) async fn in_the_way(&self, plan: &UpPlan, stack: Option<&Stack>) -> Result<Option<InTheWay>, Failure> {
        let Some(zone) = plan.zone.as_ref().filter(|_| plan.makes_record) else { return Ok(None) };
        let host = plan.host.as_str();
        let own = stack.filter(|stack| stack.status.is_updatable());
        let of_own = own.and_then(|stack| Some((super::zone_of_stack(stack)?.0, stack.host()?)));
        if of_own.is_some_and(|(id, of)| id == zone.id && of == plan.host) {
            return Ok(None);
        }
        let (found, noted) = tokio::try_join!(
            route53::record_sets(&self.aws, &zone.id, host),
            Replaced::noted(&self.aws, &zone.id, host)
        )?;
        if let Some(cut) = found.iter().find(|set| set.standing(&zone.name) == Standing::Elsewhere) {
            let message =
                format!("{host} is delegated to other name servers: a record in {} is seen by nobody", zone.name);
            return Err(Failure::new(Kind::Zone, message)
                .cause(format!("the zone has {cut}"))
                .hint("choose another host, or make the record there yourself with --dns-zone none"));
        }
        let sets: Vec<RecordSet> =
            found.into_iter().filter(|set| set.standing(&zone.name) == Standing::InTheWay).collect();
        match noted {
            Some(replaced) if sets.is_empty() => Ok(Some(InTheWay { replaced, removed_before: true })),
            // Whoever made these since has put something in their place.
            Some(old) => in_place_of(zone, host, sets, Some(old.note)),
            None => in_place_of(zone, host, sets, None),
        }
    }

    /// Consent to the removal: by flag, or on the terminal. What an earlier run removed was agreed to then.
    pub(super) async fn may_replace(&self, found: Option<&InTheWay>, host: &str) -> Result<(), Failure> {
        let agreed = self.args.replace_records || self.has_consent();
        let Some(found) = found.filter(|found| !found.removed_before && !agreed) else { return Ok(()) };
        let shell = &self.context.shell;
        let message = format!("{host} has DNS records already, and CloudFormation overwrites none");
        if self.args.yes || !shell.is_interactive() {
            return Err(Failure::new(Kind::Zone, message).cause(found.replaced.list()).hint(
                "to have them removed first, and put back if the change fails, add --replace-records; to leave them and \
                 make no record: --dns-zone none",
            ));
        }
        let list = found.replaced.list().replace('\n', "\n  ");
        shell.note(&format!("{message}:\n  {list}\nUntil the stack has made its own, {host} is not found."));
        consent::ask(shell, false, "Remove them first, and put them back if the change fails?").await
    }

    /// Removes them, just before the change.
    pub(super) async fn make_room(&self, found: Option<&InTheWay>) -> Result<(), Failure> {
        let Some(InTheWay { replaced, removed_before: false }) = found else { return Ok(()) };
        replaced.remove(&self.aws).await.map_err(|error| {
            Failure::from(error).context("the records at the host's name could not be removed; nothing was changed")
        })?;
        self.context.shell.note(&format!("removed, and noted in {}:\n{}", replaced.note.name, replaced.list()));
        Ok(())
    }

    /// The change did not begin: they are put back.
    pub(super) async fn not_replaced(&self, found: Option<&InTheWay>, failure: Failure) -> Failure {
        let Some(InTheWay { replaced, .. }) = found else { return failure };
        match replaced.put_back(&self.aws).await {
            Ok(()) => {
                self.context.shell.note(&format!("put back:\n{}", replaced.list()));
                failure
            }
            Err(error) => {
                way_back(failure.context(format!("the removed records could not be put back ({error})")), replaced)
            }
        }
    }

    /// The change has ended: they are gone for good, or put back. What comes of it is a warning.
    pub(super) async fn settle_records(&mut self, replaced: &Replaced, ended: &StackStatus) {
        let good = ended.sentiment() == Sentiment::Good && *ended != StackStatus::DeleteComplete;
        let list = replaced.list();
        self.warnings.push(if good {
            match replaced.forget(&self.aws).await {
                Ok(()) => format!("the stack's record has taken the place of:\n{list}"),
                Err(error) => format!("the note {} could not be removed: {error}", replaced.note.name),
            }
        } else {
            match replaced.put_back(&self.aws).await {
                Ok(()) => format!("put back:\n{list}"),
                Err(error) => {
                    format!("could not be put back ({error}):\n{list}\nto put them back: {}", replaced.way_back())
                }
            }
        });
    }

    /// Settles what an earlier run has removed for this stack and could not wait for.
    pub(super) async fn settle_noted(&mut self, stack: &Stack, ended: &StackStatus) -> Result<(), Failure> {
        let (Some((zone_id, _)), Some(host)) = (super::zone_of_stack(stack), stack.host()) else { return Ok(()) };
        if let Some(replaced) = Replaced::noted(&self.aws, &zone_id, host.as_str()).await? {
            self.settle_records(&replaced, ended).await;
        }
        Ok(())
    }
}

/// Adds how to put them back by hand: the operation goes on, or nobody knows.
pub(super) fn way_back(failure: Failure, replaced: &Replaced) -> Failure {
    let hint = failure.hint.clone().map(|hint| format!("{hint}; ")).unwrap_or_default();
    failure.hint(format!("{hint}if it comes to nothing, this puts the removed records back: {}", replaced.way_back()))
}

fn in_place_of(
    zone: &Zone,
    host: &str,
    sets: Vec<RecordSet>,
    outdated: Option<RecordSet>,
) -> Result<Option<InTheWay>, Failure> {
    if sets.is_empty() {
        return Ok(None);
    }
    let refused = |set: &RecordSet, why: &str| {
        Failure::new(Kind::Zone, format!("{host} has a DNS record that could not be put back: {why}"))
            .cause(set.to_string())
            .hint("remove it yourself, or choose another host")
    };
    if let Some((set, why)) = sets.iter().find_map(|set| Some((set, set.strange?))) {
        return Err(refused(set, why));
    }
    match note::write(host, &sets) {
        Some(note) => {
            let replaced = Replaced { zone_id: zone.id.clone(), sets, note, outdated };
            Ok(Some(InTheWay { replaced, removed_before: false }))
        }
        None => Err(refused(&sets[0], "there are too many of them to be noted")),
    }
}
