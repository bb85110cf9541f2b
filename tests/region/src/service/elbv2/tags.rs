//! `DescribeTags`, for load balancers, target groups and listeners.

use serde_json::{Value, json};

use super::strings;
use crate::{AwsError, Region};

pub(super) fn describe(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let arns = strings(&input["ResourceArns"]);
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
    if arns.len() > 20 {
        return Err(AwsError::validation("Only 20 resources can be described at once")); // [U] wording
    }
    let described: Result<Vec<Value>, AwsError> = arns
        .iter()
        .map(|arn| {
            let tags = region.world(|world| {
                let state = &world.elbv2;
                if arn.contains(":targetgroup/") {
                    state.target_group(arn).map(|one| one.tags.clone())
                } else if arn.contains(":listener/") {
                    state.listener(arn).map(|one| one.tags.clone())
                } else {
                    state.load_balancer(arn).map(|one| one.tags.clone())
                }
            })?;
            let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            Ok(json!({ "ResourceArn": arn, "Tags": tags }))
        })
        .collect();
    Ok(json!({ "TagDescriptions": described? }))
}
