//! Error answers in each protocol.

use serde_json::{Value, json};

use crate::AwsError;
use crate::wire::model::Model;
use crate::wire::xml::escape;

/// An error answer: status, content type, headers beyond the request id's, body.
#[derive(Debug)]
pub(in crate::wire) struct Rendered {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// The code as it is on the wire.
    pub code: String,
}

/// Renders an error; the model gives code and status of its own error shapes.
pub(in crate::wire) fn render(model: &Model, error: &AwsError, request_id: &str) -> Rendered {
    let shape = model.shapes.get(&error.code).filter(|shape| shape.exception || shape.error.is_some());
    let of_shape = shape.and_then(|shape| shape.error.as_ref());
    let code = of_shape.and_then(|error| error.code.clone()).unwrap_or_else(|| error.code.clone());
    let status = match (error.status, of_shape.and_then(|error| error.http_status_code)) {
        (400, Some(status)) => status,
        (status, _) => status,
    };
    let message = escape(&error.message);
    let side = if status >= 500 { "Receiver" } else { "Sender" };
    let rendered =
        |content_type, body| Rendered { status, content_type, headers: Vec::new(), body, code: code.clone() };
    match model.metadata.protocol.as_str() {
        "json" => {
            // Each shape says how its message is called; those that are not modelled say `message`.
            let named = shape.is_some_and(|shape| shape.members.contains_key("Message"));
            let mut body = json!({ "__type": code, if named { "Message" } else { "message" }: error.message });
            for (name, value) in &*error.fields {
                body[name] = value.clone();
            }
            let content_type = if model.metadata.json_version.as_deref() == Some("1.0") {
                "application/x-amz-json-1.0"
            } else {
                "application/x-amz-json-1.1"
            };
            let mut rendered = rendered(content_type, body.to_string());
            rendered.headers.push(("x-amzn-errortype", code.clone()));
            rendered
        }
        "ec2" => rendered(
            "text/xml;charset=UTF-8",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
            ),
        ),
        "rest-xml" if model.metadata.endpoint_prefix == "s3" => {
            let fields: String = error
                .fields
                .iter()
                .map(|(name, value)| format!("<{name}>{}</{name}>", escape(value.as_str().unwrap_or_default())))
                .collect();
            rendered(
                "application/xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{fields}<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
                ),
            )
        }
        _ => {
            let namespace = model.namespace();
            let fields: String = error.fields.iter().map(|(name, value)| field(name, value)).collect();
            rendered(
                "text/xml",
                format!(
                    "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{side}</Type><Code>{code}</Code><Message>{message}</Message>{fields}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
                ),
            )
        }
    }
}

fn field(name: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: String = items
                .iter()
                .filter_map(Value::as_str)
                .map(|item| format!("<Message>{}</Message>", escape(item)))
                .collect();
            format!("<{name}>{items}</{name}>")
        }
        Value::String(text) => format!("<{name}>{}</{name}>", escape(text)),
        other => format!("<{name}>{other}</{name}>"),
    }
}
