//! What a handler may know about the operation it works for, and how it reports while it works.

use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::Region;
use crate::service::cloudformation;

/// Which part of a stack operation calls the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A stack create, or a resource added or replaced by an update.
    Create,
    /// An update in place.
    Update,
    /// An update in place back to the previous properties.
    Rollback,
    /// A delete, whatever the operation.
    Delete,
}

/// What a handler may know about the operation it works for.
#[derive(Clone)]
pub struct ResourceContext {
    pub region: Arc<Region>,
    pub stack_name: String,
    pub stack_id: String,
    pub logical_id: String,
    /// Which part of a stack operation this is.
    pub phase: Phase,
    /// Stack tags merged with `aws:cloudformation:*`, to be put on taggable resources beside the template's own.
    pub tags: Vec<(String, String)>,
    /// The resource's `CreationPolicy`, `UpdatePolicy` and other attributes, resolved.
    pub attributes: Map<String, Value>,
    /// The client token of this resource operation: the random part of generated names comes from it.
    pub token: String,
}

impl ResourceContext {
    /// Says that the resource now exists under this id though it is not ready: the event "Resource creation Initiated".
    /// From here on a cancelled or failed operation deletes it. The engine calls it for handlers that do not.
    pub fn initiated(&self, physical_id: &str) {
        cloudformation::initiated(self, physical_id);
    }

    /// Adds an event in the resource's present `…_IN_PROGRESS` status with this reason.
    pub fn report(&self, reason: &str) {
        cloudformation::report(self, reason);
    }

    /// `STACK-LOGICALID-` and 12 characters from the operation's token, as CloudFormation names physical resources, cut
    /// to at most `limit` characters; the stack's part is cut first.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
    pub fn generated_name(&self, limit: usize) -> String {
        let random = self.random_characters(12);
        let room = limit.saturating_sub(random.len() + 1);
        let stem = format!("{}-{}", self.stack_name, self.logical_id);
        let stem = if stem.len() <= room {
            stem
        } else {
            let half = room.saturating_sub(1) / 2;
            let stack: String = self.stack_name.chars().take(room.saturating_sub(half + 1)).collect();
            let logical: String = self.logical_id.chars().take(half).collect();
            format!("{stack}-{logical}")
        };
        format!("{stem}-{random}")
    }

    /// Upper-case letters and digits that depend on the operation's token alone.
    pub fn random_characters(&self, count: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let digest = Sha256::digest(format!("{}/{}/{}", self.stack_id, self.logical_id, self.token));
        digest.iter().cycle().take(count).map(|byte| char::from(ALPHABET[usize::from(*byte) % 36])).collect()
    }
}
