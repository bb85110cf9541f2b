//! The plan's DNS: which zone takes the record, or none.

use super::{Draft, Observed, host_changes};
use crate::error::{Failure, Kind};
use crate::registry::names::HostName;
use crate::registry::template::parameter;
use crate::registry::zone::{self, Zone, ZoneProblem};
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
    let zone = find(settings, observed, host).map_err(|problem| failure(&problem))?;
    let source = if settings.zone == ZoneWish::Find { Source::Found } else { Source::Flag };
    draft.warnings.extend(hidden(settings, observed, zone, host));
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

/// The name and ids of several zones that could take the record, when only their owner knows which one.
pub fn in_doubt(settings: &UpSettings, observed: &Observed) -> Result<Option<(String, Vec<String>)>, Failure> {
    let stack = observed.stack.as_ref().filter(|stack| stack.status.is_updatable());
    let host = super::host(settings, stack)?;
    if settings.zone == ZoneWish::Find && stack.is_some_and(|stack| !host_changes(stack, &host)) {
        return Ok(None);
    }
    Ok(match find(settings, observed, &host) {
        Err(ZoneProblem::Ambiguous { name, ids }) => Some((name, ids)),
        _ => None,
    })
}

/// The zone that takes the host's record, if one is to.
pub(super) fn find<'a>(
    settings: &UpSettings,
    observed: &'a Observed,
    host: &HostName,
) -> Result<Option<&'a Zone>, ZoneProblem> {
    match &settings.zone {
        ZoneWish::Without => Ok(None),
        ZoneWish::Named(wanted) => zone::named(&observed.zones, wanted, host.as_str()).map(Some),
        ZoneWish::Find => zone::choose(&observed.zones, host.as_str()),
    }
}

/// What a private zone means for a host that it holds.
pub(super) fn hidden(
    settings: &UpSettings,
    observed: &Observed,
    public: Option<&Zone>,
    host: &HostName,
) -> Option<String> {
    if settings.zone == ZoneWish::Without {
        return None;
    }
    let Zone { name, id, .. } = zone::hiding(&observed.zones, host.as_str())?;
    Some(match public {
        Some(_) => format!(
            "the private hosted zone {name} ({id}) holds {host} too: its VPCs ask nobody else, and find the registry only \
             if it has the record as well"
        ),
        None => format!(
            "the hosted zone {name} ({id}) is private: only its VPCs see it, so the registry's record is not made there"
        ),
    })
}

/// What is said of a zone that cannot be used.
pub(super) fn failure(problem: &zone::ZoneProblem) -> Failure {
    Failure::new(Kind::Zone, problem.to_string()).hint(problem.cure())
}
