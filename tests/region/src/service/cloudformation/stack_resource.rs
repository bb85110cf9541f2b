//! One resource of a stack, as deployed.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// One resource of a stack.
#[derive(Debug, Clone)]
pub(super) struct StackResource {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    pub(super) physical_id: Option<String>,
    pub(super) status: &'static str,
    pub(super) status_reason: Option<String>,
    pub(super) timestamp: f64,
    /// Resolved, with dynamic references to secrets left as they are.
    pub(super) properties: Map<String, Value>,
    /// The properties as events show them: NoEcho parameters masked.
    pub(super) shown: String,
    /// Stack tags that apply to it.
    pub(super) tags: Vec<(String, String)>,
    /// What `GetAtt` gives.
    pub(super) attributes: Map<String, Value>,
    /// Metadata and policies, resolved.
    pub(super) policies: Map<String, Value>,
    /// What it was made after.
    pub(super) depends_on: BTreeSet<String>,
    /// The operation that made the physical resource.
    pub(super) made_by: String,
}

impl StackResource {
    /// A resource that is not made yet.
    pub(super) fn new(logical_id: &str, resource_type: &str) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            physical_id: None,
            status: "",
            status_reason: None,
            timestamp: 0.0,
            properties: Map::new(),
            shown: "{}".to_owned(),
            tags: Vec::new(),
            attributes: Map::new(),
            policies: Map::new(),
            depends_on: BTreeSet::new(),
            made_by: String::new(),
        }
    }

    /// Whether it is, or may be, in the world.
    pub(super) fn exists(&self) -> bool {
        self.physical_id.is_some() && !matches!(self.status, "DELETE_COMPLETE" | "DELETE_SKIPPED")
    }
}
