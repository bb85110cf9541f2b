//! The stack's secrets, as the account's owner sees them, and changed by a client that is not dockreg: curl.

use anyhow::{Context, Result};
use serde_json::json;

use crate::scene::Scene;

/// The current value of the secret with this logical id.
///
/// # Errors
/// When there is none.
pub fn value(scene: &Scene, logical_id: &str) -> Result<String> {
    find(scene, logical_id).map(|(_, value)| value)
}

/// Puts a new value into the secret with this logical id.
///
/// # Errors
/// When there is none, or Secrets Manager refuses.
pub async fn put(scene: &Scene, logical_id: &str, value: &str) -> Result<()> {
    let (arn, _) = find(scene, logical_id)?;
    let token = format!("{:032}", scene.calls().len());
    let body = json!({ "SecretId": arn, "SecretString": value, "ClientRequestToken": token }).to_string();
    let mut config = scene.signer("secretsmanager")?;
    // curl's own quotes and escapes are JSON's, as far as this text needs them.
    config += &format!("data = {}\n", json!(body));
    config += "header = \"content-type: application/x-amz-json-1.1\"\n";
    config += "header = \"x-amz-target: secretsmanager.PutSecretValue\"\n";
    let curl = ["curl", "-sS", "--fail-with-body", "--config", "-", "https://secretsmanager.us-east-1.amazonaws.com/"];
    scene.client.succeed(&curl, &config).await.map(drop)
}

fn find(scene: &Scene, logical_id: &str) -> Result<(String, String)> {
    let found = scene.secrets().into_iter().find(|(arn, _)| arn.contains(logical_id));
    found.with_context(|| format!("there is no secret {logical_id}"))
}
