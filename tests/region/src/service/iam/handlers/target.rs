//! The ARN of what a handler's action is about. Of a resource that is still to be made, as much is known as its name.

use serde_json::{Map, Value};

use super::Work;
use crate::resource::ResourceContext;
use crate::service::route53::bare;

/// The ARN that an action of a handler is judged on; `*` for actions that know no resources.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
pub(super) fn of(context: &ResourceContext, work: &Work, action: &str) -> String {
    let region = &context.region;
    let partition = &region.settings.partition;
    let (service, call) = action.split_once(':').unwrap_or_default();
    let lists = call.starts_with("Describe") && matches!(service, "ec2" | "autoscaling" | "elasticloadbalancing");
    if lists || matches!(call, "GetRandomPassword" | "ListHostedZones") {
        return "*".to_owned();
    }
    let given = |name: &str| work.properties.get(name).and_then(Value::as_str);
    let named =
        |property: &str, limit: usize| given(property).map_or_else(|| context.generated_name(limit), str::to_owned);
    let made = |kind: &str, new: String| match work.physical_id {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        _ => region.arn(kind, &new),
    };
    let path = given("Path").unwrap_or("/");
    let id = work.physical_id;
    match work.resource_type {
        "AWS::AutoScaling::AutoScalingGroup" if service == "ec2" => region.arn("ec2", "instance/*"),
        "AWS::AutoScaling::AutoScalingGroup" => {
            let name = id.map_or_else(|| named("AutoScalingGroupName", 255), str::to_owned);
            region.arn("autoscaling", &format!("autoScalingGroup:*:autoScalingGroupName/{name}"))
        }
        "AWS::CertificateManager::Certificate" => match id {
            Some(arn) => arn.to_owned(),
            None if call == "RequestCertificate" => "*".to_owned(),
            None => region.arn("acm", "certificate/*"),
        },
        "AWS::EC2::LaunchTemplate" => region.arn("ec2", &format!("launch-template/{}", id.unwrap_or("*"))),
        "AWS::EC2::SecurityGroup" => region.arn("ec2", &format!("security-group/{}", id.unwrap_or("*"))),
        "AWS::EC2::SecurityGroupEgress" | "AWS::EC2::SecurityGroupIngress" => {
            region.arn("ec2", &format!("security-group/{}", given("GroupId").unwrap_or("*")))
        }
        "AWS::ElasticLoadBalancingV2::Listener" => {
            let balancer = given("LoadBalancerArn").unwrap_or("*");
            match call {
                "CreateListener" => balancer.to_owned(),
                _ => {
                    id.map_or_else(|| format!("{}/*", balancer.replace(":loadbalancer/", ":listener/")), str::to_owned)
                }
            }
        }
        // https://github.com/GSA/devsecops-example/issues/86
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            made("elasticloadbalancing", format!("loadbalancer/app/{}/*", named("Name", 32)))
        }
        "AWS::ElasticLoadBalancingV2::TargetGroup" => {
            made("elasticloadbalancing", format!("targetgroup/{}/*", named("Name", 32)))
        }
        "AWS::IAM::InstanceProfile" if call == "PassRole" => {
            let roles = work.properties.get("Roles").and_then(Value::as_array);
            let role = roles.and_then(|roles| roles.first()).and_then(Value::as_str).unwrap_or("*");
            role_arn(context, role)
        }
        "AWS::IAM::InstanceProfile" => {
            let name = id.map_or_else(|| named("InstanceProfileName", 128), str::to_owned);
            region.global_arn("iam", &format!("instance-profile{path}{name}"))
        }
        "AWS::IAM::ManagedPolicy" => match id {
            Some(arn) => arn.to_owned(),
            None => region.global_arn("iam", &format!("policy{path}{}", named("ManagedPolicyName", 128))),
        },
        "AWS::IAM::Role" => {
            let name = id.map_or_else(|| named("RoleName", 64), str::to_owned);
            region.global_arn("iam", &format!("role{path}{name}"))
        }
        "AWS::IAM::RolePolicy" => role_arn(context, given("RoleName").unwrap_or("*")),
        "AWS::Logs::LogGroup" => {
            let name = id.map_or_else(|| named("LogGroupName", 512), str::to_owned);
            region.arn("logs", &format!("log-group:{name}:log-stream:"))
        }
        "AWS::Route53::RecordSet" if call == "GetChange" => format!("arn:{partition}:route53:::change/*"),
        "AWS::Route53::RecordSet" => {
            let by_name =
                || region.world(|world| world.route53.zone_named(given("HostedZoneName")?).map(|zone| zone.id.clone()));
            let zone = given("HostedZoneId").map(|id| bare(id).to_owned()).or_else(by_name);
            format!("arn:{partition}:route53:::hostedzone/{}", zone.unwrap_or_else(|| "*".to_owned()))
        }
        "AWS::S3::Bucket" => {
            let name = id.map_or_else(|| named("BucketName", 63).to_ascii_lowercase(), str::to_owned);
            format!("arn:{partition}:s3:::{name}")
        }
        "AWS::S3::BucketPolicy" => format!("arn:{partition}:s3:::{}", given("Bucket").unwrap_or("*")),
        "AWS::SecretsManager::Secret" => {
            let generated = || format!("{}-{}", context.logical_id, context.random_characters(12));
            let name = given("Name").map_or_else(generated, str::to_owned);
            made("secretsmanager", format!("secret:{name}-??????"))
        }
        "AWS::SSM::Parameter" => {
            let name = id.map_or_else(|| named("Name", 128), str::to_owned);
            region.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/')))
        }
        _ => "*".to_owned(),
    }
}

/// The role in the instance profile of a group's launch template.
pub(super) fn role_of_launch_template(context: &ResourceContext, properties: &Map<String, Value>) -> Option<String> {
    let template = properties.get("LaunchTemplate")?;
    let id = template["LaunchTemplateId"].as_str().or_else(|| template["LaunchTemplateName"].as_str())?;
    let role = context.region.world(|world| {
        let profile = &world.ec2.launch_templates.find(id)?.versions.last()?.data.get("IamInstanceProfile")?.clone();
        let profile = profile["Arn"].as_str().or_else(|| profile["Name"].as_str())?;
        world.iam.profile(profile).ok()?.role.clone()
    })?;
    Some(role_arn(context, &role))
}

fn role_arn(context: &ResourceContext, name: &str) -> String {
    let known = context.region.world(|world| world.iam.roles.get(name).map(|role| role.arn.clone()));
    known.unwrap_or_else(|| context.region.global_arn("iam", &format!("role/{name}")))
}
