//! Objects of the in-process store.

use std::collections::BTreeMap;
use std::sync::Arc;

/// An object; its bytes are shared, so that a clone is cheap.
#[derive(Debug, Clone)]
pub struct Object {
    pub bytes: Arc<Vec<u8>>,
    /// Without quotes.
    pub etag: String,
    pub content_type: Option<String>,
    /// `x-amz-meta-*` and other stored headers, lower-case names.
    pub headers: BTreeMap<String, String>,
    /// Seconds since 1970.
    pub modified: f64,
}

/// A multipart upload under way.
#[derive(Debug, Clone)]
pub struct Upload {
    pub key: String,
    pub content_type: Option<String>,
    /// Seconds since 1970.
    pub initiated: f64,
    /// By part number.
    pub parts: BTreeMap<u16, Object>,
}
