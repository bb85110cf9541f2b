//! `AWS::ElasticLoadBalancingV2::LoadBalancer`.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::properties::{list, strings, text};
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::service::elbv2::load_balancers::{self, Change, Wanted};

/// Seconds a load balancer is provisioned: with the engine's own part, the 116 s seen typically.
const PROVISIONING: Duration = Duration::from_secs(110);

/// The type.
pub struct LoadBalancer;

const SERVICE: &str = "ElasticLoadBalancingV2";

#[async_trait]
impl ResourceType for LoadBalancer {
    fn name(&self) -> &'static str {
        "AWS::ElasticLoadBalancingV2::LoadBalancer"
    }

    fn typical_seconds(&self) -> f64 {
        6.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let text = |key: &str| text(properties, key);
        let wanted = Wanted {
            name: text("Name").unwrap_or_else(|| context.generated_name(32)),
            kind: text("Type"),
            scheme: text("Scheme"),
            subnets: subnets(properties),
            security_groups: strings(properties, "SecurityGroups"),
            attributes: attributes(properties),
            tags: context.tags_with(properties),
        };
        let region = &context.region;
        let arn = load_balancers::create(region, wanted).map_err(|error| context.refused(SERVICE, &error))?;
        context.initiated(&arn);
        let what = format!("{}/{} is provisioned", context.stack_name, context.logical_id);
        region.clock.sleep(region.random.duration(&what, PROVISIONING)).await;
        load_balancers::activate(region, &arn);
        made(context, &arn)
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let change = Change {
            subnets: Some(subnets(new)),
            security_groups: Some(strings(new, "SecurityGroups")),
            attributes: Some(attributes(new)),
            tags: Some(context.tags_with(new)),
        };
        load_balancers::modify(&context.region, physical_id, change)
            .map_err(|error| context.refused(SERVICE, &error))?;
        made(context, physical_id)
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        load_balancers::delete(&context.region, physical_id).map_err(|error| context.refused(SERVICE, &error))
    }
}

fn subnets(properties: &Map<String, Value>) -> Vec<String> {
    let mapped =
        list(properties, "SubnetMappings").filter_map(|mapping| mapping["SubnetId"].as_str()).map(str::to_owned);
    strings(properties, "Subnets").into_iter().chain(mapped).collect()
}

fn attributes(properties: &Map<String, Value>) -> Value {
    properties.get("LoadBalancerAttributes").cloned().unwrap_or_default()
}

fn made(context: &ResourceContext, arn: &str) -> Result<Made, ResourceFailure> {
    let zone = load_balancers::canonical_zone(&context.region.settings.region);
    let found = context.region.world(|world| world.elbv2.load_balancer(arn).cloned());
    let found = found.map_err(|error| context.refused(SERVICE, &error))?;
    let mut attributes = Map::new();
    attributes.insert("LoadBalancerArn".to_owned(), json!(arn));
    attributes.insert("DNSName".to_owned(), json!(found.dns_name));
    attributes.insert("CanonicalHostedZoneID".to_owned(), json!(zone));
    attributes.insert("LoadBalancerFullName".to_owned(), json!(found.full_name()));
    attributes.insert("LoadBalancerName".to_owned(), json!(found.name));
    attributes.insert("SecurityGroups".to_owned(), json!(found.security_groups));
    Ok(Made { physical_id: arn.to_owned(), attributes })
}
