//! The plan's network: two fitting subnets, or those that were named.

use super::{Draft, Machine, Observed};
use crate::error::{Failure, Kind};
use crate::registry::network::{self, Route, Wish};
use crate::registry::template::parameter;
use crate::settings::{Source, UpSettings};
use crate::stack::Stack;

pub(super) fn choose(
    settings: &UpSettings,
    observed: &Observed,
    stack: Option<&Stack>,
    draft: &mut Draft,
) -> Result<(), Failure> {
    if stack.is_some() && !settings.names_network() {
        return Ok(());
    }
    if let Some(stack) = stack.filter(|_| settings.internal) {
        stays_internal(stack)?;
    }
    let wish = Wish {
        vpc: settings.vpc.clone().or_else(|| kept(stack, parameter::VPC_ID)),
        subnets: settings.subnets.clone(),
        load_balancer_subnets: settings.load_balancer_subnets.clone(),
        availability_zones: settings.availability_zones.clone(),
        internal: settings.internal,
        instance_type: observed.machine.as_ref().map(Machine::instance_type).unwrap_or_default(),
        instance_zones: observed.instance_zones.clone(),
        own_image: settings.ami.is_some(),
    };
    let selection = network::choose(&observed.vpcs, &observed.subnets, &wish)
        .map_err(|problem| Failure::new(Kind::Network, problem.to_string()).hint(problem.cure()))?;
    if let Some(closed) = selection.subnets.iter().find(|own| own.route == Route::None) {
        draft.warnings.push(format!(
            "subnet {} has no route to the internet: the image must hold Docker, nginx and the registry's image, and the VPC \
             needs endpoints for S3, Secrets Manager, CloudFormation and Elastic Load Balancing",
            closed.id
        ));
    }
    let ids = |subnets: &[&network::Subnet]| subnets.iter().map(|own| own.id.as_str()).collect::<Vec<_>>().join(",");
    let by = |given: bool| if given { Source::Flag } else { Source::Found };
    draft.set(parameter::VPC_ID, selection.vpc, by(settings.vpc.is_some()));
    let nodes = ids(&selection.subnets);
    let balancer = ids(&selection.load_balancer_subnets);
    if balancer != nodes {
        draft.set(parameter::LOAD_BALANCER_SUBNETS, balancer, by(!settings.load_balancer_subnets.is_empty()));
    }
    draft.set(parameter::SUBNETS, nodes, by(!settings.subnets.is_empty()));
    draft.set(parameter::NODE_PUBLIC_ADDRESS, selection.node_public_address.to_string(), Source::Found);
    if settings.internal {
        draft.set(parameter::LOAD_BALANCER_SCHEME, "internal", Source::Flag);
    }
    if !settings.availability_zones.is_empty() {
        draft.set(parameter::AVAILABILITY_ZONES, settings.availability_zones.join(","), Source::Flag);
    }
    Ok(())
}

/// A changed scheme makes a new load balancer, whose listener cannot take the target group while the old one holds it:
/// the update would fail and be rolled back.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html>
fn stays_internal(stack: &Stack) -> Result<(), Failure> {
    if stack.parameter(parameter::LOAD_BALANCER_SCHEME) == Some("internal") {
        return Ok(());
    }
    let message =
        format!("the load balancer of {} faces the internet, and that cannot change while it lives", stack.name);
    Err(Failure::new(Kind::Network, message)
        .hint("`dockreg down`, then `dockreg up --internal` again: the images stay in their bucket"))
}

fn kept(stack: Option<&Stack>, name: &str) -> Option<String> {
    stack.and_then(|stack| stack.parameter(name)).map(str::to_owned)
}
