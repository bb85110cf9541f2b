//! `AWS::ElasticLoadBalancingV2::ListenerCertificate`: certificates that a listener has beside its default one.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::properties::{list, text};
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::service::elbv2::listeners;

/// The type.
pub struct ListenerCertificate;

const SERVICE: &str = "ElasticLoadBalancingV2";

#[async_trait]
impl ResourceType for ListenerCertificate {
    fn name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::ListenerCertificate"
    }

    fn typical_seconds(&self) -> f64 {
        4.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        put(context, &Map::new(), properties)?;
        Ok(made(&context.generated_name(128)))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        put(context, old, new)?;
        Ok(made(physical_id))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        _physical_id: &str,
        properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        let listener = text(properties, "ListenerArn").unwrap_or_default();
        // A listener that is gone took its list along.
        let _ = listeners::list_certificates(&context.region, &listener, &certificates(properties), &[]);
        Ok(())
    }
}

fn certificates(properties: &Map<String, Value>) -> Vec<String> {
    list(properties, "Certificates").filter_map(|one| one["CertificateArn"].as_str()).map(str::to_owned).collect()
}

fn put(context: &ResourceContext, old: &Map<String, Value>, new: &Map<String, Value>) -> Result<(), ResourceFailure> {
    let listener = text(new, "ListenerArn").unwrap_or_default();
    listeners::list_certificates(&context.region, &listener, &certificates(old), &certificates(new))
        .map_err(|error| context.refused(SERVICE, &error))
}

fn made(id: &str) -> Made {
    Made { physical_id: id.to_owned(), attributes: Map::from_iter([("Id".to_owned(), json!(id))]) }
}
