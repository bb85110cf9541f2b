//! `AWS::CloudFormation::WaitCondition`: made once enough was reported to its handle, or enough signals have come.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::auto_scaling_group::duration;
use super::properties::text;
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::service::cloudformation::{await_handle, await_signals};

/// The type.
pub struct WaitCondition;

#[async_trait]
impl ResourceType for WaitCondition {
    fn name(&self) -> &'static str {
        "AWS::CloudFormation::WaitCondition"
    }

    fn typical_seconds(&self) -> f64 {
        1.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let id = format!("{}/{}/{}", context.stack_id, context.region.random.uuid(), context.logical_id);
        context.initiated(&id);
        let waited = wait(context, properties).await;
        let data = waited.map_err(|failure| failure.leaving(&id))?;
        Ok(Made { physical_id: id, attributes: Map::from_iter([("Data".to_owned(), data.to_string().into())]) })
    }

    /// An update waits for nothing.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html
    async fn update(
        &self,
        _context: &ResourceContext,
        _physical_id: &str,
        _old: &Map<String, Value>,
        _new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        Err(ResourceFailure::new(
            "NotUpdatable",
            "Update to resource type AWS::CloudFormation::WaitCondition is not supported",
        ))
    }

    async fn delete(
        &self,
        _context: &ResourceContext,
        _physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        Ok(())
    }
}

/// What `GetAtt` gives as Data: what was reported, by who reported it.
async fn wait(context: &ResourceContext, properties: &Map<String, Value>) -> Result<Value, ResourceFailure> {
    let policy = &context.attributes.get("CreationPolicy").unwrap_or(&Value::Null)["ResourceSignal"];
    let handle = text(properties, "Handle");
    let (Some(handle), true) = (handle, policy.is_null()) else {
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html
        let timeout = duration::parse(policy["Timeout"].as_str().unwrap_or("PT5M"));
        await_signals(context, count(&policy["Count"]), timeout).await?;
        return Ok(json!({}));
    };
    let seconds = text(properties, "Timeout").and_then(|text| text.parse().ok());
    let Some(seconds) = seconds else {
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html; the words [U]
        return Err(ResourceFailure::new("InvalidRequest", "Property Timeout cannot be empty."));
    };
    let count = count(properties.get("Count").unwrap_or(&Value::Null));
    await_handle(context, &handle, count, Duration::from_secs(seconds)).await
}

fn count(value: &Value) -> usize {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.and_then(|number| usize::try_from(number).ok()).unwrap_or(1)
}
