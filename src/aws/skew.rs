//! Tells by how much this machine's clock is wrong when AWS refuses a signature for its time.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// AWS allows five minutes (S3 fifteen); what is below explains no refusal.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const ALLOWED: SignedDuration = SignedDuration::from_mins(4);

/// Codes with which services refuse a request for its time; some of them say no more than that.
const CODES: [&str; 6] = [
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "AuthFailure",
];

/// How far this machine's clock is ahead of AWS's (negative: behind), when that is why the call was refused. `date` is
/// the answer's header.
pub(super) fn of(code: Option<&str>, message: &str, date: Option<&str>, now: Timestamp) -> Option<SignedDuration> {
    code.filter(|code| CODES.contains(code))?;
    let skew = in_message(message).or_else(|| {
        let theirs = jiff::fmt::rfc2822::parse(date?).ok()?.timestamp();
        Some(now.duration_since(theirs))
    })?;
    (skew.abs() > ALLOWED).then_some(skew)
}

/// `Signature expired: 20251126T064500Z is now earlier than 20251126T074000Z (20251126T074500Z - 5 min.)`: the first time
/// is that of the request, the last one AWS's own.
fn in_message(message: &str) -> Option<SignedDuration> {
    if !message.starts_with("Signature expired") && !message.starts_with("Signature not yet current") {
        return None;
    }
    let words = message.split(|letter: char| !letter.is_ascii_alphanumeric());
    let times: Vec<Timestamp> = words.filter_map(time).collect();
    Some(times.first()?.duration_since(*times.last()?))
}

fn time(word: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%S", word.strip_suffix('Z')?).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

/// The skew for people: `1 h 0 min behind`.
pub(super) fn words(skew: SignedDuration) -> String {
    let minutes = skew.abs().as_mins();
    let time = if minutes < 60 { format!("{minutes} min") } else { format!("{} h {} min", minutes / 60, minutes % 60) };
    format!("{time} {}", if skew.is_positive() { "ahead of" } else { "behind" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: Option<&str> = Some("Wed, 26 Nov 2025 07:45:00 GMT");

    fn told(code: &str, message: &str, date: Option<&str>, now: &str) -> Option<String> {
        of(Some(code), message, date, now.parse().expect("a time")).map(words)
    }

    #[test]
    fn the_message_says_it_or_the_date_of_the_answer() {
        let late =
            "Signature expired: 20251126T064500Z is now earlier than 20251126T074000Z (20251126T074500Z - 5 min.)";
        let early = "Signature not yet current: 20251126T080000Z is still later than 20251126T075000Z (20251126T074500Z + 5 min.)";
        let now = "2025-11-26T07:45:00Z";
        assert_eq!(told("SignatureDoesNotMatch", late, DATE, now).as_deref(), Some("1 h 0 min behind"));
        assert_eq!(told("InvalidSignatureException", early, None, now).as_deref(), Some("15 min ahead of"));
        let ahead = "2025-11-26T08:05:30Z";
        assert_eq!(told("RequestExpired", "Request has expired.", DATE, ahead).as_deref(), Some("20 min ahead of"));
    }

    #[test]
    fn other_refusals_are_none_of_the_clocks() {
        let now = "2025-11-26T07:47:00Z";
        assert_eq!(told("SignatureDoesNotMatch", "The signature we calculated does not match", DATE, now), None);
        assert_eq!(told("AccessDenied", "no", DATE, "2025-11-26T09:45:00Z"), None);
        assert_eq!(told("RequestExpired", "Request has expired.", None, now), None);
    }
}
