//! The plan's capacity: whether the account may run the nodes, asked before anything is made.

use super::{Draft, Machine, Observed};
use crate::error::{Failure, Kind};
use crate::registry::template::parameter;
use crate::stack::Stack;

/// What the account allows; `None` for what could not be read, which is no reason to stop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Virtual processors of all standard on-demand instances together.
    pub standard_vcpus: Option<f64>,
    /// A customer's key that new disks are encrypted with.
    pub disk_key: Option<String>,
}

/// The families that share the quota of standard instances, by the first letter of the instance type.
/// <https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html>
const STANDARD_FAMILIES: &str = "acdhimrtz";

pub(super) fn check(observed: &Observed, stack: Option<&Stack>, draft: &mut Draft) -> Result<(), Failure> {
    let Some(machine) = &observed.machine else { return Ok(()) };
    if let Some(key) = &observed.limits.disk_key {
        // https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
        draft.warnings.push(format!(
            "this account encrypts new disks with its own key {key}: unless the key's policy lets \
             AWSServiceRoleForAutoScaling use it, no node can start (Client.InternalError)"
        ));
    }
    let Some(quota) = observed.limits.standard_vcpus.filter(|_| is_standard(machine)) else { return Ok(()) };
    let nodes = match draft.values.get(parameter::NODES) {
        Some(setting) => setting.value.parse().ok(),
        None => stack.and_then(|stack| stack.parameter(parameter::NODES)).and_then(|nodes| nodes.parse().ok()),
    };
    let nodes: u32 = nodes.unwrap_or(1);
    let each = machine.vcpus;
    let needs = |nodes: u32| f64::from(nodes) * f64::from(each);
    let name = &machine.instance_type.value;
    let counted = if nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes") };
    if needs(nodes) > quota {
        let message = format!(
            "{counted} of {name} would take {} virtual processors, and this account may run {quota} in this region",
            needs(nodes)
        );
        return Err(Failure::new(Kind::Input, message).hint(
            "take fewer --nodes or a smaller --instance-type, or raise the EC2 quota L-1216C47A in Service Quotas",
        ));
    }
    if needs(nodes + 1) > quota {
        draft.warnings.push(format!(
            "this account may run {quota} virtual processors in this region: enough for {counted} of {name}, too few \
             for the one more that a rolling change starts first; raise the EC2 quota L-1216C47A in Service Quotas"
        ));
    }
    Ok(())
}

/// `t3.small` is one, `trn1.2xlarge` has a quota of its own.
fn is_standard(machine: &Machine) -> bool {
    let mut letters = machine.instance_type.value.chars();
    letters.next().is_some_and(|first| STANDARD_FAMILIES.contains(first))
        && letters.next().is_some_and(|second| second.is_ascii_digit())
}
