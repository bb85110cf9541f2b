//! The plan's DNS: which zone takes the record, or none.

use super::{Draft, Observed, host_changes};
use crate::error::{Failure, Kind};
use crate::registry::names::HostName;
use crate::registry::template::parameter;
use crate::registry::zone::{self, Zone};
use crate::settings::{Source, UpSettings, ZoneWish};
use crate::stack::Stack;

pub(super) fn choose(
    settings: &UpSettings,
    observed: &Observed,
    stack: Option<&Stack>,
    host: &HostName,
    draft: &mut Draft,
) -> Result<Option<Zone>, Failure> {
    if settings.zone == ZoneWish::Find && stack.is_some_and(|stack| !host_changes(stack, host)) {
        return Ok(None);
    }
    let (zone, source) = match &settings.zone {
        ZoneWish::Without => (None, Source::Flag),
        ZoneWish::Named(wanted) => (
            Some(zone::named(&observed.zones, wanted, host.as_str()).map_err(|problem| failure(&problem))?),
            Source::Flag,
        ),
        ZoneWish::Find => {
            (zone::choose(&observed.zones, host.as_str()).map_err(|problem| failure(&problem))?, Source::Found)
        }
    };
    match zone {
        Some(zone) => {
            let (prefix, name) = host.split_at_zone(&zone.name).ok_or_else(|| {
                Failure::new(Kind::Zone, format!("{host} does not lie in the hosted zone {}", zone.name))
            })?;
            draft.set(parameter::DNS_PREFIX, prefix, source.clone());
            draft.set(parameter::DNS_ZONE, name, source.clone());
            draft.set(parameter::DNS_ZONE_ID, zone.id.clone(), source.clone());
            draft.set(parameter::HOST_NAME, "", source);
        }
        None => {
            for name in [parameter::DNS_PREFIX, parameter::DNS_ZONE, parameter::DNS_ZONE_ID] {
                draft.set(name, "", source.clone());
            }
            draft.set(parameter::HOST_NAME, host.as_str(), source);
        }
    }
    Ok(zone.cloned())
}

fn failure(problem: &zone::ZoneProblem) -> Failure {
    Failure::new(Kind::Zone, problem.to_string()).hint(problem.cure())
}
