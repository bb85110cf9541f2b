//! Exports of stacks, who imports them, and what that forbids; ListExports and ListImports.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::input::text;
use super::page;
use super::state::{Stack, State};
use crate::AwsError;

/// One export.
struct Export<'a> {
    stack: &'a Stack,
    name: &'a str,
    value: &'a str,
}

fn named(output: &Value) -> Option<(&str, &str)> {
    Some((output["ExportName"].as_str()?, output["OutputValue"].as_str().unwrap_or_default()))
}

impl State {
    fn exports(&self) -> impl Iterator<Item = Export<'_>> {
        let live = self.stacks.iter().filter(|stack| stack.status != "DELETE_COMPLETE");
        live.flat_map(|stack| {
            stack.outputs.iter().filter_map(named).map(move |(name, value)| Export { stack, name, value })
        })
    }

    /// What a stack may import: the exports of all others.
    pub(super) fn exports_for(&self, stack_id: &str) -> BTreeMap<String, String> {
        let others = self.exports().filter(|export| export.stack.id != stack_id);
        others.map(|export| (export.name.to_owned(), export.value.to_owned())).collect()
    }

    /// Names of the stacks that import an export.
    fn importers(&self, name: &str) -> Vec<&str> {
        // What was never made uses nothing.
        let gone = ["DELETE_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"];
        let live = self.stacks.iter().filter(|stack| !gone.contains(&stack.status));
        let imports = |stack: &&Stack| {
            stack.deployment.as_ref().is_some_and(|deployment| deployment.imports.iter().any(|known| known == name))
        };
        live.filter(imports).map(|stack| stack.name.as_str()).collect()
    }

    /// Why a stack cannot publish these outputs, if it cannot: a name is another stack's, or an import would be lost or
    /// changed.
    pub(super) fn refuse_outputs(&self, stack_id: &str, outputs: &[Value]) -> Option<String> {
        for (name, _) in outputs.iter().filter_map(named) {
            if let Some(other) = self.exports().find(|export| export.name == name && export.stack.id != stack_id) {
                // https://github.com/restatedev/cdk/issues/24
                return Some(format!("Export with name {name} is already exported by stack {}", other.stack.name));
            }
        }
        for Export { name, value, .. } in self.exports().filter(|export| export.stack.id == stack_id) {
            let Some(user) = self.importers(name).into_iter().next() else { continue };
            match outputs.iter().filter_map(named).find(|(known, _)| *known == name) {
                // https://github.com/aws/aws-cdk/issues/8671
                None => return Some(format!("Export {name} cannot be deleted as it is in use by {user}")),
                // https://github.com/linz/geostore/issues/630
                Some((_, new)) if new != value => {
                    return Some(format!("Export {name} cannot be updated as it is in use by {user}"));
                }
                Some(_) => {}
            }
        }
        None
    }

    /// Why a stack cannot be deleted, if another one imports from it.
    /// https://github.com/aws/aws-cdk/issues/33395
    pub(super) fn refuse_deletion(&self, stack_id: &str) -> Option<String> {
        self.exports().filter(|export| export.stack.id == stack_id).find_map(|Export { name, .. }| {
            let user = self.importers(name).into_iter().next()?;
            Some(format!("Delete canceled. Cannot delete export {name} as it is in use by {user}"))
        })
    }
}

/// Carries out ListExports.
///
/// # Errors
/// A token that is none.
pub(super) fn list_exports(state: &State, input: &Value) -> Result<Value, AwsError> {
    let mut all: Vec<Export<'_>> = state.exports().collect();
    all.sort_by_key(|export| export.name);
    let shown = all
        .iter()
        .map(|export| json!({"ExportingStackId": export.stack.id, "Name": export.name, "Value": export.value}));
    page::answer("Exports", shown.collect(), input, 100)
}

/// Carries out ListImports.
///
/// # Errors
/// Nobody imports it, or a token that is none.
pub(super) fn list_imports(state: &State, input: &Value) -> Result<Value, AwsError> {
    let name = text(input, "ExportName").unwrap_or_default();
    let users: Vec<Value> = state.importers(name).into_iter().map(Value::from).collect();
    if users.is_empty() {
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListImports.html; the words as many
        // clients of it compare them
        return Err(AwsError::validation(format!("Export '{name}' is not imported by any stack.")));
    }
    page::answer("Imports", users, input, 100)
}
