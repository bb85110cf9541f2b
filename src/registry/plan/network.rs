//! The plan's network: two fitting subnets, or those that were named. A standing stack keeps what is not said, and its
//! zones must offer another instance type.

use std::collections::BTreeSet;

use super::{Draft, Machine, Observed};
use crate::error::{Failure, Kind};
use crate::registry::network::{self, Route, Standing, Wish};
use crate::registry::template::parameter;
use crate::settings::{Source, UpSettings};
use crate::stack::Stack;

pub(super) fn choose(
    settings: &UpSettings,
    observed: &Observed,
    stack: Option<&Stack>,
    draft: &mut Draft,
) -> Result<(), Failure> {
    if let Some(stack) = stack.filter(|_| !settings.names_network()) {
        return stays_offered(observed, stack, draft);
    }
    if let Some(stack) = stack {
        stays_internal(stack, settings)?;
        stays_in_vpc(stack, settings)?;
    }
    let wish = wish(settings, observed, stack);
    let selection = network::change(&observed.vpcs, &observed.subnets, &wish)
        .map_err(|problem| Failure::new(Kind::Network, problem.to_string()).hint(problem.cure(&settings.up)))?;
    if let Some(closed) = selection.subnets.iter().find(|own| own.route == Route::None) {
        draft.warnings.push(format!(
            "subnet {} has no route to the internet: the image must hold Docker, nginx and the registry's image, and the VPC \
             needs endpoints for S3, Secrets Manager, CloudFormation and Elastic Load Balancing",
            closed.id
        ));
    }
    let ids = |subnets: &[&network::Subnet]| subnets.iter().map(|own| own.id.as_str()).collect::<Vec<_>>().join(",");
    let by = |given: bool| if given { Source::Flag } else { Source::Found };
    let nodes = ids(&selection.subnets);
    let balancer = Some(ids(&selection.load_balancer_subnets)).filter(|own| *own != nodes).unwrap_or_default();
    let now = |name: &str| stack.and_then(|stack| stack.parameter(name)).unwrap_or_default().to_owned();
    // The group takes zones only where they are exactly those of its subnets.
    // https://repost.aws/knowledge-center/auto-scaling-subnets-availability-zones
    let named = !settings.availability_zones.is_empty() || !now(parameter::AVAILABILITY_ZONES).is_empty();
    let zones: BTreeSet<&str> = selection.subnets.iter().map(|own| own.zone.as_str()).filter(|_| named).collect();
    let zones = zones.into_iter().collect::<Vec<_>>().join(",");
    if nodes != now(parameter::SUBNETS) {
        draft.set(parameter::NODE_PUBLIC_ADDRESS, selection.node_public_address.to_string(), Source::Found);
    }
    for (name, value, given) in [
        (parameter::VPC_ID, selection.vpc, settings.vpc.is_some()),
        (parameter::SUBNETS, nodes, !settings.subnets.is_empty()),
        (parameter::LOAD_BALANCER_SUBNETS, balancer, !settings.load_balancer_subnets.is_empty()),
        (parameter::AVAILABILITY_ZONES, zones, !settings.availability_zones.is_empty()),
    ] {
        if value != now(name) {
            draft.set(name, value, by(given));
        }
    }
    if settings.internal {
        draft.set(parameter::LOAD_BALANCER_SCHEME, "internal", Source::Flag);
    }
    Ok(())
}

