//! The query and EC2 protocols: a form with dotted names.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ReadError;
use crate::wire::model::{Model, Reference, Shape};
use crate::wire::scalar;

/// Dotted names as a tree.
#[derive(Debug, Default)]
struct Node {
    value: Option<String>,
    children: BTreeMap<String, Node>,
}

/// Reads the parameters of an operation, `Action` and `Version` left out.
pub(in crate::wire) fn read(
    model: &Model,
    input: Option<&Reference>,
    form: &[(String, String)],
) -> Result<Value, ReadError> {
    let mut root = Node::default();
    for (name, value) in form.iter().filter(|(name, _)| name != "Action" && name != "Version") {
        let mut node = &mut root;
        for step in name.split('.') {
            node = node.children.entry(step.to_owned()).or_default();
        }
        node.value = Some(value.clone());
    }
    let reading = Reading { model, ec2: model.metadata.protocol == "ec2" };
    match input {
        Some(input) => reading.structure(model.shape(&input.shape), &root, ""),
        None => match root.children.into_keys().next() {
            Some(unknown) => Err(ReadError::Unknown(unknown)),
            None => Ok(Value::Object(Map::new())),
        },
    }
}

struct Reading<'a> {
    model: &'a Model,
    ec2: bool,
}

impl Reading<'_> {
    fn name(&self, member: &str, reference: &Reference) -> String {
        if !self.ec2 {
            return reference.location_name.as_deref().unwrap_or(member).to_owned();
        }
        if let Some(name) = &reference.query_name {
            return name.clone();
        }
        let name = reference.location_name.as_deref().unwrap_or(member);
        let mut characters = name.chars();
        characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
    }

    fn any(&self, reference: &Reference, node: &Node, path: &str) -> Result<Value, ReadError> {
        let shape = self.model.shape(&reference.shape);
        match shape.kind.as_str() {
            "structure" => self.structure(shape, node, path),
            "list" => self.list(shape, reference, node, path),
            "map" => self.map(shape, reference, node, path),
            _ => {
                if let Some(deeper) = node.children.keys().next() {
                    return Err(ReadError::Unknown(format!("{path}.{deeper}")));
                }
                let text = node.value.clone().unwrap_or_default();
                scalar::read(shape, &text)
                    .ok_or_else(|| ReadError::Malformed { parameter: path.to_owned(), value: text })
            }
        }
    }

    fn structure(&self, shape: &Shape, node: &Node, path: &str) -> Result<Value, ReadError> {
        let mut object = Map::new();
        for (name, child) in &node.children {
            let deeper = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let known = shape.members.iter().find(|(member, reference)| self.name(member, reference) == *name);
            let Some((member, reference)) = known else { return Err(ReadError::Unknown(deeper)) };
            object.insert(member.clone(), self.any(reference, child, &deeper)?);
        }
        Ok(Value::Object(object))
    }

    /// Elements under `member.N` (or the element's own name), or directly under the number when flattened.
    fn list(&self, shape: &Shape, reference: &Reference, node: &Node, path: &str) -> Result<Value, ReadError> {
        let Some(element) = &shape.member else { return Ok(Value::Array(Vec::new())) };
        if node.children.is_empty() {
            return Ok(Value::Array(Vec::new()));
        }
        let flat = self.ec2 || shape.flattened || reference.flattened;
        let within = element.location_name.as_deref().unwrap_or("member");
        self.numbered(node, (!flat).then_some(within), path)?
            .into_iter()
            .map(|(child, path)| self.any(element, child, &path))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array)
    }

    fn map(&self, shape: &Shape, reference: &Reference, node: &Node, path: &str) -> Result<Value, ReadError> {
        let (Some(key), Some(value)) = (&shape.key, &shape.value) else { return Ok(Value::Object(Map::new())) };
        let flat = shape.flattened || reference.flattened;
        let mut object = Map::new();
        for (entry, path) in self.numbered(node, (!flat).then_some("entry"), path)? {
            let key_name = key.location_name.as_deref().unwrap_or("key");
            let value_name = value.location_name.as_deref().unwrap_or("value");
            let key = entry.children.get(key_name).and_then(|key| key.value.clone());
            let (Some(key), Some(held)) = (key, entry.children.get(value_name)) else {
                return Err(ReadError::Malformed { parameter: path, value: String::new() });
            };
            object.insert(key, self.any(value, held, &path)?);
        }
        Ok(Value::Object(object))
    }

    /// The children of `node` (or of its child `within`) in the order of their numbers.
    fn numbered<'n>(
        &self,
        node: &'n Node,
        within: Option<&str>,
        path: &str,
    ) -> Result<Vec<(&'n Node, String)>, ReadError> {
        let (node, path) = match within {
            None => (node, path.to_owned()),
            Some(within) => {
                if let Some(other) = node.children.keys().find(|name| *name != within) {
                    return Err(ReadError::Unknown(format!("{path}.{other}")));
                }
                let deeper = format!("{path}.{within}");
                match node.children.get(within) {
                    Some(child) => (child, deeper),
                    None => return Ok(Vec::new()),
                }
            }
        };
        let mut found = Vec::new();
        for (name, child) in &node.children {
            let number = name.parse::<u32>().map_err(|_| ReadError::Unknown(format!("{path}.{name}")))?;
            found.push((number, child, format!("{path}.{name}")));
        }
        found.sort_by_key(|(number, ..)| *number);
        Ok(found.into_iter().map(|(_, child, path)| (child, path)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{ReadError, read};
    use crate::wire::model::model;
    use serde_json::json;

    fn of(service: &str, operation: &str, form: &[(&str, &str)]) -> Result<serde_json::Value, ReadError> {
        let (_, model) = model(service).expect("a model");
        let form: Vec<(String, String)> =
            form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read(model, model.operations[operation].input.as_ref(), &form)
    }

    #[test]
    fn query_lists_have_a_member_step() {
        let read = of(
            "cloudformation",
            "CreateStack",
            &[
                ("Action", "CreateStack"),
                ("StackName", "x"),
                ("Parameters.member.2.ParameterKey", "B"),
                ("Parameters.member.1.ParameterKey", "A"),
                ("Parameters.member.1.UsePreviousValue", "true"),
                ("Tags", ""),
            ],
        );
        assert_eq!(
            read,
            Ok(json!({ "StackName": "x", "Tags": [],
            "Parameters": [{ "ParameterKey": "A", "UsePreviousValue": true }, { "ParameterKey": "B" }] }))
        );
    }

    #[test]
    fn ec2_lists_are_flat_and_names_begin_upper_case() {
        let read = of(
            "ec2",
            "DescribeVpcs",
            &[("Filter.1.Name", "is-default"), ("Filter.1.Value.1", "true"), ("DryRun", "false")],
        );
        assert_eq!(read, Ok(json!({ "Filters": [{ "Name": "is-default", "Values": ["true"] }], "DryRun": false })));
    }

    #[test]
    fn what_the_model_does_not_know_is_refused() {
        assert_eq!(of("ec2", "DescribeVpcs", &[("Bogus", "1")]), Err(ReadError::Unknown("Bogus".to_owned())));
        let nested = of("cloudformation", "CreateStack", &[("Parameters.member.1.Key", "A")]);
        assert_eq!(nested, Err(ReadError::Unknown("Parameters.member.1.Key".to_owned())));
        let number = of("cloudformation", "CreateStack", &[("TimeoutInMinutes", "soon")]);
        assert!(matches!(number, Err(ReadError::Malformed { .. })));
    }
}
