//! TODO

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Call;
use crate::{AwsError, Region};

/// State of the service.
#[derive(Debug, Default)]
pub struct State {
    /// Parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
}

/// One parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    /// The values of versions 1, 2, …; the last is current.
    pub values: Vec<String>,
}

impl State {
    /// Type and value of a parameter; `NAME:VERSION` asks for a version.
    pub fn value(&self, name: &str) -> Option<(String, String)> {
        if let Some(parameter) = self.parameters.get(name) {
            return Some((parameter.kind.clone(), parameter.values.last()?.clone()));
        }
        let (name, version) = name.rsplit_once(':')?;
        let parameter = self.parameters.get(name)?;
        let index = version.parse::<usize>().ok()?.checked_sub(1)?;
        Some((parameter.kind.clone(), parameter.values.get(index)?.clone()))
    }
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(_region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    Err(AwsError::new("InvalidAction", format!("{} is not implemented", call.operation)))
}
