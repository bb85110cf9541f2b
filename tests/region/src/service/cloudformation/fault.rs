//! Faults that tests plant in resource operations, and states that they put stacks into.

use super::state::State;
use crate::Region;

/// Makes a resource fail.
#[derive(Debug, Clone)]
pub struct ResourceFault {
    pub logical_id: String,
    /// `CREATE`, `UPDATE` or `DELETE`.
    pub action: String,
    /// The reason that its event gives.
    pub reason: String,
    /// How often it still happens.
    pub times: usize,
}

impl State {
    /// ARN of the newest stack of this name.
    pub fn stack_arn(&self, name: &str) -> Option<String> {
        self.stack(name).map(|stack| stack.id.clone())
    }

    /// Puts a stack, and if so asked all of its resources, into a status that no call leads to fast enough or at all.
    /// No operation runs: the stack stays there until it is put elsewhere or a call changes it.
    pub fn put(&mut self, region: &Region, name: &str, status: &'static str, resources: Option<&'static str>) {
        let Some(stack) = self.stack_mut(name) else { return };
        let ids: Vec<String> = stack.resources.iter().map(|resource| resource.logical_id.clone()).collect();
        for id in resources.iter().flat_map(|_| &ids) {
            stack.set_resource_status(id, resources.unwrap_or_default(), None);
        }
        stack.set_status(region, status, None);
    }

    /// ARN of the stack that a change set, by its ARN, is of.
    pub fn stack_of_change_set(&self, arn: &str) -> Option<String> {
        let has = |stack: &&super::state::Stack| stack.change_sets.iter().any(|change_set| change_set.id == arn);
        self.stacks.iter().find(has).map(|stack| stack.id.clone())
    }

    /// Plants a fault.
    pub fn fail_resource(&mut self, fault: ResourceFault) {
        self.faults.push(fault);
    }

    /// The reason of a planted fault that applies now; uses it up by one.
    pub(super) fn take_fault(&mut self, logical_id: &str, action: &str) -> Option<String> {
        let fault = self
            .faults
            .iter_mut()
            .find(|fault| fault.times > 0 && fault.logical_id == logical_id && fault.action == action)?;
        fault.times -= 1;
        Some(fault.reason.clone())
    }
}
