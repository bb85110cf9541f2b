//! `AWS::EC2::SecurityGroup`.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::security_group_rule::{permission, same};
use super::{Made, ResourceContext, ResourceFailure, ResourceType};
use crate::AwsError;
use crate::region::World;
use crate::service::ec2::{Direction, Permission};

/// The type.
pub struct SecurityGroup;

const SERVICE: &str = "Ec2";

/// How long CloudFormation tries again while something still uses the group, such as the interfaces of a load balancer
/// that is being deleted. [U]
const DELETE_PATIENCE: (u32, Duration) = (30, Duration::from_secs(10));

#[async_trait]
impl ResourceType for SecurityGroup {
    fn name(&self) -> &'static str {
        "AWS::EC2::SecurityGroup"
    }

    fn typical_seconds(&self) -> f64 {
        6.0
    }

    async fn create(
        &self,
        context: &ResourceContext,
        properties: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        let text = |name: &str| properties.get(name).and_then(Value::as_str);
        let name = text("GroupName").map_or_else(|| context.generated_name(255), str::to_owned);
        let region = &context.region;
        let made = region.world(|world| {
            let vpc_id = match text("VpcId") {
                Some(id) => id.to_owned(),
                None => default_vpc(world)?,
            };
            let description = text("GroupDescription").unwrap_or_default();
            let tags = context.tags_with(properties);
            world.ec2.create_security_group(region, &name, description, &vpc_id, tags)
        });
        let id = made.map_err(|error| context.refused(SERVICE, &error))?;
        context.initiated(&id);
        change_rules(context, &id, &Map::new(), properties).map_err(|failure| failure.leaving(&id))?;
        Ok(made_group(&id))
    }

    async fn update(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<Made, ResourceFailure> {
        change_rules(context, physical_id, old, new)?;
        let tags = context.tags_with(new);
        let tagged = context.region.world(|world| {
            world.ec2.security_group_mut(physical_id)?.tags = tags.into();
            Ok(())
        });
        tagged.map_err(|error: AwsError| context.refused(SERVICE, &error))?;
        Ok(made_group(physical_id))
    }

    async fn delete(
        &self,
        context: &ResourceContext,
        physical_id: &str,
        _properties: &Map<String, Value>,
    ) -> Result<(), ResourceFailure> {
        let (attempts, pause) = DELETE_PATIENCE;
        for attempt in 1..=attempts {
            let deleted = context.region.world(|world| world.ec2.delete_security_group(physical_id));
            match deleted {
                Ok(()) => return Ok(()),
                Err(error) if error.code.contains("NotFound") => return Ok(()),
                Err(error) if error.code != "DependencyViolation" || attempt == attempts => {
                    return Err(context.refused(SERVICE, &error));
                }
                Err(_) => context.region.clock.sleep(pause).await,
            }
        }
        Ok(())
    }
}

fn made_group(id: &str) -> Made {
    let attributes = Map::from_iter([("GroupId".to_owned(), json!(id)), ("Id".to_owned(), json!(id))]);
    Made { physical_id: id.to_owned(), attributes }
}

fn default_vpc(world: &World) -> Result<String, AwsError> {
    let vpc = world.ec2.network.vpcs.values().find(|vpc| vpc.is_default);
    // https://github.com/aerospike/aws-cloudformation/issues/24
    vpc.map(|vpc| vpc.vpc_id.clone()).ok_or_else(|| AwsError::new("VPCIdNotSpecified", "No default VPC for this user"))
}

/// Inline rules of a direction.
fn rules(properties: &Map<String, Value>, direction: Direction) -> Vec<Permission> {
    let name = match direction {
        Direction::Ingress => "SecurityGroupIngress",
        Direction::Egress => "SecurityGroupEgress",
    };
    let list = properties.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_object).map(|rule| permission(rule, direction)).collect()
}

/// Takes the old inline rules away and adds the new ones. Egress rules of the template replace the default rule.
/// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
fn change_rules(
    context: &ResourceContext,
    id: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Result<(), ResourceFailure> {
    let region = &context.region;
    let changed = region.world(|world| {
        for direction in [Direction::Ingress, Direction::Egress] {
            let (before, after) = (rules(old, direction), rules(new, direction));
            if direction == Direction::Egress && before.is_empty() && !after.is_empty() {
                world.ec2.revoke_all_egress(id)?;
            }
            let group = world.ec2.security_group_mut(id)?;
            group.rules.retain(|_, rule| {
                let was_ours = before.iter().any(|known| same(known, rule));
                !was_ours || after.iter().any(|wanted| same(wanted, rule))
            });
            for rule in after {
                if !before.iter().any(|known| same(known, &rule)) {
                    world.ec2.authorize(region, id, rule)?;
                }
            }
        }
        Ok(())
    });
    changed.map_err(|error: AwsError| context.refused(SERVICE, &error))
}
