//! A template with its parameters settled for one stack: everything that can be known before a resource is made.

use serde_json::{Map, Value};

use super::input::Request;
use super::lookup;
use crate::formation::condition::{self, Outcomes};
use crate::formation::graph::{self, Dependencies};
use crate::formation::intrinsic::{NoResources, Resources, Scope};
use crate::formation::parameter::{self, Values};
use crate::formation::pseudo::Pseudo;
use crate::formation::template::Resource;
use crate::formation::{FormationError, Template, dynamic, export, rule, schema, validation};
use crate::{AwsError, Region, resource};

/// A template with its parameters settled for one stack.
#[derive(Debug)]
pub(super) struct Deployment {
    pub(super) body: String,
    pub(super) template: Template,
    pub(super) parameters: Values,
    pub(super) tags: Vec<(String, String)>,
    pub(super) capabilities: Vec<String>,
    pub(super) pseudo: Pseudo,
    pub(super) outcomes: Outcomes,
    pub(super) dependencies: Dependencies,
    /// Names of the exports of other stacks that it uses.
    pub(super) imports: Vec<String>,
}

/// The properties of a resource, evaluated.
#[derive(Debug, Clone)]
pub(super) struct Evaluated {
    /// Scalars in the schema's types; SSM references replaced, references to secrets not.
    pub(super) properties: Map<String, Value>,
    /// As events show them.
    pub(super) shown: String,
    /// Metadata and policies.
    pub(super) policies: Map<String, Value>,
}

/// Why properties cannot be used.
#[derive(Debug, Clone)]
pub(super) enum Unusable {
    /// A function cannot be evaluated.
    Template(String),
    /// The schema refuses them.
    Schema(Vec<String>),
}

impl Deployment {
    /// Settles a request for a stack.
    ///
    /// # Errors
    /// What CloudFormation refuses before an operation begins.
    pub(super) fn prepare(
        region: &Region,
        request: &Request,
        stack: (&str, &str),
        previous: Option<&Deployment>,
    ) -> Result<Self, AwsError> {
        let body = request.body(previous)?;
        let template = Template::parse(&body)?;
        let unknown: Vec<&str> = template
            .resources
            .iter()
            .map(|resource| resource.resource_type.as_str())
            .filter(|name| resource::handler(name).is_none())
            .collect();
        if !unknown.is_empty() {
            // Stricter than AWS: the region has schemas of a few types that it cannot make.
            let list = unknown.join(", ");
            // https://github.com/aws/aws-cli/issues/8032
            return Err(FormationError::format(format_args!("Unrecognized resource types: [{list}]")).into());
        }
        let ssm = |name: &str| lookup::ssm_parameter(region, name);
        let parameters =
            parameter::settle(&template, &request.parameters, previous.map(|previous| &previous.parameters), &ssm)?;
        let pseudo = lookup::pseudo(region, stack.0, stack.1, request.notification_arns.clone());
        let empty = Outcomes::new();
        let scope = Scope {
            template: &template,
            parameters: &parameters,
            pseudo: &pseudo,
            outcomes: &empty,
            resources: &NoResources,
            masked: false,
        };
        rule::check(&scope, &|specific, value, name| lookup::attribute(region, specific, value, name))?;
        let outcomes = condition::outcomes(&scope)?;
        let dependencies = graph::dependencies(&template, Some(&outcomes))?;
        graph::order(&dependencies)?;
        let imports = export::imports(&Scope { outcomes: &outcomes, ..scope })?;
        request.acknowledges(&template)?;
        Ok(Self {
            body,
            tags: request.tags.clone().or_else(|| previous.map(|previous| previous.tags.clone())).unwrap_or_default(),
            capabilities: request.capabilities.clone(),
            template,
            parameters,
            pseudo,
            outcomes,
            dependencies,
            imports,
        })
    }

    /// Everything a value of this deployment may refer to.
    pub(super) fn scope<'a>(&'a self, resources: &'a dyn Resources, masked: bool) -> Scope<'a> {
        Scope {
            template: &self.template,
            parameters: &self.parameters,
            pseudo: &self.pseudo,
            outcomes: &self.outcomes,
            resources,
            masked,
        }
    }

    /// Resources whose condition holds, in the template's order.
    pub(super) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.template.resources.iter().filter(|resource| self.dependencies.contains_key(&resource.logical_id))
    }

    /// The resource of this id, if its condition holds.
    pub(super) fn resource(&self, logical_id: &str) -> Option<&Resource> {
        self.resources().find(|resource| resource.logical_id == logical_id)
    }

    /// Evaluates and checks a resource's properties and policies.
    ///
    /// # Errors
    /// A function or the schema refuses them.
    pub(super) fn evaluate(
        &self,
        region: &Region,
        resource: &Resource,
        resources: &dyn Resources,
    ) -> Result<Evaluated, Unusable> {
        let scope = self.scope(resources, false);
        let template = |error: FormationError| Unusable::Template(error.0);
        let raw = scope.resolve_map(&resource.properties).map_err(template)?;
        let with_ssm = dynamic::replace(&Value::Object(raw), &mut |reference| lookup::ssm_reference(region, reference))
            .map_err(Unusable::Template)?;
        let properties = with_ssm.as_object().cloned().unwrap_or_default();
        let schema = schema::of(&resource.resource_type)
            .ok_or_else(|| Unusable::Template(format!("no schema of {}", resource.resource_type)))?;
        let properties = validation::check(schema, &properties).map_err(Unusable::Schema)?;
        let masked = self.scope(resources, true);
        let shown = masked.resolve_map(&resource.properties).map_err(template)?;
        let policies = scope.resolve_map(&resource.attributes).map_err(template)?;
        Ok(Evaluated { properties, shown: Value::Object(shown).to_string(), policies })
    }

    /// The stack's outputs.
    ///
    /// # Errors
    /// An output that is not a string.
    pub(super) fn outputs(&self, resources: &dyn Resources) -> Result<Vec<Value>, FormationError> {
        let scope = self.scope(resources, false);
        let mut outputs = Vec::new();
        for output in &self.template.outputs {
            if output.condition.as_ref().is_some_and(|name| !self.outcomes.get(name).copied().unwrap_or(false)) {
                continue;
            }
            let value = match scope.resolve(&output.value)? {
                Some(Value::String(text)) => text,
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::Bool(value)) => value.to_string(),
                // https://stackoverflow.com/questions/40095563
                _ => {
                    return Err(FormationError::format(format_args!(
                        "Output {} is malformed. The Value field of every Outputs member must evaluate to a String.",
                        output.key
                    )));
                }
            };
            let mut map = Map::from_iter([
                ("OutputKey".to_owned(), output.key.clone().into()),
                ("OutputValue".to_owned(), value.into()),
            ]);
            if let Some(name) = &output.export {
                map.insert("ExportName".to_owned(), export::name(&scope, &output.key, name)?.into());
            }
            if let Some(description) = &output.description {
                map.insert("Description".to_owned(), description.clone().into());
            }
            outputs.push(Value::Object(map));
        }
        Ok(outputs)
    }
}
