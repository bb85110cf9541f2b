//! What a resource's handler reports while it works.

use crate::resource::ResourceContext;

/// The resource exists under this id from now on, though it is not ready.
pub fn initiated(context: &ResourceContext, physical_id: &str) {
    context.region.world(|world| {
        let Some(stack) = world.cloudformation.stack_mut(&context.stack_id) else { return };
        let operation = stack.operation().map(|operation| operation.id.clone()).unwrap_or_default();
        let Some(resource) = stack.resource_mut(&context.logical_id) else { return };
        if resource.physical_id.as_deref() == Some(physical_id) {
            return;
        }
        resource.physical_id = Some(physical_id.to_owned());
        resource.made_by = operation;
        let status = resource.status;
        stack.set_resource_status(&context.logical_id, status, Some("Resource creation Initiated".to_owned()));
    });
}

/// An event in the resource's present status.
pub fn report(context: &ResourceContext, reason: &str) {
    context.region.world(|world| {
        let Some(stack) = world.cloudformation.stack_mut(&context.stack_id) else { return };
        let Some(status) = stack.resource(&context.logical_id).map(|resource| resource.status) else { return };
        stack.set_resource_status(&context.logical_id, status, Some(reason.to_owned()));
    });
}
