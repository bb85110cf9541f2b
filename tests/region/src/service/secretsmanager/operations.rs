//! The operations of Secrets Manager, on the state in `mod`.

use serde_json::{Map, Value, json};

use super::{NewSecret, Secret, State, not_found};
use crate::service::paging::page;
use crate::{AwsError, Region};

/// Days a deleted secret can be recovered, unless told.
const RECOVERY_WINDOW_DAYS: f64 = 30.0;

pub(super) fn run(region: &Region, operation: &str, input: &Value) -> Result<Value, AwsError> {
    let id = input["SecretId"].as_str().unwrap_or_default();
    region.world(|world| {
        let state = &mut world.secretsmanager;
        match operation {
            "CreateSecret" => create(region, state, input),
            "GetSecretValue" => value(state, id, input),
            "PutSecretValue" => put(region, state, id, input),
            "DescribeSecret" => Ok(describe(state.secret(id)?)),
            "DeleteSecret" => delete(region, state, id, input),
            "ListSecretVersionIds" => versions(state.secret(id)?, input),
            "UpdateSecretVersionStage" => move_stage(state, id, input),
            other => {
                Err(AwsError::new("InvalidAction", format!("{other} is not an operation of Secrets Manager here")))
            }
        }
    })
}

fn create(region: &Region, state: &mut State, input: &Value) -> Result<Value, AwsError> {
    let text = |name: &str| input[name].as_str().map(str::to_owned);
    let pair = |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()));
    let new = NewSecret {
        name: text("Name").unwrap_or_default(),
        description: text("Description"),
        kms_key_id: text("KmsKeyId"),
        value: text("SecretString"),
        tags: input["Tags"].as_array().into_iter().flatten().filter_map(pair).collect(),
        token: text("ClientRequestToken").unwrap_or_default(),
    };
    let arn = state.create(region, new)?;
    let secret = state.secret(&arn)?;
    let mut answer = json!({ "ARN": arn, "Name": secret.name });
    if let Some((version, _)) = secret.current() {
        answer["VersionId"] = json!(version);
    }
    Ok(answer)
}

fn value(state: &mut State, id: &str, input: &Value) -> Result<Value, AwsError> {
    let secret = state.live_mut(id)?;
    let stage = input["VersionStage"].as_str().unwrap_or("AWSCURRENT");
    let wanted = input["VersionId"].as_str();
    let found = secret.versions.iter().find(|(version_id, version)| match wanted {
        Some(wanted) => *version_id == wanted,
        None => version.stages.iter().any(|one| one == stage),
    });
    let Some((version_id, version)) = found else {
        let asked = wanted.map_or_else(|| format!("staging label: {stage}"), |wanted| format!("VersionId: {wanted}"));
        let message = format!("Secrets Manager can't find the specified secret value for {asked}");
        // https://github.com/aws/aws-sdk-js-v3/issues/7701
        return Err(AwsError::new("ResourceNotFoundException", message));
    };
    Ok(json!({
        "ARN": secret.arn, "Name": secret.name, "VersionId": version_id, "SecretString": version.value,
        "VersionStages": version.stages, "CreatedDate": version.created,
    }))
}

