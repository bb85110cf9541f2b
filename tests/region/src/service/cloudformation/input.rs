//! Reads what creates, updates and change sets have in common out of their input.

use serde_json::Value;

use super::deployment::Deployment;
use super::state::StackSettings;
use crate::formation::document::MAXIMUM_BYTES;
use crate::formation::parameter::Given;
use crate::formation::{FormationError, Template};
use crate::{AwsError, Region};

/// The common part of CreateStack, UpdateStack and CreateChangeSet.
#[derive(Debug, Clone)]
pub(super) struct Request {
    body: Option<String>,
    use_previous_template: bool,
    pub(super) parameters: Vec<Given>,
    pub(super) capabilities: Vec<String>,
    /// None leaves the stack's tags as they are.
    pub(super) tags: Option<Vec<(String, String)>>,
    pub(super) notification_arns: Vec<String>,
}

/// A string member.
pub(super) fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

/// A boolean member; a missing one is false.
pub(super) fn flag(input: &Value, name: &str) -> bool {
    input.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A list of strings; a missing one is empty.
pub(super) fn texts(input: &Value, name: &str) -> Vec<String> {
    input
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The stack's name or id, which the model requires.
pub(super) fn stack_name(input: &Value) -> &str {
    text(input, "StackName").unwrap_or_default()
}

/// Refuses a name that no stack can have; ARNs pass.
///
/// # Errors
/// `ValidationError` in the words of the model's own checks.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (StackName)
pub(super) fn check_stack_name(name: &str) -> Result<(), AwsError> {
    let problem = if name.len() > 128 && !name.starts_with("arn:") {
        "Member must have length less than or equal to 128"
    } else if name.starts_with("arn:")
        || (name.starts_with(|one: char| one.is_ascii_alphabetic())
            && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '-'))
    {
        return Ok(());
    } else {
        "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
    };
    let message =
        format!("1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: {problem}");
    Err(AwsError::validation(message))
}

impl Request {
    /// Reads the input.
    ///
    /// # Errors
    /// Tags that cannot be.
    pub(super) fn read(input: &Value) -> Result<Self, AwsError> {
        let parameters = input.get("Parameters").and_then(Value::as_array).into_iter().flatten();
        let parameters = parameters
            .map(|parameter| Given {
                key: text(parameter, "ParameterKey").unwrap_or_default().to_owned(),
                value: text(parameter, "ParameterValue").map(str::to_owned),
                use_previous: flag(parameter, "UsePreviousValue"),
            })
            .collect();
        Ok(Self {
            body: text(input, "TemplateBody").map(str::to_owned),
            use_previous_template: flag(input, "UsePreviousTemplate"),
            parameters,
            capabilities: texts(input, "Capabilities"),
            tags: tags(input)?,
            notification_arns: texts(input, "NotificationARNs"),
        })
    }

    /// The template body, or the previous one.
    pub(super) fn body(&self, previous: Option<&Deployment>) -> Result<String, AwsError> {
        match (&self.body, self.use_previous_template, previous) {
            (Some(body), false, _) => {
                check_size(body)?;
                Ok(body.clone())
            }
            (None, true, Some(previous)) => Ok(previous.body.clone()),
            // https://github.com/boto/boto/pull/2843
            (Some(_), true, _) => {
                Err(AwsError::validation("You cannot specify both usePreviousTemplate and Template Body/Template URL"))
            }
            // https://github.com/localstack/localstack/blob/main/tests/aws/services/cloudformation/api/test_update_stack.snapshot.json
            // (recorded from AWS)
            _ => Err(AwsError::validation("Either Template URL or Template Body must be specified.")),
        }
    }

    /// Whether the caller has acknowledged what the template may do.
    ///
    /// # Errors
    /// `InsufficientCapabilitiesException`.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    pub(super) fn acknowledges(&self, template: &Template) -> Result<(), AwsError> {
        let Some((needed, _)) = template.capabilities() else { return Ok(()) };
        let enough = self.capabilities.iter().any(|given| given == needed || given == "CAPABILITY_NAMED_IAM");
        if enough {
            return Ok(());
        }
        Err(AwsError::new("InsufficientCapabilitiesException", format!("Requires capabilities : [{needed}]")))
    }

    /// What the caller sets for the stack beside template and parameters, over what it has.
    pub(super) fn settings(&self, input: &Value, current: &StackSettings) -> StackSettings {
        let express = input.get("DeploymentConfig").and_then(|config| config.get("DisableRollback"));
        let disable_rollback = input.get("DisableRollback").or(express).and_then(Value::as_bool);
        let on_failure = text(input, "OnFailure").or_else(|| text(input, "OnStackFailure"));
        StackSettings {
            role_arn: text(input, "RoleARN").map(str::to_owned).or_else(|| current.role_arn.clone()),
            notification_arns: if input.get("NotificationARNs").is_some() {
                self.notification_arns.clone()
            } else {
                current.notification_arns.clone()
            },
            disable_rollback: disable_rollback.unwrap_or(false) || on_failure == Some("DO_NOTHING"),
            retain_except_on_create: flag(input, "RetainExceptOnCreate"),
            on_failure: on_failure.unwrap_or("ROLLBACK").to_owned(),
            timeout_minutes: input.get("TimeoutInMinutes").and_then(Value::as_u64),
            rollback_configuration: input
                .get("RollbackConfiguration")
                .cloned()
                .or_else(|| current.rollback_configuration.clone()),
        }
    }
}

/// Refuses a service role that does not exist.
///
/// # Errors
/// `ValidationError`.
/// https://repost.aws/knowledge-center/cloudformation-role-arn-error
pub(super) fn check_role(region: &Region, input: &Value) -> Result<(), AwsError> {
    let Some(arn) = text(input, "RoleARN") else { return Ok(()) };
    if region.world(|world| world.iam.roles.values().any(|role| role.arn == arn)) {
        return Ok(());
    }
    Err(AwsError::validation(format!("Role {arn} is invalid or cannot be assumed")))
}

/// Refuses a template body that is too large.
///
/// # Errors
/// The constraint in the words that every member of a model is refused with, the whole body among them.
/// https://github.com/cfn-sphere/cfn-sphere/issues/54
pub(super) fn check_size(body: &str) -> Result<(), AwsError> {
    if body.len() <= MAXIMUM_BYTES {
        return Ok(());
    }
    Err(AwsError::validation(format!(
        "1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy constraint: Member must have \
         length less than or equal to {MAXIMUM_BYTES}"
    )))
}

fn tags(input: &Value) -> Result<Option<Vec<(String, String)>>, AwsError> {
    let Some(list) = input.get("Tags").and_then(Value::as_array) else { return Ok(None) };
    let mut tags: Vec<(String, String)> = Vec::new();
    for tag in list {
        let (key, value) = (text(tag, "Key").unwrap_or_default(), text(tag, "Value").unwrap_or_default());
        if key.starts_with("aws:") {
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Tag.html,
            // https://github.com/aws-quickstart/quickstart-amazon-eks/issues/42
            return Err(AwsError::validation("aws: prefixed tag key names are not allowed for external use."));
        }
        if tags.iter().any(|(known, _)| known == key) {
            // https://github.com/cilium/cilium/issues/44695
            return Err(AwsError::validation("Tags contain duplicate keys; tag keys must be unique"));
        }
        tags.push((key.to_owned(), value.to_owned()));
    }
    Ok(Some(tags))
}

impl From<FormationError> for String {
    fn from(error: FormationError) -> Self {
        error.0
    }
}
