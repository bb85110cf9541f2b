//! A parsed template: its sections as data, checked for shape and for names that do not exist.

use serde_json::{Map, Value};

use super::parameter::Declaration;
use super::{FormationError, document, export, template_check};

/// One template.
#[derive(Debug, Clone)]
pub struct Template {
    pub description: Option<String>,
    pub metadata: Option<Value>,
    pub parameters: Vec<Declaration>,
    pub mappings: Map<String, Value>,
    pub conditions: Map<String, Value>,
    pub rules: Map<String, Value>,
    pub resources: Vec<Resource>,
    pub outputs: Vec<Output>,
}

/// One member of the Resources section.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    pub logical_id: String,
    pub resource_type: String,
    pub properties: Map<String, Value>,
    pub condition: Option<String>,
    pub depends_on: Vec<String>,
    /// Every other attribute that the resource has: Metadata, CreationPolicy, UpdatePolicy, DeletionPolicy,
    /// UpdateReplacePolicy.
    pub attributes: Map<String, Value>,
}

/// One member of the Outputs section.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    pub key: String,
    pub value: Value,
    pub description: Option<String>,
    pub condition: Option<String>,
    /// The name under which other stacks import the value, before it is evaluated.
    pub export: Option<Value>,
}

impl Template {
    /// Reads and checks a template body.
    ///
    /// # Errors
    /// Anything in it that CloudFormation refuses before it looks at parameters.
    pub fn parse(body: &str) -> Result<Self, FormationError> {
        let document = document::parse(body)?;
        let template = Self::from_document(&document)?;
        template_check::names(&template)?;
        Ok(template)
    }

    fn from_document(document: &Value) -> Result<Self, FormationError> {
        let top = document.as_object().cloned().unwrap_or_default();
        template_check::sections(&top)?;
        let section = |name: &str| template_check::map(top.get(name), name);
        let parameters = section("Parameters")?
            .iter()
            .map(|(key, value)| Declaration::parse(key, value))
            .collect::<Result<Vec<_>, _>>()?;
        let resources = section("Resources")?
            .iter()
            .map(|(id, value)| Resource::parse(id, value))
            .collect::<Result<Vec<_>, _>>()?;
        if resources.is_empty() {
            // https://repost.aws/knowledge-center/cloudformation-template-validation
            return Err(FormationError::format("At least one Resources member must be defined."));
        }
        let outputs =
            section("Outputs")?.iter().map(|(key, value)| Output::parse(key, value)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            description: top.get("Description").and_then(Value::as_str).map(str::to_owned),
            metadata: top.get("Metadata").cloned(),
            parameters,
            mappings: section("Mappings")?,
            conditions: section("Conditions")?,
            rules: section("Rules")?,
            resources,
            outputs,
        })
    }

    /// The resource of this logical id.
    pub fn resource(&self, logical_id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.logical_id == logical_id)
    }

    /// The declaration of this parameter.
    pub fn parameter(&self, key: &str) -> Option<&Declaration> {
        self.parameters.iter().find(|declaration| declaration.key == key)
    }

    /// The capabilities that the caller must acknowledge, and why.
    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    pub fn capabilities(&self) -> Option<(&'static str, Vec<&str>)> {
        let mut types = Vec::new();
        let mut named = false;
        for resource in &self.resources {
            let name = match resource.resource_type.as_str() {
                "AWS::IAM::Group" => Some("GroupName"),
                "AWS::IAM::InstanceProfile" => Some("InstanceProfileName"),
                "AWS::IAM::ManagedPolicy" => Some("ManagedPolicyName"),
                "AWS::IAM::Role" => Some("RoleName"),
                "AWS::IAM::User" => Some("UserName"),
                "AWS::IAM::Policy"
                | "AWS::IAM::RolePolicy"
                | "AWS::IAM::AccessKey"
                | "AWS::IAM::UserToGroupAddition" => None,
                _ => continue,
            };
            named |= name.is_some_and(|name| resource.properties.contains_key(name));
            if !types.contains(&resource.resource_type.as_str()) {
                types.push(resource.resource_type.as_str());
            }
        }
        let capability = if named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" };
        (!types.is_empty()).then_some((capability, types))
    }
}

impl Resource {
    fn parse(logical_id: &str, value: &Value) -> Result<Self, FormationError> {
        let fields = template_check::resource(logical_id, value)?;
        let mut attributes = fields.clone();
        let resource_type = attributes.shift_remove("Type");
        let properties = template_check::properties(logical_id, attributes.shift_remove("Properties"))?;
        let condition = attributes.shift_remove("Condition").and_then(|name| name.as_str().map(str::to_owned));
        let depends_on = match attributes.shift_remove("DependsOn") {
            Some(Value::String(id)) => vec![id],
            Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        attributes.shift_remove("Description");
        Ok(Self {
            logical_id: logical_id.to_owned(),
            resource_type: resource_type.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default(),
            properties,
            condition,
            depends_on,
            attributes,
        })
    }
}

impl Output {
    fn parse(key: &str, value: &Value) -> Result<Self, FormationError> {
        let fields = template_check::output(key, value)?;
        Ok(Self {
            key: key.to_owned(),
            value: fields.get("Value").cloned().unwrap_or_default(),
            description: fields.get("Description").and_then(Value::as_str).map(str::to_owned),
            condition: fields.get("Condition").and_then(Value::as_str).map(str::to_owned),
            export: export::read(key, fields.get("Export"))?,
        })
    }
}
