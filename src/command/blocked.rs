//! Resources that keep an operation from ending well: which, why, and what to do about each.

use crate::aws::cloudformation::{self, Resource};
use crate::aws::{Aws, AwsCallError};
use crate::stack::hint::hint;

/// The resources of a stack that failed last.
pub(super) async fn blocked(aws: &Aws, stack_id: &str) -> Result<Vec<Resource>, AwsCallError> {
    let all = cloudformation::resources(aws, stack_id).await?;
    Ok(all.into_iter().filter(|own| own.status.ends_with("_FAILED")).collect())
}

/// Their names in the template, as flags take them.
pub(super) fn names(resources: &[Resource]) -> String {
    resources.iter().map(|own| own.logical_id.as_str()).collect::<Vec<_>>().join(",")
}

/// A line for each, with AWS's reason and what to do about it.
pub(super) fn list(resources: &[Resource]) -> String {
    if resources.is_empty() {
        return "  CloudFormation names no resource that is to blame".to_owned();
    }
    let line = |own: &Resource| {
        let reason = own.reason.as_deref().unwrap_or("AWS gives no reason");
        let id = own.physical_id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
        let hint = hint(&own.resource_type, reason).map(|hint| format!("\n    hint: {hint}")).unwrap_or_default();
        format!("  {} ({}{id}): {reason}{hint}", own.logical_id, own.resource_type)
    };
    resources.iter().map(line).collect::<Vec<_>>().join("\n")
}
