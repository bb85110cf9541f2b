//! Faults that tests plant in resource operations.

use super::state::State;

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
