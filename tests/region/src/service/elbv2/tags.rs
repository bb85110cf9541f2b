//! `DescribeTags`, for load balancers, target groups and listeners.

use serde_json::{Value, json};

use super::strings;
use crate::{AwsError, Region};

pub(super) fn describe(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let described: Result<Vec<Value>, AwsError> = strings(&input["ResourceArns"])
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
