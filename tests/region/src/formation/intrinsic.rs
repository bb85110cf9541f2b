//! Evaluates intrinsic functions.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::condition::Outcomes;
use super::parameter::Values;
use super::pseudo::Pseudo;
use super::reference::{Piece, function, get_att, malformed_get_att, pieces, sub_parts, unsupported};
use super::{FormationError, Template, cidr};

/// What a change set shows for a value that only the deployment will know.
pub const UNKNOWN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What other resources of the stack are called and have.
pub trait Resources {
    /// What `Ref` gives; None if there is no such resource in the stack.
    fn reference(&self, logical_id: &str) -> Option<Value>;
    /// What `Fn::GetAtt` gives.
    fn attribute(&self, logical_id: &str, name: &str) -> Option<Value>;
}

/// A stack without any resource, for conditions and rules.
pub struct NoResources;

impl Resources for NoResources {
    fn reference(&self, _: &str) -> Option<Value> {
        None
    }
    fn attribute(&self, _: &str, _: &str) -> Option<Value> {
        None
    }
}

/// Everything a value may refer to.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub template: &'a Template,
    pub parameters: &'a Values,
    pub pseudo: &'a Pseudo,
    pub outcomes: &'a Outcomes,
    pub resources: &'a dyn Resources,
    /// Whether NoEcho parameters appear as `****`, as in events.
    pub masked: bool,
}

