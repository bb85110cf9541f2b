//! What values are made of that is elsewhere, read in the name of whoever the operation works for: attributes of
//! resources, and parameters of Systems Manager. Which permissions that needs is not known here.

use serde_json::{Map, Value};

use super::run::{Run, Snapshot};
use crate::formation::dynamic::{self, Reference};
use crate::resource::Phase;
use crate::service::cloudformation::caller;
use crate::service::iam::handlers::{self, Work};

/// Refuses values that are made of attributes which the caller, or the stack's role, may not read.
///
/// # Errors
/// In the words of the resource's or the stack's event.
pub(super) fn attributes(run: &Run, snapshot: &Snapshot) -> Result<(), String> {
    let Some(principal) = caller::acts_as(run) else { return Ok(()) };
    for (logical_id, attribute) in snapshot.known() {
        let Some(resource) = run.resource(&logical_id) else { continue };
        let context = run.context(&resource, Phase::Update);
        let work = Work {
            resource_type: &resource.resource_type,
            physical_id: resource.physical_id.as_deref(),
            properties: &resource.properties,
            before: None,
        };
        handlers::may_know(&context, &principal, &work, &attribute)?;
    }
    Ok(())
}

/// Refuses declared properties with references to parameters that the caller, or the stack's role, may not read.
///
/// Those in a branch that is not taken count too: whether CloudFormation resolves them is not known. [U]
///
/// # Errors
/// In the words of the resource's event.
pub(super) fn parameters(run: &Run, declared: &Map<String, Value>) -> Result<(), String> {
    let Some(principal) = caller::acts_as(run) else { return Ok(()) };
    let mut names = Vec::new();
    dynamic::replace(&Value::Object(declared.clone()), &mut |reference| {
        if let Reference::Ssm { name, .. } = reference {
            names.push(name.clone());
        }
        Ok(None)
    })?;
    handlers::may_read_parameters(&run.region, &principal, &names)
}