fn put(region: &Region, state: &mut State, id: &str, input: &Value) -> Result<Value, AwsError> {
    let Some(value) = input["SecretString"].as_str() else {
        return Err(AwsError::new(
            "InvalidParameterException",
            "You must provide a SecretString here: binary values are not kept.",
        ));
    };
    let token = input["ClientRequestToken"].as_str().unwrap_or_default();
    let version = state.put(region, id, value.to_owned(), token)?;
    let secret = state.secret(id)?;
    Ok(json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": version, "VersionStages": ["AWSCURRENT"] }))
}

fn describe(secret: &Secret) -> Value {
    let stages: Map<String, Value> =
        secret.versions.iter().map(|(id, version)| (id.clone(), json!(version.stages))).collect();
    let mut answer = json!({
        "ARN": secret.arn, "Name": secret.name, "CreatedDate": secret.created, "LastChangedDate": secret.changed,
        "Tags": secret.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>(),
        "VersionIdsToStages": stages,
    });
    for (name, value) in [("Description", &secret.description), ("KmsKeyId", &secret.kms_key_id)] {
        if let Some(value) = value {
            answer[name] = json!(value);
        }
    }
    if let Some(deleted) = secret.deleted {
        answer["DeletedDate"] = json!(deleted);
    }
    answer
}

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
fn delete(region: &Region, state: &mut State, id: &str, input: &Value) -> Result<Value, AwsError> {
    let force = input["ForceDeleteWithoutRecovery"].as_bool().unwrap_or(false);
    let days = input["RecoveryWindowInDays"].as_f64();
    if force && days.is_some() {
        let message = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
        return Err(AwsError::new("InvalidParameterException", message));
    }
    let now = region.clock.epoch();
    let date = now + if force { 0.0 } else { days.unwrap_or(RECOVERY_WINDOW_DAYS) * 86_400.0 };
    let secret = state.live_mut(id)?;
    let answer = json!({ "ARN": secret.arn, "Name": secret.name, "DeletionDate": date });
    secret.deleted = Some(date);
    if force {
        state.delete_now(id)?;
    }
    Ok(answer)
}

/// Newest first; versions without a label are deprecated and shown only when asked for.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html
fn versions(secret: &Secret, input: &Value) -> Result<Value, AwsError> {
    let all = input["IncludeDeprecated"].as_bool().unwrap_or(false);
    let mut shown: Vec<_> = secret.versions.iter().filter(|(_, version)| all || !version.stages.is_empty()).collect();
    shown.sort_by(|(_, one), (_, other)| other.created.total_cmp(&one.created));
    let list: Vec<Value> = shown
        .into_iter()
        .map(
            |(id, version)| json!({ "VersionId": id, "VersionStages": version.stages, "CreatedDate": version.created }),
        )
        .collect();
    let limit = input["MaxResults"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    // The words [U].
    let (page, next) = page(list, &secret.arn, input["NextToken"].as_str(), limit)
        .ok_or_else(|| AwsError::new("InvalidNextTokenException", "The NextToken value is invalid."))?;
    let mut answer = json!({ "ARN": secret.arn, "Name": secret.name, "Versions": page });
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

fn move_stage(state: &mut State, id: &str, input: &Value) -> Result<Value, AwsError> {
    let stage = input["VersionStage"].as_str().unwrap_or_default().to_owned();
    let secret = state.live_mut(id)?;
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html,
    // https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret_version.go
    if stage == "AWSCURRENT" && input["MoveToVersionId"].is_null() {
        let message =
            "You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.";
        return Err(AwsError::new("InvalidParameterException", message));
    }
    let was_current = secret.current().map(|(id, _)| id.clone());
    if let Some(from) = input["RemoveFromVersionId"].as_str() {
        let version = secret.versions.get_mut(from).ok_or_else(not_found)?;
        if !version.stages.contains(&stage) {
            let message = format!("The staging label {stage} is not attached to version {from}");
            return Err(AwsError::new("InvalidParameterException", message));
        }
        version.stages.retain(|one| *one != stage);
    }
    if let Some(to) = input["MoveToVersionId"].as_str() {
        let holder = secret.versions.iter().find(|(id, version)| *id != to && version.stages.contains(&stage));
        if let Some((holder, _)) = holder {
            let message = format!(
                "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version \
                 {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            );
            // https://github.com/hashicorp/terraform-provider-aws/issues/19943
            return Err(AwsError::new("InvalidParameterException", message));
        }
        let version = secret.versions.get_mut(to).ok_or_else(not_found)?;
        if !version.stages.contains(&stage) {
            version.stages.push(stage.clone());
        }
        // The label of the one before follows by itself.
        if let Some(before) = was_current.filter(|before| stage == "AWSCURRENT" && before != to) {
            for (id, version) in &mut secret.versions {
                version.stages.retain(|one| one != "AWSPREVIOUS");
                if *id == before {
                    version.stages.push("AWSPREVIOUS".to_owned());
                }
            }
        }
    }
    Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
}
