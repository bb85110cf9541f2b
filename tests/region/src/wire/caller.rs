//! Who calls: the signature checked against the keys of the world, each refusal in the service's own code.
//!
//! The words of errors are [U] where no source is cited.

use super::model::Model;
use super::signature::{Head, Signed};
use crate::service::Principal;
use crate::{AwsError, Region};

/// How far a request's time may be off, in seconds.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html: "within five minutes"
const SKEW_SECONDS: i64 = 5 * 60;
/// S3 allows more.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (RequestTimeTooSkewed: 15 minutes)
const S3_SKEW_SECONDS: i64 = 15 * 60;

/// Why a caller is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Unsigned,
    Malformed(String),
    UnknownKey,
    WrongToken,
    Expired,
    WrongSignature,
    WrongScope(String),
    /// Text for services that say `Signature expired` or `Signature not yet current`, without the first word.
    Skewed(String),
}

/// The principal behind a signature. `payload` is the hash that the canonical request ends in.
///
/// # Errors
/// The refusal, to be worded by [`error`].
pub(super) fn principal(
    region: &Region,
    model: &Model,
    signed: &Signed,
    head: &Head,
    payload: &str,
) -> Result<Principal, Refusal> {
    let now = region.clock.now();
    let off = now.as_second() - signed.at.as_second();
    let allowed = if signed.service == "s3" { S3_SKEW_SECONDS } else { SKEW_SECONDS };
    let key = region.world(|world| world.iam.keys.get(&signed.access_key).cloned()).ok_or(Refusal::UnknownKey)?;
    if key.token != signed.token {
        return Err(Refusal::WrongToken);
    }
    if key.expires.is_some_and(|expires| expires <= region.clock.epoch()) {
        return Err(Refusal::Expired);
    }
    let late = signed.lives.map_or(off > allowed, |lives| off > lives);
    if late || off < -allowed {
        return Err(skewed(now, off));
    }
    // IAM and Route 53 are global: signed for the partition's first region, whatever the client's.
    // https://docs.aws.amazon.com/general/latest/gr/rande.html
    let global = matches!(signed.service.as_str(), "iam" | "route53");
    let home = match region.settings.partition.as_str() {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    };
    let expected = if global { home } else { region.settings.region.as_str() };
    if signed.service != model.signing_name() {
        return Err(Refusal::WrongScope(format!(
            "Credential should be scoped to correct service: '{}'.",
            model.signing_name()
        )));
    }
    // Buckets of other regions are told apart by the service itself.
    if signed.service != "s3" && signed.region != expected {
        return Err(Refusal::WrongScope(format!(
            "Credential should be scoped to a valid region, not '{}'.",
            signed.region
        )));
    }
    if signed.is_by(&key.secret, head, payload) { Ok(key.principal) } else { Err(Refusal::WrongSignature) }
}

/// The refusal of a request that was signed `off` seconds before `now`, by the service's clock.
// https://github.com/aws-amplify/aws-sdk-android/issues/88, https://github.com/boto/botocore/issues/149 (both texts)
pub(super) fn skewed(now: jiff::Timestamp, off: i64) -> Refusal {
    let before = |seconds: i64| {
        let at = now.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now);
        at.strftime("%Y%m%dT%H%M%SZ").to_string()
    };
    Refusal::Skewed(if off > 0 {
        format!("expired: {} is now earlier than {} ({} - 5 min.)", before(off), before(SKEW_SECONDS), before(0))
    } else {
        format!(
            "not yet current: {} is still later than {} ({} + 5 min.)",
            before(off),
            before(-SKEW_SECONDS),
            before(0)
        )
    })
}

/// The error that the service answers for a refusal.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
pub(super) fn error(model: &Model, refusal: Refusal) -> AwsError {
    let s3 = model.metadata.endpoint_prefix == "s3";
    let protocol = if s3 { "s3" } else { model.metadata.protocol.as_str() };
    let invalid_token = "The security token included in the request is invalid.";
    let mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
    let expired = "The security token included in the request is expired";
    let no_access = "AWS was not able to validate the provided access credentials";
    let (code, message, status) = match (refusal, protocol) {
        (Refusal::Unsigned, "s3") => ("AccessDenied", "Access Denied".to_owned(), 403),
        (Refusal::Unsigned, "json") => {
            ("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned(), 400)
        }
        (Refusal::Unsigned, _) => {
            ("MissingAuthenticationToken", "Request is missing Authentication Token".to_owned(), 403)
        }
        (Refusal::Malformed(text), "s3") => ("AuthorizationHeaderMalformed", text, 400),
        (Refusal::Malformed(text), "json") => ("IncompleteSignatureException", text, 400),
        (Refusal::Malformed(text), _) => ("IncompleteSignature", text, 403),
        (Refusal::UnknownKey, "s3") => {
            ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.".to_owned(), 403)
        }
        (Refusal::WrongToken, "s3") => {
            ("InvalidToken", "The provided token is malformed or otherwise invalid.".to_owned(), 400)
        }
        (Refusal::UnknownKey | Refusal::WrongToken, "json") => {
            ("UnrecognizedClientException", invalid_token.to_owned(), 400)
        }
        (Refusal::UnknownKey | Refusal::WrongToken | Refusal::WrongSignature, "ec2") => {
            ("AuthFailure", no_access.to_owned(), 401)
        }
        (Refusal::UnknownKey | Refusal::WrongToken, _) => ("InvalidClientTokenId", invalid_token.to_owned(), 403),
        (Refusal::Expired, "s3") => ("ExpiredToken", "The provided token has expired.".to_owned(), 400),
        (Refusal::Expired, "json") => ("ExpiredTokenException", expired.to_owned(), 400),
        (Refusal::Expired, "ec2") => ("RequestExpired", "Request has expired.".to_owned(), 400),
        (Refusal::Expired, _) => ("ExpiredToken", expired.to_owned(), 403),
        (Refusal::WrongSignature, "json") => ("InvalidSignatureException", mismatch.to_owned(), 400),
        (Refusal::WrongSignature, _) => ("SignatureDoesNotMatch", mismatch.to_owned(), 403),
        (Refusal::WrongScope(text), "json") => ("InvalidSignatureException", text, 400),
        (Refusal::WrongScope(text), "ec2") => ("AuthFailure", text, 401),
        (Refusal::WrongScope(text), "s3") => ("AuthorizationHeaderMalformed", text, 400),
        (Refusal::WrongScope(text), _) => ("SignatureDoesNotMatch", text, 403),
        (Refusal::Skewed(_), "s3") => (
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.".to_owned(),
            403,
        ),
        (Refusal::Skewed(_), "ec2") => ("RequestExpired", "Request has expired.".to_owned(), 400),
        (Refusal::Skewed(text), "json") => ("InvalidSignatureException", format!("Signature {text}"), 400),
        (Refusal::Skewed(text), _) => ("SignatureDoesNotMatch", format!("Signature {text}"), 403),
    };
    AwsError::new(code, message).with_status(status)
}
