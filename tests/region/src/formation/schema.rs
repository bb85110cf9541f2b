//! AWS's own resource schemas: which properties a type has, what forces a replacement, what GetAtt gives.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

/// The schema of one resource type.
#[derive(Debug)]
pub struct Schema {
    root: Value,
}

macro_rules! schemas {
    ($($file:literal),* $(,)?) => {
        [$(include_str!(concat!("../../data/schemas/aws-", $file, ".json"))),*]
    };
}

const TEXTS: [&str; 25] = schemas![
    "autoscaling-autoscalinggroup",
    "autoscaling-scalingpolicy",
    "certificatemanager-certificate",
    "cloudformation-waitcondition",
    "cloudformation-waitconditionhandle",
    "cloudwatch-alarm",
    "ec2-launchtemplate",
    "ec2-securitygroup",
    "ec2-securitygroupegress",
    "ec2-securitygroupingress",
    "elasticloadbalancingv2-listener",
    "elasticloadbalancingv2-listenercertificate",
    "elasticloadbalancingv2-loadbalancer",
    "elasticloadbalancingv2-targetgroup",
    "iam-instanceprofile",
    "iam-managedpolicy",
    "iam-role",
    "iam-rolepolicy",
    "logs-loggroup",
    "route53-recordset",
    "s3-bucket",
    "s3-bucketpolicy",
    "secretsmanager-secret",
    "sns-topic",
    "ssm-parameter",
];

/// The schema of a type, or None for a type that the region does not know.
pub fn of(type_name: &str) -> Option<&'static Schema> {
    all().get(type_name)
}

/// Names of all types that have a schema.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().keys().map(String::as_str)
}

fn all() -> &'static BTreeMap<String, Schema> {
    static ALL: OnceLock<BTreeMap<String, Schema>> = OnceLock::new();
    ALL.get_or_init(|| {
        let parsed = TEXTS.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
        parsed.filter_map(|root| Some((root.get("typeName")?.as_str()?.to_owned(), Schema { root }))).collect()
    })
}

impl Schema {
    /// The whole schema document.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Follows a local `$ref`.
    pub fn target<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#')) {
            Some(pointer) => self.root.pointer(pointer).unwrap_or(schema),
            None => schema,
        }
    }

    /// Names that `Fn::GetAtt` accepts: the read-only properties, nested ones with dots.
    pub fn attributes(&self) -> Vec<String> {
        self.paths("readOnlyProperties").map(|path| path.replace('/', ".")).collect()
    }

    /// Paths of top-level read-only properties, which a template must not set.
    pub fn is_read_only(&self, property: &str) -> bool {
        self.paths("readOnlyProperties").any(|path| path == property)
    }

    /// Whether a change of this property path (`A/B/*/C`) replaces the resource.
    pub fn is_create_only(&self, path: &str) -> bool {
        let changed: Vec<&str> = path.split('/').collect();
        self.paths("createOnlyProperties").any(|create_only| {
            let parts: Vec<&str> = create_only.split('/').collect();
            let shared = parts.len().min(changed.len());
            let same =
                |(part, change): (&&str, &&str)| part == change || *part == "*" || change.parse::<usize>().is_ok();
            parts[..shared].iter().zip(&changed[..shared]).all(same)
        })
    }

    /// Whether a change of this top-level property may replace the resource.
    pub fn is_conditionally_create_only(&self, property: &str) -> bool {
        self.paths("conditionalCreateOnlyProperties").any(|path| path == property)
    }

    /// The property that holds tags, if the type can be tagged.
    pub fn tag_property(&self) -> Option<&str> {
        self.root.pointer("/tagging/tagProperty")?.as_str()?.strip_prefix("/properties/")
    }

    fn paths<'a>(&'a self, list: &str) -> impl Iterator<Item = &'a str> {
        let paths = self.root.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        paths.iter().filter_map(Value::as_str).filter_map(|path| path.strip_prefix("/properties/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_read() {
        let names: Vec<String> = TEXTS
            .iter()
            .filter_map(|text| serde_json::from_str::<Value>(text).ok()?["typeName"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(names.len(), 25);
        assert!(names.iter().all(|name| of(name).is_some()));
        assert!(of("AWS::EC2::Nope").is_none());
    }

    #[test]
    fn replacement_and_attributes_come_from_the_schema() {
        let group = of("AWS::EC2::SecurityGroup").expect("known");
        assert!(group.is_create_only("GroupDescription"));
        assert!(!group.is_create_only("SecurityGroupIngress/0/CidrIp"));
        assert_eq!(group.attributes(), ["Id", "GroupId"]);
        assert_eq!(group.tag_property(), Some("Tags"));
    }
}
