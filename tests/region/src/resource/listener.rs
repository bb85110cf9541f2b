//! `AWS::ElasticLoadBalancingV2::Listener`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::service::elbv2::listeners::{self, Settings};

/// The type.
pub struct Listener;

const SERVICE: &str = "ElasticLoadBalancingV2";

#[async_trait]
impl ResourceType for Listener {
    fn name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::Listener"
    }

    fn typical_seconds(&self) -> f64 {
        4.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let make = || -> Result<String, AwsError> {
            no_attributes(properties)?;
            let load_balancer = properties.get("LoadBalancerArn").and_then(Value::as_str).unwrap_or_default();
            let settings = Settings::read(&Value::Object(properties.clone()))?;
            listeners::create(&context.region, load_balancer, settings, context.tags_with(properties))
        };
        make().map(|arn| made(&arn)).map_err(|error| context.refused(SERVICE, &error))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let change = || -> Result<(), AwsError> {
            no_attributes(new)?;
            let settings = Settings::read(&Value::Object(new.clone()))?;
            listeners::modify(&context.region, physical_id, settings, Some(context.tags_with(new)))
        };
        change().map(|()| made(physical_id)).map_err(|error| context.refused(SERVICE, &error))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        listeners::delete(&context.region, physical_id);
        Ok(())
    }
}

/// Listener attributes and mutual TLS exist in AWS and not here: better refused than silently not done.
fn no_attributes(properties: &Map<String, Value>) -> Result<(), AwsError> {
    match ["ListenerAttributes", "MutualAuthentication", "AlpnPolicy"].iter().find(|key| properties.contains_key(**key))
    {
        Some(key) => Err(AwsError::validation(format!("{key} of listeners is not simulated"))),
        None => Ok(()),
    }
}

fn made(arn: &str) -> Made {
    let mut attributes = Map::new();
    attributes.insert("ListenerArn".to_owned(), json!(arn));
    Made { physical_id: arn.to_owned(), attributes }
}
