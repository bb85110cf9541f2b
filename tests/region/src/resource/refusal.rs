//! How a service's refusal reads in the event of a resource.

use serde_json::{Map, Value};

use super::{ResourceContext, ResourceFailure};
use crate::AwsError;

impl ResourceContext {
    /// The failure of a handler whose call to `service` (by the SDK's name, such as `ElasticLoadBalancingV2`) was
    /// refused, in the words that CloudFormation's handlers put around the service's own.
    pub fn refused(&self, service: &str, error: &AwsError) -> ResourceFailure {
        let code = handler_code(&error.code);
        let request = self.region.random.uuid();
        ResourceFailure::new(
            code,
            format!(
                "Resource handler returned message: \"{} (Service: {service}, Status Code: {}, Request ID: {request}) \
                 (SDK Attempt Count: 1)\" (RequestToken: {}, HandlerErrorCode: {code})",
                error.message, error.status, self.token
            ),
        )
    }

    /// The failure of a creation whose identifier is taken, as the handlers of AWS's registry say it.
    /// https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ListResourceRequests.html
    pub fn already_exists(&self, type_name: &str, identifier: &str) -> ResourceFailure {
        self.handler_says(
            "AlreadyExists",
            &format!("Resource of type '{type_name}' with identifier '{identifier}' already exists."),
        )
    }

    /// The failure of an update of what is not there any more, in the words of the same contract.
    /// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
    pub fn not_found(&self, type_name: &str, identifier: &str) -> ResourceFailure {
        self.handler_says(
            "NotFound",
            &format!("Resource of type '{type_name}' with identifier '{identifier}' was not found."),
        )
    }

    /// A handler's own words, without a service behind them.
    fn handler_says(&self, code: &'static str, message: &str) -> ResourceFailure {
        let token = &self.token;
        let reason = format!(
            "Resource handler returned message: \"{message}\" (RequestToken: {token}, HandlerErrorCode: {code})"
        );
        ResourceFailure::new(code, reason)
    }

    /// The resource's own `Tags` property and the operation's tags, as pairs; its own win.
    pub fn tags_with(&self, properties: &Map<String, Value>) -> Vec<(String, String)> {
        tags_of(properties, &self.tags)
    }
}

/// A resource's own `Tags` property and those of its stack, as pairs; its own win.
pub fn tags_of(properties: &Map<String, Value>, of_stack: &[(String, String)]) -> Vec<(String, String)> {
    let own = properties.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut tags: Vec<(String, String)> = own.map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect();
    for (key, value) in of_stack {
        if !tags.iter().any(|(known, _)| known == key) {
            tags.push((key.clone(), value.clone()));
        }
    }
    tags
}

/// CloudFormation's handler error codes.
/// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
fn handler_code(code: &str) -> &'static str {
    let has = |part: &str| code.contains(part);
    if has("NotFound") || has("NoSuch") {
        "NotFound"
    } else if has("Duplicate") || has("AlreadyExists") {
        "AlreadyExists"
    } else if has("Limit") || has("TooMany") {
        "ServiceLimitExceeded"
    } else if has("AccessDenied") || has("UnauthorizedOperation") {
        "AccessDenied"
    } else if has("InternalError") {
        "ServiceInternalError"
    } else if has("ResourceInUse") || has("DependencyViolation") {
        "ResourceConflict"
    } else {
        "InvalidRequest"
    }
}
