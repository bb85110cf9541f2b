//! The zone that takes the record: which of several of one name, and whether the world is sent to it at all.

use super::{Run, consent, interrupt};
use crate::aws::route53;
use crate::error::{Failure, Kind};
use crate::registry::plan::{Observed, UpPlan, zones_in_doubt};
use crate::registry::template::parameter;
use crate::registry::verify::{Delegation, public_name_servers};
use crate::registry::zone::Zone;
use crate::settings::ZoneWish;
use crate::stack::Stack;

impl Run<'_> {
    /// Has one of several zones of the same name chosen: asked for on a terminal, else refused with the flag to say it.
    pub(super) async fn settle_zone(&mut self, observed: &Observed) -> Result<(), Failure> {
        let Some((name, ids)) = zones_in_doubt(&self.settings, observed)? else { return Ok(()) };
        let public = interrupt::or_stop(async { Ok(self.public_servers(&name).await) }).await?;
        let mut listed = Vec::new();
        for id in &ids {
            let zone = Zone { id: id.clone(), name: name.clone(), private: false };
            let own = interrupt::or_stop(async { Ok(route53::names_of_servers(&self.aws, &zone).await?) }).await?;
            let led = public.as_ref().is_ok_and(|public| public.leads_to(&own));
            listed.push((id.clone(), led));
        }
        let remark = |led: bool| if led { "  the world is sent to this one" } else { "" };
        let message = format!("{} hosted zones are named {name}", ids.len());
        if self.args.yes || self.args.dry_run || !self.context.shell.is_interactive() {
            let list: Vec<String> = listed.iter().map(|(id, led)| format!("{id}{}", remark(*led))).collect();
            let best = listed.iter().find(|(_, led)| *led).or(listed.first()).map_or("ID", |(id, _)| id.as_str());
            let hint =
                format!("name the one that your registrar delegates to by its id, for example --dns-zone {best}");
            return Err(Failure::new(Kind::Zone, message).cause(list.join("\n")).hint(hint));
        }
        let mut text = format!("{message}:\n");
        for (number, (id, led)) in listed.iter().enumerate() {
            text.push_str(&format!("  {}  {id}{}\n", number + 1, remark(*led)));
        }
        let question = format!("{text}Which one takes the record (1 to {}; Enter to stop)? ", ids.len());
        let chosen = consent::choose(&self.context.shell, &question, ids.len()).await?;
        self.settings.zone = ids.into_iter().nth(chosen).map_or(ZoneWish::Find, ZoneWish::Named);
        Ok(())
    }

    /// Refuses a zone that the world is not sent to: nobody would see a record in it.
    pub(super) async fn must_be_delegated(&mut self, zone: &Zone) -> Result<(), Failure> {
        let looks =
            async { Ok((route53::names_of_servers(&self.aws, zone).await?, self.public_servers(&zone.name).await)) };
        let (own, public) = interrupt::or_stop(looks).await?;
        let Zone { name, id, .. } = zone;
        let public = match public {
            Ok(public) if public.leads_to(&own) => {
                self.context.shell.detail(&format!("the domain {name} is delegated to the zone {id}"));
                return Ok(());
            }
            Ok(Delegation::To(servers)) => servers.join(", "),
            Ok(Delegation::Nowhere) => "none: the domain is not delegated to anybody".to_owned(),
            Err(why) => {
                self.warnings.push(format!(
                    "whether {name} is delegated could not be looked at ({why}); unless it is to {}, the certificate is \
                     never issued",
                    own.join(", ")
                ));
                return Ok(());
            }
        };
        let message = format!("the hosted zone {name} ({id}) is not the one that the world is sent to");
        let cause = format!("public name servers of {name}: {public}\nname servers of the zone: {}", own.join(", "));
        Err(Failure::new(Kind::Zone, message).cause(cause).hint(format!(
            "list the zone's name servers for {name} at your registrar, or as NS record in the domain above, and type it \
             once more; a certificate that is there already does without: --certificate"
        )))
    }

    async fn public_servers(&self, zone: &str) -> Result<Delegation, String> {
        public_name_servers(zone, &self.args.probe.connect_to).await
    }
}

/// The zone that takes the record: its id and name.
pub(super) fn zone_of(plan: &UpPlan) -> Option<(String, String)> {
    let value = |key: &str| plan.sources.get(key).map(|own| own.value.clone()).filter(|value| !value.is_empty());
    Some((value(parameter::DNS_ZONE_ID)?, value(parameter::DNS_ZONE)?))
}

/// The same of a stack that stands.
pub(super) fn zone_of_stack(stack: &Stack) -> Option<(String, String)> {
    let value = |key: &str| stack.parameter(key).map(str::to_owned);
    Some((value(parameter::DNS_ZONE_ID)?, value(parameter::DNS_ZONE)?))
}
