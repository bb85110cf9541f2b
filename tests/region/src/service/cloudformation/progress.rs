//! What a resource's handler reports while it works.

use crate::resource::ResourceContext;

/// The resource exists under this id from now on, though it is not ready.
pub fn initiated(context: &ResourceContext, physical_id: &str) {
    tracing::debug!(stack = context.stack_name, resource = context.logical_id, physical_id, "initiated");
}

/// An event in the resource's present status.
pub fn report(context: &ResourceContext, reason: &str) {
    tracing::debug!(stack = context.stack_name, resource = context.logical_id, reason, "report");
}
