//! Values of condition keys that a call's input gives, and the tags of the resources it is about.

use serde_json::Value;

use crate::Region;
use crate::service::Call;
use crate::service::iam::access::Need;
use crate::service::iam::condition::Context;

/// What the input says, by condition key.
pub(super) fn of(call: &Call) -> Context {
    let input = &call.input;
    let mut need = Need::default().tagging(&tags(input));
    let mut from = |key: &str, values: Vec<String>| {
        if !values.is_empty() {
            need.context.insert(key.to_ascii_lowercase(), values);
        }
    };
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::String(one) => vec![one.clone()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::Number(number) => vec![number.to_string()],
            Value::Bool(value) => vec![value.to_string()],
            _ => Vec::new(),
        }
    };
    match call.service {
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
        "cloudformation" => {
            from("cloudformation:RoleArn", texts(&input["RoleARN"]));
            from("cloudformation:ChangeSetName", texts(&input["ChangeSetName"]));
            from("cloudformation:TemplateUrl", texts(&input["TemplateURL"]));
        }
        // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
        "route53" => {
            let changes = input["ChangeBatch"]["Changes"].as_array().map(Vec::as_slice).unwrap_or_default();
            let each = |pick: &dyn Fn(&Value) -> Option<String>| changes.iter().filter_map(pick).collect();
            let set = |change: &Value, name: &str| change["ResourceRecordSet"][name].as_str().map(str::to_owned);
            from(
                "route53:ChangeResourceRecordSetsNormalizedRecordNames",
                each(&|change| Some(set(change, "Name")?.trim_end_matches('.').to_ascii_lowercase())),
            );
            from("route53:ChangeResourceRecordSetsRecordTypes", each(&|change| set(change, "Type")));
            from(
                "route53:ChangeResourceRecordSetsActions",
                each(&|change| change["Action"].as_str().map(str::to_owned)),
            );
        }
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
        "s3" => {
            from("s3:prefix", texts(&input["Prefix"]));
            from("s3:delimiter", texts(&input["Delimiter"]));
            from("s3:max-keys", texts(&input["MaxKeys"]));
            from("s3:x-amz-acl", texts(&input["ACL"]));
        }
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
        "secretsmanager" => {
            from("secretsmanager:Name", texts(&input["Name"]));
            from("secretsmanager:VersionStage", texts(&input["VersionStage"]));
            from("secretsmanager:ForceDeleteWithoutRecovery", texts(&input["ForceDeleteWithoutRecovery"]));
            from("secretsmanager:RecoveryWindowInDays", texts(&input["RecoveryWindowInDays"]));
        }
        // https://docs.aws.amazon.com/acm/latest/userguide/acm-conditions.html
        "acm" => {
            from("acm:ValidationMethod", texts(&input["ValidationMethod"]));
            let mut names = texts(&input["DomainName"]);
            names.extend(texts(&input["SubjectAlternativeNames"]));
            from("acm:DomainNames", names);
        }
        "iam" => from("iam:AWSServiceName", texts(&input["AWSServiceName"])),
        _ => {}
    }
    need.context
}

/// Tags that a request sets, whatever the spelling of its service.
fn tags(input: &Value) -> Vec<(String, String)> {
    let pair =
        |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str().unwrap_or_default().to_owned()));
    input["Tags"].as_array().into_iter().flatten().filter_map(pair).collect()
}

/// The tags of what an ARN names.
pub(super) fn tags_of(region: &Region, arn: &str) -> Vec<(String, String)> {
    region.world(|world| {
        let service = arn.split(':').nth(2).unwrap_or_default();
        let found = match service {
            "acm" => world.acm.certificates.get(arn).map(|one| &one.tags),
            "iam" => {
                let role = world.iam.roles.values().find(|role| role.arn == arn).map(|role| &role.tags);
                role.or_else(|| world.iam.certificate(arn).map(|one| &one.tags))
            }
            "ec2" => {
                let id = arn.rsplit('/').next().unwrap_or_default();
                world.ec2.instances.instance(id).ok().map(|one| &one.tags)
            }
            "secretsmanager" => world.secretsmanager.secret(arn).ok().map(|secret| &secret.tags),
            "elasticloadbalancing" => {
                let elbv2 = &world.elbv2;
                let listener = elbv2.listeners.iter().find(|one| one.arn == arn).map(|one| &one.tags);
                listener.or_else(|| elbv2.load_balancer(arn).ok().map(|one| &one.tags))
            }
            _ => None,
        };
        found.cloned().unwrap_or_default()
    })
}
