//! `AWS::EC2::LaunchTemplate`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::service::ec2::launch_templates;

/// The type.
pub struct LaunchTemplate;

const SERVICE: &str = "Ec2";

#[async_trait]
impl ResourceType for LaunchTemplate {
    fn name(&self) -> &'static str {
        "AWS::EC2::LaunchTemplate"
    }

    fn typical_seconds(&self) -> f64 {
        6.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let given = properties.get("LaunchTemplateName").and_then(Value::as_str).map(str::to_owned);
        let name = given.unwrap_or_else(|| context.generated_name(128));
        let id = launch_templates::create(&context.region, name, description(properties), data(properties))
            .map_err(|error| context.refused(SERVICE, &error))?;
        Ok(made(&id, 1))
    }

    /// New data become a new version; the default version stays the first.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-launchtemplate.html
    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let number = launch_templates::add_version(&context.region, physical_id, description(new), data(new))
            .map_err(|error| context.refused(SERVICE, &error))?;
        Ok(made(physical_id, number))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        match launch_templates::delete(&context.region, physical_id) {
            Err(error) if !error.code.contains("NotFound") => Err(context.refused(SERVICE, &error)),
            _ => Ok(()),
        }
    }
}

fn description(properties: &Map<String, Value>) -> Option<String> {
    properties.get("VersionDescription").and_then(Value::as_str).map(str::to_owned)
}

fn data(properties: &Map<String, Value>) -> Map<String, Value> {
    properties.get("LaunchTemplateData").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn made(id: &str, latest: u64) -> Made {
    let attributes = Map::from_iter([
        ("LaunchTemplateId".to_owned(), json!(id)),
        ("LatestVersionNumber".to_owned(), json!(latest.to_string())),
        ("DefaultVersionNumber".to_owned(), json!("1")),
    ]);
    Made { physical_id: id.to_owned(), attributes }
}
