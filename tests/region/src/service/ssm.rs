//! Systems Manager: parameters, AWS's public ones among them.
//!
//! The words of errors are [U] where no source is cited.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

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
        let (parameter, version) = self.find(name)?;
        Some((parameter.kind.clone(), parameter.values.get(version - 1)?.clone()))
    }

    /// The parameter and the version that a name asks for.
    fn find(&self, name: &str) -> Option<(&Parameter, usize)> {
        if let Some(parameter) = self.parameters.get(name) {
            return Some((parameter, parameter.values.len()));
        }
        let (name, version) = name.rsplit_once(':')?;
        let parameter = self.parameters.get(name)?;
        let version = version.parse::<usize>().ok().filter(|version| (1..=parameter.values.len()).contains(version))?;
        Some((parameter, version))
    }
}

/// Carries out one operation.
///
/// # Errors
/// The error AWS answers for it.
pub async fn call(region: &Arc<Region>, call: Call) -> Result<Value, AwsError> {
    let input = &call.input;
    region.world(|world| {
        let state = &mut world.ssm;
        match call.operation.as_str() {
            "GetParameter" => {
                let name = input["Name"].as_str().unwrap_or_default();
                let found = describe(region, state, name).ok_or_else(|| missing(state, name))?;
                Ok(json!({ "Parameter": found }))
            }
            "GetParameters" => {
                let (mut found, mut invalid) = (Vec::new(), Vec::new());
                for name in input["Names"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    match describe(region, state, name) {
                        Some(parameter) => found.push(parameter),
                        None => invalid.push(name),
                    }
                }
                Ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
            }
            "GetParametersByPath" => by_path(region, state, input),
            "PutParameter" => put(state, input),
            // No agent runs on these instances: Systems Manager knows none of them.
            "SendCommand" => Err(AwsError::new("InvalidInstanceId", "Instances not in a valid state for account")),
            "GetCommandInvocation" => Err(AwsError::new("InvocationDoesNotExist", "")),
            other => Err(AwsError::new("UnknownOperationException", other)),
        }
    })
}

/// ARN of a parameter. AWS's own have no account in it.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
pub fn arn(region: &Region, name: &str) -> String {
    let bare = name.trim_start_matches('/');
    match name.starts_with("/aws/") {
        true => format!("arn:{}:ssm:{}::parameter/{bare}", region.settings.partition, region.settings.region),
        false => region.arn("ssm", &format!("parameter/{bare}")),
    }
}

fn describe(region: &Region, state: &State, name: &str) -> Option<Value> {
    let (parameter, version) = state.find(name)?;
    let bare = if state.parameters.contains_key(name) { name } else { name.rsplit_once(':')?.0 };
    let arn = arn(region, bare);
    let value = parameter.values.get(version - 1)?;
    Some(json!({ "Name": bare, "Type": parameter.kind, "Value": value, "Version": version, "ARN": arn,
        "LastModifiedDate": 1_760_000_000, "DataType": if value.starts_with("ami-") { "aws:ec2:image" } else { "text" } }))
}

/// Directly under a path, or anywhere below it; pages of at most ten.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
fn by_path(region: &Region, state: &State, input: &Value) -> Result<Value, AwsError> {
    let path = format!("{}/", input["Path"].as_str().unwrap_or_default().trim_end_matches('/'));
    let recursive = input["Recursive"].as_bool().unwrap_or(false);
    let below = |name: &&String| name.strip_prefix(&path).is_some_and(|rest| recursive || !rest.contains('/'));
    let given = input["Path"].as_str().unwrap_or_default();
    if !given.starts_with('/') {
        // The words [U].
        let message = format!("The parameter path {given} is not valid: a path begins with a forward slash (/).");
        return Err(AwsError::new("ValidationException", message));
    }
    let all: Vec<Value> =
        state.parameters.keys().filter(below).filter_map(|name| describe(region, state, name)).collect();
    let limit = input["MaxResults"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10);
    // The words [U].
    let (page, next) = super::paging::page(all, given, input["NextToken"].as_str(), limit)
        .ok_or_else(|| AwsError::new("InvalidNextToken", "The specified token isn't valid."))?;
    let mut answer = json!({ "Parameters": page });
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

fn put(state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let text = |name: &str| input[name].as_str().map(str::to_owned);
    let name = text("Name").unwrap_or_default();
    // https://docs.aws.amazon.com/sdk-for-kotlin/api/latest/ssm/aws.sdk.kotlin.services.ssm.model/-put-parameter-request/name.html
    let bare = name.strip_prefix('/').unwrap_or(&name);
    let begins = |with: &str| bare.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if begins("aws") {
        // https://github.com/awslabs/aws-deployment-framework/issues/119,
        // https://github.com/aws-cloudformation/cfn-lint/issues/4089 (without the first slash)
        return Err(AwsError::new("AccessDeniedException", format!("No access to reserved parameter name: {bare}.")));
    }
    if begins("ssm") {
        let message = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_";
        // https://github.com/aws-ia/terraform-aws-control_tower_account_factory/issues/467
        return Err(AwsError::new("ValidationException", message));
    }
    let overwrite = input["Overwrite"].as_bool().unwrap_or(false);
    if state.parameters.contains_key(&name) && !overwrite {
        let message =
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        // https://github.com/garystafford/emr-demo/issues/1
        return Err(AwsError::new("ParameterAlreadyExists", message));
    }
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
    let advanced = matches!(input["Tier"].as_str(), Some("Advanced" | "Intelligent-Tiering"));
    if input["Value"].as_str().is_some_and(|value| value.len() > 4096) && !advanced {
        let message = "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html";
        return Err(AwsError::new("ValidationException", message));
    }
    let kind = text("Type");
    let made = state.parameters.entry(name).or_insert_with(|| Parameter { kind: String::new(), values: Vec::new() });
    match kind {
        Some(kind) => made.kind = kind,
        None if made.kind.is_empty() => {
            return Err(AwsError::new(
                "ValidationException",
                "A parameter type is required when you create a parameter.",
            ));
        }
        None => {}
    }
    made.values.push(text("Value").unwrap_or_default());
    Ok(json!({ "Version": made.values.len(), "Tier": "Standard" }))
}

/// The message of an unknown parameter is empty on the wire; that of an unknown version names it.
fn missing(state: &State, name: &str) -> AwsError {
    match name.rsplit_once(':').filter(|(bare, _)| state.parameters.contains_key(*bare)) {
        Some((bare, version)) => {
            // The words [U].
            let message = format!(
                "Systems Manager could not find version {version} of {bare}. Verify the version and try again."
            );
            AwsError::new("ParameterVersionNotFound", message)
        }
        // https://github.com/vandium-io/aws-param-store/pull/8, https://github.com/awslabs/aws-simple-cicd/issues/10
        None => AwsError::new("ParameterNotFound", ""),
    }
}
