//! AWS's own wire models (data/api), read once each: operations, shapes and their limits.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

/// The wire model of one service.
#[derive(Debug, Deserialize)]
pub struct Model {
    pub metadata: Metadata,
    pub operations: BTreeMap<String, Operation>,
    pub shapes: HashMap<String, Shape>,
}

/// What a model says of its service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub api_version: String,
    pub endpoint_prefix: String,
    pub protocol: String,
    #[serde(default)]
    pub signing_name: Option<String>,
    #[serde(default)]
    pub target_prefix: Option<String>,
    #[serde(default)]
    pub json_version: Option<String>,
    #[serde(default)]
    pub xml_namespace: Option<String>,
}

/// An operation.
#[derive(Debug, Deserialize)]
pub struct Operation {
    pub name: String,
    pub http: Http,
    #[serde(default)]
    pub input: Option<Reference>,
    #[serde(default)]
    pub output: Option<Reference>,
}

/// How an operation is bound to HTTP.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Http {
    pub method: String,
    pub request_uri: String,
    #[serde(default)]
    pub response_code: Option<u16>,
}

/// A use of a shape: a member, a list's element, an operation's input.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    pub shape: String,
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub location_name: Option<String>,
    #[serde(default)]
    pub query_name: Option<String>,
    #[serde(default)]
    pub result_wrapper: Option<String>,
    #[serde(default)]
    pub flattened: bool,
    #[serde(default)]
    pub streaming: bool,
    /// Written as an attribute of its structure's element.
    #[serde(default)]
    pub xml_attribute: bool,
    #[serde(default)]
    pub timestamp_format: Option<String>,
}

/// A shape.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub members: BTreeMap<String, Reference>,
    #[serde(default)]
    pub required: Vec<String>,
    #[serde(default)]
    pub member: Option<Reference>,
    #[serde(default)]
    pub key: Option<Reference>,
    #[serde(default)]
    pub value: Option<Reference>,
    #[serde(default)]
    pub flattened: bool,
    #[serde(default)]
    pub payload: Option<String>,
    #[serde(default)]
    pub min: Option<f64>,
    #[serde(default)]
    pub max: Option<f64>,
    #[serde(default)]
    pub pattern: Option<String>,
    #[serde(default, rename = "enum")]
    pub choices: Vec<String>,
    #[serde(default)]
    pub timestamp_format: Option<String>,
    #[serde(default)]
    pub error: Option<ErrorTrait>,
    #[serde(default)]
    pub exception: bool,
    #[serde(default)]
    pub sensitive: bool,
    #[serde(skip)]
    expression: OnceLock<Option<Regex>>,
}

/// How an error shape looks on the wire.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorTrait {
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub http_status_code: Option<u16>,
}

impl Shape {
    /// Whether `text` has the shape's pattern, whole. True for the few patterns that need look-around.
    pub fn fits(&self, text: &str) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        let compile = || Regex::new(&format!("^(?s:{})$", translate(pattern))).ok();
        self.expression.get_or_init(compile).as_ref().is_none_or(|expression| expression.is_match(text))
    }
}

/// Java's `\uXXXX` as the regex crate writes it.
fn translate(pattern: &str) -> String {
    // Java counts in UTF-16: a pair of surrogates is one character beyond the first plane.
    let pattern = pattern.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\x{10000}-\\x{10FFFF}");
    let mut translated = String::new();
    let mut rest = pattern.as_str();
    while let Some(at) = rest.find("\\u") {
        translated.push_str(&rest[..at]);
        match rest.get(at + 2..at + 6) {
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                translated.push_str(&format!("\\u{{{digits}}}"));
                rest = &rest[at + 6..];
            }
            _ => {
                translated.push_str("\\u");
                rest = &rest[at + 2..];
            }
        }
    }
    translated + rest
}

impl Model {
    /// The shape of this name. A model names only shapes it has.
    ///
    /// # Panics
    /// When the model is broken.
    pub fn shape(&self, name: &str) -> &Shape {
        self.shapes.get(name).unwrap_or_else(|| panic!("the model has no shape {name}"))
    }

    /// The name by which requests are signed.
    pub fn signing_name(&self) -> &str {
        self.metadata.signing_name.as_deref().unwrap_or(&self.metadata.endpoint_prefix)
    }

    /// The namespace of XML answers.
    pub fn namespace(&self) -> String {
        let version = &self.metadata.api_version;
        match (self.metadata.protocol.as_str(), &self.metadata.xml_namespace) {
            ("ec2", _) => format!("http://ec2.amazonaws.com/doc/{version}/"),
            (_, Some(namespace)) => namespace.clone(),
            (_, None) if self.metadata.endpoint_prefix == "s3" => format!("http://s3.amazonaws.com/doc/{version}/"),
            (_, None) => format!("https://{}.amazonaws.com/doc/{version}/", self.metadata.endpoint_prefix),
        }
    }
}

/// How many services have a model.
const COUNT: usize = 13;

struct Source {
    name: &'static str,
    text: &'static str,
    model: OnceLock<Model>,
}

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        static SOURCES: [Source; COUNT] = [$(Source {
            name: $name,
            text: include_str!(concat!("../../data/api/", $name, ".json")),
            model: OnceLock::new(),
        }),*];
    };
}

sources![
    "acm",
    "autoscaling",
    "cloudformation",
    "ec2",
    "elbv2",
    "iam",
    "logs",
    "route53",
    "s3",
    "secretsmanager",
    "service-quotas",
    "ssm",
    "sts",
];

fn load(source: &Source) -> &Model {
    source.model.get_or_init(|| {
        serde_json::from_str(source.text).unwrap_or_else(|error| panic!("data/api/{}.json: {error}", source.name))
    })
}

/// The model of this name (the file's name), with the name as the region's own text.
pub fn model(name: &str) -> Option<(&'static str, &'static Model)> {
    SOURCES.iter().find(|source| source.name == name).map(|source| (source.name, load(source)))
}

/// Names of all models.
pub fn names() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|source| source.name)
}

/// The model whose requests are signed for `service`, such as `elasticloadbalancing`.
pub fn signed_as(service: &str) -> Option<(&'static str, &'static Model)> {
    // Two names differ from the file's; asking every model would read them all.
    let name = match service {
        "elasticloadbalancing" => "elbv2",
        "servicequotas" => "service-quotas",
        other => other,
    };
    model(name)
}

/// A value that stands for absence: JSON null.
pub(super) fn absent(value: &Value) -> bool {
    value.is_null()
}

#[cfg(test)]
mod tests {
    use super::{model, names, signed_as};

    #[test]
    fn every_model_loads_and_names_only_its_own_shapes() {
        for name in names() {
            let (_, model) = model(name).expect("a model");
            assert_eq!(signed_as(model.signing_name()).map(|(name, _)| name), Some(name));
            for shape in model.shapes.values() {
                let used = shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value);
                assert!(used.into_iter().all(|used| model.shapes.contains_key(&used.shape)));
            }
        }
    }

    /// Patterns that the region cannot check (look-around, surrogates) are few and known.
    #[test]
    fn nearly_every_pattern_is_checked() {
        let mut skipped = Vec::new();
        for name in names() {
            let (_, model) = model(name).expect("a model");
            for (shape_name, shape) in &model.shapes {
                shape.fits("");
                if shape.pattern.is_some() && shape.expression.get().is_some_and(Option::is_none) {
                    skipped.push(format!("{name}.{shape_name}"));
                }
            }
        }
        skipped.sort();
        assert_eq!(skipped, ["acm.DomainNameString", "iam.accountAliasType", "ssm.AlarmName", "ssm.StringDateTime"]);
    }
}
