//! Change sets: proposed, read, executed or removed.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{ChangeAction, ChangeSetType, RequiresRecreation};
use secrecy::{ExposeSecret, SecretString};

use super::{Aws, AwsCallError, CAPABILITY};
use crate::stack::change::{Action, PropertyChange, Replacement, ResourceChange};

/// What a new change set asks for.
#[derive(Debug)]
pub struct NewChangeSet<'a> {
    /// The stack's name or ARN.
    pub stack: &'a str,
    /// The change set's own name.
    pub name: &'a str,
    /// Whether the stack is made by it.
    pub creates: bool,
    /// The template, verbatim; `None` keeps the one that the stack has.
    pub template: Option<&'a str>,
    /// Parameters by name; `None` keeps the running stack's value.
    pub parameters: &'a BTreeMap<String, Option<String>>,
    /// Parameters whose values are secret.
    pub secrets: &'a BTreeMap<String, SecretString>,
    /// Tags of the stack.
    pub tags: &'a BTreeMap<String, String>,
    /// The IAM role for CloudFormation.
    pub role_arn: Option<&'a str>,
    /// Idempotency token.
    pub token: &'a str,
}

/// The ARNs of a change set and of its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSetIds {
    /// The change set's ARN.
    pub change_set: String,
    /// The stack's ARN.
    pub stack: String,
}

/// A change set as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// CloudFormation's word: `CREATE_PENDING`, `CREATE_COMPLETE`, `FAILED` …
    pub status: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// What it would do.
    pub changes: Vec<ResourceChange>,
}

impl ChangeSet {
    /// Whether CloudFormation is still working it out.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self.status.as_str(), "CREATE_PENDING" | "CREATE_IN_PROGRESS")
    }

    /// Whether it can be executed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == "CREATE_COMPLETE"
    }

    /// Whether it failed only because it would change nothing. CloudFormation has no code for it, only these words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.status == "FAILED"
            && self.reason.as_deref().is_some_and(|reason| {
                reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
            })
    }
}

/// Asks for a change set. On a new name this makes a stack in `REVIEW_IN_PROGRESS`.
pub async fn create_change_set(aws: &Aws, new: &NewChangeSet<'_>) -> Result<ChangeSetIds, AwsCallError> {
    const OPERATION: &str = "CreateChangeSet";
    let kind = if new.creates { ChangeSetType::Create } else { ChangeSetType::Update };
    let plain = new.parameters.iter().map(|(key, value)| super::parameter(key, value.as_deref()));
    let secret = new.secrets.iter().map(|(key, value)| super::parameter(key, Some(value.expose_secret())));
    let call = aws
        .cloudformation()
        .create_change_set()
        .stack_name(new.stack)
        .change_set_name(new.name)
        .change_set_type(kind)
        .set_template_body(new.template.map(str::to_owned))
        .set_use_previous_template(new.template.is_none().then_some(true))
        .set_parameters(Some(plain.chain(secret).collect()))
        .set_tags(Some(super::tags(new.tags)))
        .capabilities(CAPABILITY)
        .set_role_arn(new.role_arn.map(str::to_owned))
        .client_token(new.token);
    let output = call.send().await.map_err(|error| AwsCallError::of(OPERATION, error))?;
    match (output.id(), output.stack_id()) {
        (Some(id), Some(stack)) => Ok(ChangeSetIds { change_set: id.to_owned(), stack: stack.to_owned() }),
        _ => Err(AwsCallError::incomplete(OPERATION, "Id and StackId")),
    }
}

/// Reads a change set, every page of it, with property values before and after.
pub async fn describe_change_set(aws: &Aws, change_set: &str) -> Result<ChangeSet, AwsCallError> {
    const OPERATION: &str = "DescribeChangeSet";
    let mut token = None;
    let mut changes = Vec::new();
    loop {
        let call = aws.cloudformation().describe_change_set().change_set_name(change_set);
        let answer = call.include_property_values(true).set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of(OPERATION, error))?;
        changes.extend(page.changes().iter().filter_map(|change| change.resource_change()).map(change_of));
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            let status = page.status().ok_or_else(|| AwsCallError::incomplete(OPERATION, "Status"))?;
            let reason = page.status_reason().map(str::to_owned);
            return Ok(ChangeSet { status: status.as_str().to_owned(), reason, changes });
        }
    }
}

