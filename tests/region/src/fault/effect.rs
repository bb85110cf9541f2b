//! What a fault does, and the errors that are the same whoever calls.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::AwsError;

/// What a fault does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// The operation answers this error; status 400 unless given.
    Fail {
        code: String,
        message: String,
        #[serde(default)]
        status: Option<u16>,
    },
    /// `Throttling: Rate exceeded`, in the service's own code.
    #[default]
    Throttle,
    /// The caller's token is said to be expired.
    ExpireToken,
    /// The caller is said not to be allowed, in the service's own code.
    Denied,
    /// The request is said to be signed too early or too late.
    SkewedClock,
    /// The service's own 500.
    InternalFailure,
    /// A 502 with a page in HTML, as of a proxy on the way.
    BadGateway,
    /// The connection is closed without an answer; the call took no effect.
    CutBefore,
    /// The connection is closed without an answer after the call took effect.
    CutAfter,
    /// The connection is reset (RST); the call took no effect.
    ResetBefore,
    /// The connection is reset (RST) after the call took effect.
    ResetAfter,
    /// No answer ever comes; the call takes no effect.
    Stall,
    /// No answer ever comes, though the call took effect.
    StallAfter,
    /// The call is carried out this many seconds late.
    Slow(f64),
    /// The answer's body comes byte by byte, for this many seconds in all. Long ones come in larger pieces: no two within
    /// a millisecond.
    Drip(f64),
    /// `DescribeStackEvents` shows only this many of the oldest events, and so many more each further time.
    DripEvents(usize),
    /// The CloudFormation resource fails with this reason.
    FailResource { reason: String },
    /// The CloudFormation resource takes this many simulated seconds longer.
    SlowResource(f64),
}

impl Effect {
    /// Whether it happens to resources of stacks rather than to calls.
    pub fn is_about_resources(&self) -> bool {
        matches!(self, Self::FailResource { .. } | Self::SlowResource(_))
    }

    /// Whether it is an answer in place of the operation's own.
    pub fn is_an_answer(&self) -> bool {
        matches!(
            self,
            Self::Fail { .. }
                | Self::Throttle
                | Self::ExpireToken
                | Self::Denied
                | Self::SkewedClock
                | Self::InternalFailure
                | Self::BadGateway
        )
    }

    /// The delay that it makes.
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Self::Slow(seconds) | Self::SlowResource(seconds) => Duration::try_from_secs_f64(*seconds).ok(),
            _ => None,
        }
    }

    /// The error of [`Effect::Fail`], [`Effect::Throttle`] and [`Effect::InternalFailure`], for the model `service`.
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (RequestLimitExceeded, InternalError)
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (SlowDown, InternalError)
    pub fn error(&self, service: &str) -> Option<AwsError> {
        let json = matches!(service, "acm" | "logs" | "secretsmanager" | "service-quotas" | "ssm");
        let (code, message, status) = match (self, service) {
            (Self::Fail { code, message, status }, _) => {
                return Some(AwsError::new(code, message).with_status(status.unwrap_or(400)));
            }
            (Self::Throttle, "ec2") => ("RequestLimitExceeded", "Request limit exceeded.", 503),
            (Self::Throttle, "s3") => ("SlowDown", "Please reduce your request rate.", 503),
            (Self::Throttle, _) if json => ("ThrottlingException", "Rate exceeded", 400),
            (Self::Throttle, _) => ("Throttling", "Rate exceeded", 400),
            (Self::InternalFailure, "ec2") => ("InternalError", "An internal error has occurred", 500),
            (Self::InternalFailure, "s3") => {
                ("InternalError", "We encountered an internal error. Please try again.", 500)
            }
            // https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
            (Self::InternalFailure, _) => (
                "InternalFailure",
                "The request processing has failed because of an unknown error, exception or failure.",
                500,
            ),
            _ => return None,
        };
        Some(AwsError::new(code, message).with_status(status))
    }
}