/// Judges another instance type by the zones where the nodes stay. A group launches nothing in a zone that does not offer
/// it, and goes to its others.
/// <https://repost.aws/knowledge-center/ec2-instance-type-not-supported-az-error>
fn stays_offered(observed: &Observed, stack: &Stack, draft: &mut Draft) -> Result<(), Failure> {
    let Some(instance_type) = observed.machine.as_ref().map(Machine::instance_type) else { return Ok(()) };
    if stack.parameter(parameter::INSTANCE_TYPE) == Some(instance_type.as_str()) {
        return Ok(());
    }
    let own = standing(stack).subnets;
    let zones: BTreeSet<&str> =
        observed.subnets.iter().filter(|subnet| own.contains(&subnet.id)).map(|subnet| subnet.zone.as_str()).collect();
    let (with, without): (Vec<_>, Vec<_>) = zones.into_iter().partition(|zone| observed.instance_zones.contains(*zone));
    if without.is_empty() {
        return Ok(());
    }
    let verb = if without.len() == 1 { "does" } else { "do" };
    let lack = format!("{} {verb} not offer {instance_type}", without.join(" and "));
    match with.as_slice() {
        [] => {
            let elsewhere: Vec<_> = observed.instance_zones.iter().map(String::as_str).collect();
            let message = format!("{lack}, and the nodes of {} are in no other zone", stack.name);
            Err(Failure::new(Kind::Network, message).hint(format!(
                "choose another --instance-type, or name --subnets in zones that offer it: {}",
                elsewhere.join(", ")
            )))
        }
        [only] => {
            draft
                .warnings
                .push(format!("{lack}: every node will be in {only}, and none is left where that zone fails"));
            Ok(())
        }
        several => {
            draft.warnings.push(format!("{lack}: the nodes will be in {} alone", several.join(" and ")));
            Ok(())
        }
    }
}

/// What is asked of the network: by flags, else as the stack is, which a flag for the nodes' subnets sets free of the
/// zones it was made for.
fn wish(settings: &UpSettings, observed: &Observed, stack: Option<&Stack>) -> Wish {
    let standing = stack.map(standing);
    let closed_in = |standing: &Standing| {
        let mut own = observed.subnets.iter().filter(|subnet| standing.subnets.contains(&subnet.id));
        own.any(|subnet| subnet.route == Route::None)
    };
    Wish {
        vpc: settings.vpc.clone().or_else(|| Some(stack?.parameter(parameter::VPC_ID)?.to_owned())),
        subnets: settings.subnets.clone(),
        load_balancer_subnets: settings.load_balancer_subnets.clone(),
        availability_zones: settings.availability_zones.clone(),
        internal: settings.internal || stack.is_some_and(is_internal),
        instance_type: observed.machine.as_ref().map(Machine::instance_type).unwrap_or_default(),
        instance_zones: observed.instance_zones.clone(),
        own_image: settings.ami.is_some() || standing.as_ref().is_some_and(closed_in),
        standing,
    }
}

/// Where the stack is.
fn standing(stack: &Stack) -> Standing {
    let list = |name: &str| -> Vec<String> {
        stack.parameter(name).map(|list| list.split(',').map(|id| id.trim().to_owned()).collect()).unwrap_or_default()
    };
    let (subnets, own) = (list(parameter::SUBNETS), list(parameter::LOAD_BALANCER_SUBNETS));
    let balancer_follows = own.is_empty();
    Standing { load_balancer_subnets: if balancer_follows { subnets.clone() } else { own }, subnets, balancer_follows }
}

fn is_internal(stack: &Stack) -> bool {
    stack.parameter(parameter::LOAD_BALANCER_SCHEME) == Some("internal")
}

/// A changed scheme makes a new load balancer, whose listener cannot take the target group while the old one holds it:
/// the update would fail and be rolled back.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html>
fn stays_internal(stack: &Stack, settings: &UpSettings) -> Result<(), Failure> {
    if !settings.internal || is_internal(stack) {
        return Ok(());
    }
    let message =
        format!("the load balancer of {} faces the internet, and that cannot change while it lives", stack.name);
    Err(made_anew(message, settings, "--internal"))
}

/// A load balancer's subnets change within its VPC alone, and the target group would be made anew beside the old one.
fn stays_in_vpc(stack: &Stack, settings: &UpSettings) -> Result<(), Failure> {
    match (stack.parameter(parameter::VPC_ID), &settings.vpc) {
        (Some(now), Some(wanted)) if now != wanted => {
            let message = format!(
                "the load balancer of {} is in {now}, and no load balancer moves to another VPC while it lives",
                stack.name
            );
            Err(made_anew(message, settings, &format!("--vpc {wanted}")))
        }
        _ => Ok(()),
    }
}

fn made_anew(message: String, settings: &UpSettings, flag: &str) -> Failure {
    let UpSettings { up, down, .. } = settings;
    Failure::new(Kind::Network, message)
        .hint(format!("`{down}`, then `{up} {flag}` again: the images stay in their bucket"))
}