impl Scope<'_> {
    /// The value with every function evaluated; None where it is `AWS::NoValue`.
    ///
    /// # Errors
    /// A function that cannot be evaluated.
    pub fn resolve(&self, value: &Value) -> Result<Option<Value>, FormationError> {
        if let Some((name, argument)) = function(value) {
            return self.call(name, argument);
        }
        Ok(Some(match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolve(item)).collect::<Result<Vec<_>, _>>()?;
                Value::Array(items.into_iter().flatten().collect())
            }
            Value::Object(map) => Value::Object(self.resolve_map(map)?),
            other => other.clone(),
        }))
    }

    /// The map with every function evaluated and `AWS::NoValue` members left out.
    ///
    /// # Errors
    /// As [`Scope::resolve`].
    pub fn resolve_map(&self, map: &Map<String, Value>) -> Result<Map<String, Value>, FormationError> {
        let mut resolved = Map::new();
        for (key, item) in map {
            if let Some(item) = self.resolve(item)? {
                resolved.insert(key.clone(), item);
            }
        }
        Ok(resolved)
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Option<Value>, FormationError> {
        let value = match name {
            "Ref" => match argument.as_str() {
                Some("AWS::NoValue") => return Ok(None),
                Some(id) => self.reference(id)?,
                None => return Err(FormationError::format("All Ref functions must have a string value")), // [U]
            },
            "Fn::GetAtt" => self.get_att(argument)?,
            "Fn::If" => return self.if_else(argument),
            "Fn::Sub" => self.sub(argument)?,
            "Fn::Join" => self.join(argument)?,
            "Fn::Split" => self.split(argument)?,
            "Fn::Select" => self.select(argument)?,
            "Fn::FindInMap" => self.find_in_map(argument)?,
            "Fn::Base64" => match self.required(argument)? {
                Value::String(text) if text == UNKNOWN => text.into(),
                Value::String(text) => STANDARD.encode(text).into(),
                // https://github.com/aws/aws-cli/issues/913
                _ => return Err(FormationError::function("every Fn::Base64 object must have a String-typed value.")),
            },
            "Fn::GetAZs" => self.zones(argument)?,
            "Fn::Cidr" => self.cidr(argument)?,
            "Fn::ImportValue" => {
                let name = text_of(&self.required(argument)?).unwrap_or_default();
                let value = self.pseudo.exports.get(&name);
                value.map(|value| value.as_str().into()).ok_or_else(|| no_export(&name))?
            }
            _ => return Err(unsupported(name)),
        };
        Ok(Some(value))
    }

    fn required(&self, value: &Value) -> Result<Value, FormationError> {
        Ok(self.resolve(value)?.unwrap_or_default())
    }

    fn reference(&self, id: &str) -> Result<Value, FormationError> {
        if let Some(value) = self.parameters.get(id) {
            return Ok(if self.masked && value.no_echo { "****".into() } else { value.value.clone() });
        }
        if let Some(value) = self.pseudo.get(id) {
            return Ok(value);
        }
        self.resources.reference(id).ok_or_else(|| unresolved(id))
    }

    fn get_att(&self, argument: &Value) -> Result<Value, FormationError> {
        let (id, attribute) = get_att(argument).ok_or_else(|| malformed_get_att(argument))?;
        let attribute = self.required(attribute)?;
        let name = attribute.as_str().unwrap_or_default();
        self.resources.attribute(id, name).ok_or_else(|| unresolved(id))
    }

    fn if_else(&self, argument: &Value) -> Result<Option<Value>, FormationError> {
        match argument.as_array().map(Vec::as_slice) {
            Some([Value::String(name), yes, no]) => {
                let holds = self.outcomes.get(name).copied().unwrap_or(false);
                self.resolve(if holds { yes } else { no })
            }
            _ => Err(FormationError::function("Fn::If requires a list argument with three elements")),
        }
    }

    fn sub(&self, argument: &Value) -> Result<Value, FormationError> {
        let (text, locals) = sub_parts(argument)?;
        let mut result = String::new();
        for piece in pieces(text)? {
            match piece {
                Piece::Literal(literal) => result.push_str(literal),
                Piece::Variable(name) => {
                    let value = match (locals.and_then(|locals| locals.get(name)), name.split_once('.')) {
                        (Some(local), _) => self.required(local)?,
                        (None, Some((id, attribute))) => {
                            self.resources.attribute(id, attribute).ok_or_else(|| unresolved(id))?
                        }
                        (None, None) => self.reference(name)?,
                    };
                    match text_of(&value) {
                        Some(text) if text == UNKNOWN => return Ok(UNKNOWN.into()),
                        Some(text) => result.push_str(&text),
                        None => {
                            return Err(FormationError::function(format_args!(
                                "Fn::Sub expression does not resolve to a string: {name}"
                            ))); // [U]
                        }
                    }
                }
            }
        }
        Ok(result.into())
    }

    fn join(&self, argument: &Value) -> Result<Value, FormationError> {
        // https://github.com/cloudtools/troposphere/issues/1469
        let wrong = || {
            FormationError::function(
                "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be \
                 joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
            )
        };
        let Some([Value::String(delimiter), list]) = argument.as_array().map(Vec::as_slice) else {
            return Err(wrong());
        };
        match self.required(list)? {
            Value::String(text) if text == UNKNOWN => Ok(UNKNOWN.into()),
            Value::Array(items) => {
                let texts = items.iter().map(text_of).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
                if texts.iter().any(|text| text == UNKNOWN) {
                    return Ok(UNKNOWN.into());
                }
                Ok(texts.join(delimiter).into())
            }
            _ => Err(wrong()),
        }
    }

    fn split(&self, argument: &Value) -> Result<Value, FormationError> {
        let wrong = || {
            FormationError::function(
                "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or \
                 a function that returns a string to be split.",
            )
        };
        let Some([Value::String(delimiter), source]) = argument.as_array().map(Vec::as_slice) else {
            return Err(wrong());
        };
        match self.required(source)? {
            Value::String(text) if text == UNKNOWN => Ok(vec![UNKNOWN].into()),
            Value::String(text) => Ok(text.split(delimiter.as_str()).collect::<Vec<_>>().into()),
            _ => Err(wrong()),
        }
    }

    fn select(&self, argument: &Value) -> Result<Value, FormationError> {
        let wrong = || {
            FormationError::function(
                "Fn::Select requires a list argument with two elements: an integer index and a list",
            )
        };
        let Some([index, list]) = argument.as_array().map(Vec::as_slice) else { return Err(wrong()) };
        let index = text_of(&self.required(index)?).and_then(|text| text.parse::<usize>().ok()).ok_or_else(wrong)?;
        match self.required(list)? {
            Value::String(text) if text == UNKNOWN => Ok(UNKNOWN.into()),
            Value::Array(items) if items == [Value::from(UNKNOWN)] => Ok(UNKNOWN.into()),
            Value::Array(items) => items.get(index).cloned().ok_or_else(|| {
                // https://github.com/aws-samples/1click-hpc/issues/1
                FormationError::function(format_args!("Fn::Select cannot select nonexistent value at index {index}"))
            }),
            _ => Err(wrong()),
        }
    }

    fn find_in_map(&self, argument: &Value) -> Result<Value, FormationError> {
        let Some([map, top, second]) = argument.as_array().map(Vec::as_slice) else {
            // https://github.com/aws/aws-cdk/issues/27987
            return Err(FormationError::function(
                "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return \
                 value",
            ));
        };
        let name = |value: &Value| Ok::<_, FormationError>(text_of(&self.required(value)?).unwrap_or_default());
        let (map, top, second) = (name(map)?, name(top)?, name(second)?);
        let found = self.template.mappings.get(&map).and_then(|keys| keys.get(&top)).and_then(|keys| keys.get(&second));
        found
            .cloned()
            // https://github.com/amiracle/grand_central/issues/16
            .ok_or_else(|| FormationError::function(format_args!("Unable to get mapping for {map}::{top}::{second}")))
    }

    /// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
    fn cidr(&self, argument: &Value) -> Result<Value, FormationError> {
        // [U] the words
        let wrong = || {
            FormationError::function(
                "every Fn::Cidr object requires an IP address block, the number of CIDRs to generate (1 to 256), which \
                 must fit into it, and optionally the number of subnet bits of each",
            )
        };
        let (block, count, bits) = match argument.as_array().map(Vec::as_slice) {
            Some([block, count]) => (block, count, None),
            Some([block, count, bits]) => (block, count, Some(bits)),
            _ => return Err(wrong()),
        };
        let block = text_of(&self.required(block)?).ok_or_else(wrong)?;
        if block == UNKNOWN {
            return Ok(vec![UNKNOWN].into());
        }
        let number = |value: &Value| -> Result<u32, FormationError> {
            text_of(&self.required(value)?).and_then(|text| text.parse().ok()).ok_or_else(wrong)
        };
        let bits = bits.map_or(Ok(cidr::HOST_BITS), number)?;
        cidr::blocks(&block, number(count)?, bits).map(Value::from).ok_or_else(wrong)
    }

    fn zones(&self, argument: &Value) -> Result<Value, FormationError> {
        let region = text_of(&self.required(argument)?).unwrap_or_default();
        if region.is_empty() || region == self.pseudo.region {
            return Ok(self.pseudo.zones.clone().into());
        }
        // The region is alone in its world. [U] the words
        Err(FormationError::function(format_args!("Fn::GetAZs cannot find the region {region}")))
    }
}

/// https://github.com/aws-cloudformation/aws-cloudformation-templates/issues/263
fn no_export(name: &str) -> FormationError {
    FormationError(format!("No export named {name} found"))
}

/// https://repost.aws/knowledge-center/cloudformation-template-validation
fn unresolved(id: &str) -> FormationError {
    FormationError::format(format_args!(
        "Unresolved resource dependencies [{id}] in the Resources block of the template"
    ))
}

/// A scalar as text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
