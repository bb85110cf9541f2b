//! One error for every AWS call: what was asked, what AWS said, and what kind of trouble it is.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use crate::error::{AwsDetail, Failure, Kind};

/// What kind of trouble a call met, as far as callers act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// No credentials were found, or those found are not accepted.
    Credentials,
    /// The credentials were good and have run out.
    Expired,
    /// The credentials may not do this.
    Denied,
    /// Too many calls; later it will work.
    Throttled,
    /// AWS failed on its side, or answered something unreadable; later it may work.
    Server,
    /// AWS could not be reached, or did not answer in time; later it may work.
    Unreachable,
    /// What was asked for does not exist.
    NotFound,
    /// AWS refused for a reason of its own.
    Refused,
    /// The request could not be made: a mistake in dockreg or its settings.
    Unsendable,
}

impl CallKind {
    /// Whether the same call may well succeed a little later.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::Server | Self::Unreachable)
    }
}

/// A failed AWS call.
#[derive(Clone, Debug)]
pub struct AwsCallError {
    /// The operation, for example `CreateChangeSet`.
    pub operation: &'static str,
    /// What kind of trouble it is.
    pub kind: CallKind,
    /// AWS's error code.
    pub code: Option<String>,
    /// AWS's message, or what the transport said.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
}

impl AwsCallError {
    /// A call whose answer lacks what AWS documents to be there.
    #[must_use]
    pub fn incomplete(operation: &'static str, missing: &str) -> Self {
        let message = format!("the answer lacks {missing}");
        Self { operation, kind: CallKind::Server, code: None, message, request_id: None }
    }

    /// Whether AWS's code is this one.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Reads the SDK's error of `operation`.
    pub(super) fn of<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let request_id = RequestId::request_id(&error).map(str::to_owned);
        let code = error.code().map(str::to_owned);
        let status = error.raw_response().map(|response| response.status().as_u16());
        let (kind, message) = match &error {
            SdkError::ServiceError(_) => {
                let kind = kind_of(code.as_deref(), status);
                (kind, error.message().map_or_else(|| status_words(status), str::to_owned))
            }
            SdkError::ResponseError(_) => (CallKind::Server, format!("unreadable answer, {}", status_words(status))),
            SdkError::TimeoutError(_) => (CallKind::Unreachable, "no answer in time".to_owned()),
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => of_transport(&error),
            _ => (CallKind::Unsendable, chain(&error)),
        };
        Self { operation, kind, code, message, request_id }
    }
}

fn status_words(status: Option<u16>) -> String {
    status.map_or_else(|| "no message".to_owned(), |status| format!("HTTP status {status}"))
}

/// Sorts AWS's error codes. The lists are those that several services share.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html>
fn kind_of(code: Option<&str>, status: Option<u16>) -> CallKind {
    match code.unwrap_or_default() {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => CallKind::Expired,
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "AuthFailure"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "InvalidToken" => CallKind::Credentials,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "UnauthorizedAccess" | "OptInRequired" => {
            CallKind::Denied
        }
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "PriorRequestNotComplete" => CallKind::Throttled,
        "NoSuchEntity"
        | "NoSuchBucket"
        | "NotFound"
        | "ResourceNotFoundException"
        | "ParameterNotFound"
        | "ChangeSetNotFound"
        | "NoSuchHostedZone"
        | "LoadBalancerNotFound"
        | "TargetGroupNotFound" => CallKind::NotFound,
        code if code.ends_with(".NotFound") => CallKind::NotFound,
        _ if status.is_some_and(|status| status >= 500) => CallKind::Server,
        _ if status == Some(429) => CallKind::Throttled,
        _ => CallKind::Refused,
    }
}

fn of_transport<E>(error: &SdkError<E, HttpResponse>) -> (CallKind, String)
where
    E: Error + Send + Sync + 'static,
{
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(credentials) = current.downcast_ref::<CredentialsError>() {
            return (CallKind::Credentials, about(credentials));
        }
        source = current.source();
    }
    let connector = match error {
        SdkError::DispatchFailure(dispatch) => dispatch.as_connector_error(),
        _ => None,
    };
    match connector {
        Some(connector) if connector.is_io() || connector.is_timeout() => (CallKind::Unreachable, chain(connector)),
        _ => {
            let text = chain(error);
            let kind = if text.contains("credential") || text.contains("identity") {
                CallKind::Credentials
            } else if connector.is_some() {
                CallKind::Unreachable
            } else {
                CallKind::Unsendable
            };
            (kind, text)
        }
    }
}

/// Why there are no credentials. The chain's own words list every provider over six lines and say no more.
fn about(credentials: &CredentialsError) -> String {
    match credentials {
        CredentialsError::CredentialsNotLoaded(_) => {
            "there are none in the environment, in the profile, or for the role of this machine".to_owned()
        }
        other => chain(other),
    }
}

/// An error and everything behind it, each said once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut source = Some(error);
    while let Some(current) = source {
        let text = current.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        source = current.source();
    }
    parts.join(": ")
}

impl fmt::Display for AwsCallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} ({code} from {})", self.message, self.operation),
            None => write!(f, "{} ({})", self.message, self.operation),
        }
    }
}

impl Error for AwsCallError {}

impl From<AwsCallError> for Failure {
    fn from(error: AwsCallError) -> Self {
        let operation = error.operation;
        let (kind, message, hint) = match error.kind {
            CallKind::Credentials => (
                Kind::Credentials,
                "no AWS credentials that work".to_owned(),
                Some(
                    "log in with `aws sso login` or `aws configure`, or name a profile with --profile, then repeat the command",
                ),
            ),
            CallKind::Expired => (
                Kind::Credentials,
                "the AWS credentials have expired".to_owned(),
                Some("log in again, for example with `aws sso login`, then repeat the command: it resumes"),
            ),
            CallKind::Denied => (
                Kind::Denied,
                format!("the AWS credentials may not do {operation}"),
                Some("ask for this permission, or use other credentials with --profile"),
            ),
            CallKind::Throttled => {
                (Kind::Endpoint, format!("AWS throttles {operation}"), Some("wait a minute and repeat the command"))
            }
            CallKind::Server => {
                (Kind::Endpoint, format!("AWS failed at {operation}"), Some("repeat the command: it resumes"))
            }
            CallKind::Unreachable => (
                Kind::Endpoint,
                format!("AWS cannot be reached for {operation}"),
                Some("check the network, HTTPS_PROXY, AWS_ENDPOINT_URL and the region's name, then repeat the command"),
            ),
            CallKind::NotFound | CallKind::Refused => (Kind::Refused, format!("AWS refused {operation}"), None),
            CallKind::Unsendable => (Kind::Bug, format!("the request {operation} could not be made"), None),
        };
        let mut failure = Self::new(kind, message).cause(error.message);
        failure.hint = hint.map(str::to_owned);
        failure.aws = Some(Box::new(AwsDetail { operation, code: error.code, request_id: error.request_id }));
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted() {
        let table = [
            (Some("ExpiredToken"), 400, CallKind::Expired),
            (Some("AccessDenied"), 403, CallKind::Denied),
            (Some("Throttling"), 400, CallKind::Throttled),
            (Some("InvalidClientTokenId"), 403, CallKind::Credentials),
            (Some("InvalidAMIID.NotFound"), 400, CallKind::NotFound),
            (Some("ValidationError"), 400, CallKind::Refused),
            (Some("InternalFailure"), 500, CallKind::Server),
            (None, 502, CallKind::Server),
        ];
        for (code, status, kind) in table {
            assert_eq!(kind_of(code, Some(status)), kind, "{code:?} {status}");
        }
    }
}
