//! After a deletion: whether anything is left that should be gone. Looks and changes nothing.

use super::bucket_name;
use super::delete::Deleted;
use crate::aws::cloudformation::{self, Resource};
use crate::aws::{Aws, CallKind, secretsmanager};
use crate::error::Failure;
use crate::stack::Stack;
use crate::stack::status::StackStatus;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Leftover {
    /// What is left and should not be, in words.
    pub(super) left: Vec<String>,
    /// What was left behind by consent, with ids.
    pub(super) retained: Vec<String>,
    /// What could not be looked at.
    pub(super) unseen: Vec<String>,
}

/// Looks at the stack, its change sets, its resources and its secrets.
pub(super) async fn look(aws: &Aws, stack: &Stack, deleted: &Deleted) -> Result<Leftover, Failure> {
    let mut found = Leftover::default();
    let now = cloudformation::describe_stack(aws, &stack.id).await?;
    if let Some(now) = now.filter(|now| now.status != StackStatus::DeleteComplete) {
        found.left.push(format!("the stack {} itself: it is {}", now.name, now.status));
        return Ok(found);
    }
    // A deleted stack's change sets are gone with it; AWS may then refuse to list them.
    for name in cloudformation::change_set_names(aws, &stack.id).await.unwrap_or_default() {
        found.left.push(format!("the change set {name}"));
    }
    let after = cloudformation::resources(aws, &stack.id).await;
    if after.as_ref().is_err_and(|error| error.kind == CallKind::Denied) {
        found.unseen.push("whether the stack's resources are gone could not be looked at".to_owned());
    }
    let after = after.unwrap_or_default();
    for own in &after {
        let is_images = own.physical_id.as_deref() == bucket_name(stack);
        if own.status == "DELETE_COMPLETE" || is_images || own.physical_id.is_none() {
            continue;
        }
        let named = named(own);
        let skipped_before = |held: &Resource| held.logical_id == own.logical_id && held.status == "DELETE_SKIPPED";
        let agreed = deleted.stuck_left || deleted.left.contains(&own.logical_id);
        if belongs_to_bucket(own) {
            continue;
        }
        if agreed || deleted.held.iter().any(skipped_before) {
            found.retained.push(named);
        } else {
            found.left.push(format!("{named}: {}", own.status));
        }
    }
    for secret in deleted.held.iter().filter(|own| own.resource_type == "AWS::SecretsManager::Secret") {
        let Some(id) = &secret.physical_id else { continue };
        if deleted.stuck_left || deleted.left.contains(&secret.logical_id) {
            continue;
        }
        match secretsmanager::exists(aws, id).await {
            Ok(false) => {}
            Ok(true) => found.left.push(format!("the secret {}", named(secret))),
            Err(error) if error.kind == CallKind::Denied => {
                found.unseen.push(format!("whether the secret {} is gone could not be looked at", secret.logical_id));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

/// The bucket's policy stays with a bucket that stays.
fn belongs_to_bucket(resource: &Resource) -> bool {
    resource.resource_type == "AWS::S3::Bucket" || resource.resource_type == "AWS::S3::BucketPolicy"
}

fn named(resource: &Resource) -> String {
    let id = resource.physical_id.as_deref().unwrap_or("no id");
    format!("{} ({} {id})", resource.logical_id, resource.resource_type)
}