fn change_of(change: &aws_sdk_cloudformation::types::ResourceChange) -> ResourceChange {
    // CloudFormation lists a property once for each reason it changes: the one that names its cause says most.
    let mut properties: Vec<PropertyChange> = Vec::new();
    for property in change.details().iter().filter_map(property_of) {
        match properties.iter_mut().find(|own| own.path == property.path) {
            None => properties.push(property),
            Some(own) if own.because.is_none() => *own = property,
            Some(_) => {}
        }
    }
    ResourceChange {
        action: match change.action() {
            Some(ChangeAction::Add) => Action::Add,
            Some(ChangeAction::Modify) => Action::Modify,
            Some(ChangeAction::Remove) => Action::Remove,
            other => Action::Other(other.map_or_else(String::new, |action| action.as_str().to_owned())),
        },
        logical_id: change.logical_resource_id().unwrap_or_default().to_owned(),
        physical_id: change.physical_resource_id().map(str::to_owned),
        resource_type: change.resource_type().unwrap_or_default().to_owned(),
        replacement: match change.replacement().map(|own| own.as_str()) {
            Some("True") => Replacement::Yes,
            Some("Conditional") => Replacement::Conditional,
            _ => Replacement::No,
        },
        properties,
    }
    .redacted()
}

fn property_of(detail: &aws_sdk_cloudformation::types::ResourceChangeDetail) -> Option<PropertyChange> {
    let target = detail.target()?;
    let attribute = target.attribute().map_or("Properties", |attribute| attribute.as_str());
    let path = match (target.path(), target.name()) {
        (Some(path), _) => path.trim_start_matches('/').replace('/', "."),
        (None, Some(name)) => format!("{attribute}.{name}"),
        (None, None) => attribute.to_owned(),
    };
    Some(PropertyChange {
        path,
        before: target.before_value().map(str::to_owned),
        after: target.after_value().map(str::to_owned),
        replacement: match target.requires_recreation() {
            Some(RequiresRecreation::Always) => Replacement::Yes,
            Some(RequiresRecreation::Conditionally) => Replacement::Conditional,
            _ => Replacement::No,
        },
        because: detail.causing_entity().map(str::to_owned),
    })
}

/// Starts what a change set proposes.
pub async fn execute_change_set(aws: &Aws, change_set: &str, token: &str) -> Result<(), AwsCallError> {
    let call = aws.cloudformation().execute_change_set().change_set_name(change_set).client_request_token(token);
    call.send().await.map(drop).map_err(|error| AwsCallError::of("ExecuteChangeSet", error))
}

/// Removes a stack's change set by name. Succeeds also when it is already gone.
pub async fn delete_change_set(aws: &Aws, stack: &str, name: &str) -> Result<(), AwsCallError> {
    let answer = aws.cloudformation().delete_change_set().stack_name(stack).change_set_name(name).send().await;
    match answer.map_err(|error| AwsCallError::of("DeleteChangeSet", error)) {
        Err(error) if !error.is("ChangeSetNotFound") => Err(error),
        _ => Ok(()),
    }
}

/// The names of a stack's change sets, every page.
pub async fn change_set_names(aws: &Aws, stack: &str) -> Result<Vec<String>, AwsCallError> {
    Ok(list(aws, stack).await?.into_iter().map(|(name, _)| name).collect())
}

/// Looks for a stack's change set by name.
pub async fn find_change_set(aws: &Aws, stack: &str, name: &str) -> Result<Option<ChangeSetIds>, AwsCallError> {
    Ok(list(aws, stack).await?.into_iter().find(|(own, _)| own == name).map(|(_, ids)| ids))
}

/// A stack's change sets by name, every page.
async fn list(aws: &Aws, stack: &str) -> Result<Vec<(String, ChangeSetIds)>, AwsCallError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let answer = aws.cloudformation().list_change_sets().stack_name(stack).set_next_token(token).send().await;
        let page = answer.map_err(|error| AwsCallError::of("ListChangeSets", error))?;
        found.extend(page.summaries().iter().filter_map(|own| {
            let ids = ChangeSetIds { change_set: own.change_set_id()?.to_owned(), stack: own.stack_id()?.to_owned() };
            Some((own.change_set_name()?.to_owned(), ids))
        }));
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}
