//! XML answers of the query, EC2 and REST protocols.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{WriteError, wrong};
use crate::wire::model::{Model, Operation, Reference, absent};
use crate::wire::scalar;
use crate::wire::xml::escape;

/// The only namespace of attributes that AWS's models use.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A REST answer: status, headers and body. A streaming payload is not in it.
#[derive(Debug, Default)]
pub(in crate::wire) struct Rest {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// The body of a query or EC2 answer.
pub(in crate::wire) fn write(
    model: &Model,
    operation: &Operation,
    value: &Value,
    request_id: &str,
) -> Result<String, WriteError> {
    let (name, namespace) = (&operation.name, model.namespace());
    let mut inner = String::new();
    match &operation.output {
        Some(output) => Writing { model, default_format: "iso8601" }.members(&mut inner, output, value, "")?,
        None if value.as_object().is_none_or(Map::is_empty) => {}
        None => return Err(wrong("", "the operation has no output")),
    }
    if model.metadata.protocol == "ec2" {
        return Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name}Response xmlns=\"{namespace}\"><requestId>{request_id}</requestId>{inner}</{name}Response>"
        ));
    }
    let result = match operation.output.as_ref().and_then(|output| output.result_wrapper.as_deref()) {
        Some(wrapper) => format!("<{wrapper}>{inner}</{wrapper}>"),
        None => inner,
    };
    Ok(format!(
        "<{name}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
    ))
}

/// A REST answer.
pub(in crate::wire) fn write_rest(model: &Model, operation: &Operation, value: &Value) -> Result<Rest, WriteError> {
    let Some(output) = &operation.output else { return Ok(Rest::default()) };
    let shape = model.shape(&output.shape);
    let writing = Writing { model, default_format: "iso8601" };
    let mut rest = Rest::default();
    let mut body = Map::new();
    for (member, value) in value.as_object().into_iter().flatten().filter(|(_, value)| !absent(value)) {
        let Some(reference) = shape.members.get(member) else { return Err(wrong(member, "not a member")) };
        let name = reference.location_name.as_deref().unwrap_or(member);
        match reference.location.as_deref() {
            Some("header") => rest.headers.push((name.to_owned(), writing.scalar(reference, value, member, "rfc822")?)),
            Some("headers") => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    rest.headers.push((format!("{name}{key}"), value.as_str().unwrap_or_default().to_owned()));
                }
            }
            _ => {
                body.insert(member.clone(), value.clone());
            }
        }
    }
    let xmlns = model.namespace();
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    if let Some(payload) = &shape.payload {
        let reference = &shape.members[payload];
        match (model.shape(&reference.shape).kind.as_str(), body.remove(payload)) {
            (_, None) => {}
            ("structure", Some(value)) => {
                let name = reference.location_name.as_ref().unwrap_or(payload);
                let mut inner = String::new();
                writing.members(&mut inner, reference, &value, payload)?;
                rest.body = format!("{declaration}<{name} xmlns=\"{xmlns}\">{inner}</{name}>");
            }
            (_, Some(value)) => rest.body = value.as_str().unwrap_or_default().to_owned(),
        }
        return Ok(rest);
    }
    if shape.members.values().any(|member| member.location.is_none()) {
        let mut inner = String::new();
        writing.members(&mut inner, output, &Value::Object(body), "")?;
        let name = document(operation, &output.shape);
        if operation.name == "GetBucketLocation" {
            // The value is the document element's own.
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
            inner = inner.replace("<LocationConstraint>", "").replace("</LocationConstraint>", "");
        }
        rest.body = format!("{declaration}<{name} xmlns=\"{xmlns}\">{inner}</{name}>");
    }
    Ok(rest)
}

/// Name of the document element: the output shape's, but S3 names its answers after the thing.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
fn document<'o>(operation: &Operation, shape: &'o str) -> &'o str {
    match operation.name.as_str() {
        "CompleteMultipartUpload" => "CompleteMultipartUploadResult",
        "CreateMultipartUpload" => "InitiateMultipartUploadResult",
        "DeleteObjects" => "DeleteResult",
        "GetBucketAcl" => "AccessControlPolicy",
        "GetBucketLifecycleConfiguration" => "LifecycleConfiguration",
        "GetBucketLocation" => "LocationConstraint",
        "GetBucketTagging" | "GetObjectTagging" => "Tagging",
        "GetBucketVersioning" => "VersioningConfiguration",
        "ListBuckets" => "ListAllMyBucketsResult",
        "ListMultipartUploads" => "ListMultipartUploadsResult",
        "ListObjectVersions" => "ListVersionsResult",
        "ListObjects" | "ListObjectsV2" => "ListBucketResult",
        "ListParts" => "ListPartsResult",
        _ => shape,
    }
}

struct Writing<'a> {
    model: &'a Model,
    default_format: &'a str,
}

