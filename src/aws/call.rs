//! One error for every AWS call: what was asked, what AWS said, and what kind of trouble it is.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::{login, skew};
use crate::error::{AwsDetail, Failure, Kind};

/// What kind of trouble a call met, as far as callers act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// No credentials were found, or those found are not accepted.
    Credentials,
    /// The credentials were good and have run out.
    Expired,
    /// This machine's clock is too far off for AWS to accept what it signs.
    Skewed,
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

    /// A call that cannot be put together.
    #[must_use]
    pub(super) fn unsendable(operation: &'static str, why: &dyn fmt::Display) -> Self {
        Self { operation, kind: CallKind::Unsendable, code: None, message: why.to_string(), request_id: None }
    }

    /// What a watch says while it tries again.
    #[must_use]
    pub fn passing_words(&self) -> String {
        match self.kind {
            CallKind::Throttled => "AWS asks for fewer calls; asking less often".to_owned(),
            CallKind::Unreachable => format!("AWS cannot be reached ({}); trying again", self.message),
            _ => format!("AWS fails to answer ({}); trying again", self.message),
        }
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
        let header = |name| error.raw_response().and_then(|response| response.headers().get(name));
        let (kind, message) = match &error {
            SdkError::ServiceError(_) => {
                let said = error.message().unwrap_or_default();
                let skew = skew::of(code.as_deref(), said, header("date"), jiff::Timestamp::now());
                let a_page = code.is_none() && header("content-type").is_some_and(|kind| kind.contains("html"));
                match skew {
                    Some(skew) => (CallKind::Skewed, format!("this machine's clock is {} AWS's", skew::words(skew))),
                    // Something between here and AWS answered, and may stop to.
                    None if a_page => {
                        (CallKind::Server, format!("a web page in place of an answer, {}", status_words(status)))
                    }
                    None if said.is_empty() => (kind_of(code.as_deref(), status), status_words(status)),
                    None => (kind_of(code.as_deref(), status), said.to_owned()),
                }
            }
            SdkError::ResponseError(_) => (CallKind::Server, format!("unreadable answer, {}", status_words(status))),
            SdkError::TimeoutError(_) => (CallKind::Unreachable, "no answer in time".to_owned()),
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => of_transport(&error),
            _ => (CallKind::Unsendable, chain(&error)),
        };
        let error = Self { operation, kind, code, message, request_id };
        // Some callers do without the answer: at least `-vv` says why it is not there.
        tracing::debug!(%error, "failed");
        error
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
        "" if status == Some(403) => CallKind::Denied,
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
            return about(credentials);
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
/// A source of credentials that did not answer in time may do so later.
fn about(credentials: &CredentialsError) -> (CallKind, String) {
    match credentials {
        CredentialsError::CredentialsNotLoaded(_) => (
            CallKind::Credentials,
            "there are none in the environment, in the profile, or for the role of this machine".to_owned(),
        ),
        CredentialsError::ProviderTimedOut(_) => (CallKind::Unreachable, chain(credentials)),
        other => (CallKind::Credentials, chain(other)),
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
        let again;
        let (kind, message, hint) = match error.kind {
            CallKind::Credentials if error.message.contains("scoped to a valid region") => (
                Kind::Region,
                "AWS does not take the region that was named".to_owned(),
                Some("look at --region, AWS_REGION and AWS_ENDPOINT_URL; then repeat the command"),
            ),
            CallKind::Credentials => {
                again = format!("{}; then repeat the command", login::advice());
                (Kind::Credentials, "no AWS credentials that work".to_owned(), Some(again.as_str()))
            }
            CallKind::Expired => {
                again = format!("{}; then repeat the command: it resumes", login::advice());
                (Kind::Credentials, "the AWS credentials have expired".to_owned(), Some(again.as_str()))
            }
            CallKind::Skewed => (
                Kind::Credentials,
                "AWS does not accept the time of this machine".to_owned(),
                Some("set the clock, for example with `sudo timedatectl set-ntp true`; then repeat the command"),
            ),
            CallKind::Denied => (
                Kind::Denied,
                format!("the AWS credentials may not do {operation}"),
                Some(
                    "ask for this permission (`dockreg iam-policy` prints all that are needed), or use other credentials with --profile",
                ),
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
            (None, 403, CallKind::Denied),
            (Some("SomethingNew"), 403, CallKind::Refused),
        ];
        for (code, status, kind) in table {
            assert_eq!(kind_of(code, Some(status)), kind, "{code:?} {status}");
        }
    }
}