impl Writing<'_> {
    fn members(&self, out: &mut String, reference: &Reference, value: &Value, path: &str) -> Result<(), WriteError> {
        let shape = self.model.shape(&reference.shape);
        let Some(members) = value.as_object() else { return Err(wrong(path, &format!("not a structure: {value}"))) };
        for (member, value) in members.iter().filter(|(_, value)| !absent(value)) {
            let deeper = format!("{path}.{member}");
            let Some(reference) = shape.members.get(member) else { return Err(wrong(&deeper, "not a member")) };
            if reference.xml_attribute {
                continue;
            }
            let name = reference.location_name.as_deref().unwrap_or(member);
            self.element(out, name, reference, value, &deeper)?;
        }
        Ok(())
    }

    /// The members that the model writes as attributes, such as a grantee's `xsi:type`, with the prefix they need.
    fn attributes(&self, reference: &Reference, value: &Value, path: &str) -> Result<String, WriteError> {
        let shape = self.model.shape(&reference.shape);
        let mut text = String::new();
        for (member, reference) in shape.members.iter().filter(|(_, reference)| reference.xml_attribute) {
            if absent(&value[member]) {
                continue;
            }
            let held = self.scalar(reference, &value[member], path, self.default_format)?;
            let name = reference.location_name.as_deref().unwrap_or(member);
            let _ = write!(text, " xmlns:xsi=\"{XSI}\" {name}=\"{}\"", escape(&held));
        }
        Ok(text)
    }

    fn element(
        &self,
        out: &mut String,
        name: &str,
        reference: &Reference,
        value: &Value,
        path: &str,
    ) -> Result<(), WriteError> {
        let shape = self.model.shape(&reference.shape);
        match (shape.kind.as_str(), value) {
            ("structure", _) => {
                let mut inner = String::new();
                self.members(&mut inner, reference, value, path)?;
                // Writing to a String does not fail.
                let attributes = self.attributes(reference, value, path)?;
                let _ = write!(out, "<{name}{attributes}>{inner}</{name}>");
            }
            ("list", Value::Array(elements)) => {
                let Some(element) = &shape.member else { return Err(wrong(path, "the list has no element")) };
                let flat = shape.flattened || reference.flattened;
                let item = if flat { name } else { element.location_name.as_deref().unwrap_or("member") };
                let mut inner = String::new();
                for value in elements {
                    self.element(&mut inner, item, element, value, path)?;
                }
                out.push_str(&if flat { inner } else { format!("<{name}>{inner}</{name}>") });
            }
            ("map", Value::Object(entries)) => {
                let (Some(key), Some(held)) = (&shape.key, &shape.value) else {
                    return Err(wrong(path, "the map has no key"));
                };
                let flat = shape.flattened || reference.flattened;
                let key_name = key.location_name.as_deref().unwrap_or("key");
                let mut inner = String::new();
                for (entry, value) in entries {
                    let mut pair = format!("<{key_name}>{}</{key_name}>", escape(entry));
                    self.element(&mut pair, held.location_name.as_deref().unwrap_or("value"), held, value, path)?;
                    let wrapper = if flat { name } else { "entry" };
                    let _ = write!(inner, "<{wrapper}>{pair}</{wrapper}>");
                }
                out.push_str(&if flat { inner } else { format!("<{name}>{inner}</{name}>") });
            }
            _ => {
                let text = self.scalar(reference, value, path, self.default_format)?;
                let _ = write!(out, "<{name}>{}</{name}>", escape(&text));
            }
        }
        Ok(())
    }

    fn scalar(&self, reference: &Reference, value: &Value, path: &str, default: &str) -> Result<String, WriteError> {
        let shape = self.model.shape(&reference.shape);
        let format = reference.timestamp_format.as_deref().or(shape.timestamp_format.as_deref()).unwrap_or(default);
        scalar::write(shape, format, value).ok_or_else(|| wrong(path, &format!("not a {}: {value}", shape.kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::{write, write_rest};
    use crate::wire::model::model;
    use serde_json::json;

    #[test]
    fn answers_have_the_models_names() {
        let (_, ec2) = model("ec2").expect("a model");
        let answer = json!({ "Vpcs": [{ "VpcId": "vpc-1", "IsDefault": true, "Tags": [] }] });
        let body = write(ec2, &ec2.operations["DescribeVpcs"], &answer, "r").expect("written");
        assert!(
            body.contains(
                "<vpcSet><item><vpcId>vpc-1</vpcId><isDefault>true</isDefault><tagSet></tagSet></item></vpcSet>"
            ),
            "{body}"
        );
        let (_, formation) = model("cloudformation").expect("a model");
        let answer =
            json!({ "Stacks": [{ "StackName": "a&b", "CreationTime": 0.5, "StackStatus": "CREATE_COMPLETE" }] });
        let body = write(formation, &formation.operations["DescribeStacks"], &answer, "r").expect("written");
        assert!(body.contains("<DescribeStacksResult><Stacks><member><StackName>a&amp;b</StackName>"), "{body}");
        assert!(body.contains("<CreationTime>1970-01-01T00:00:00.500Z</CreationTime>"), "{body}");
    }

    #[test]
    fn attributes_are_attributes() {
        let (_, s3) = model("s3").expect("a model");
        let answer =
            json!({ "Grants": [{ "Permission": "FULL_CONTROL", "Grantee": { "ID": "1", "Type": "CanonicalUser" } }] });
        let body = write_rest(s3, &s3.operations["GetBucketAcl"], &answer).expect("written").body;
        let grantee =
            r#"<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>1</ID>"#;
        assert!(body.contains(grantee), "{body}");
    }

    #[test]
    fn what_the_model_does_not_know_is_a_bug() {
        let (_, ec2) = model("ec2").expect("a model");
        for bad in [json!({ "Vpcs": [{ "Bogus": 1 }] }), json!({ "Vpcs": [{ "VpcId": 1 }] }), json!({ "Vpcs": "none" })]
        {
            assert!(write(ec2, &ec2.operations["DescribeVpcs"], &bad, "r").is_err(), "{bad}");
        }
    }
}
