//! Scalars between their text on the wire and JSON: numbers, booleans, timestamps.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::{Value, json};

use super::model::Shape;

/// Reads the text of a scalar; None when it is not of the shape's type.
pub(super) fn read(shape: &Shape, text: &str) -> Option<Value> {
    match shape.kind.as_str() {
        "string" | "blob" => Some(json!(text)),
        "boolean" => match text {
            "true" => Some(json!(true)),
            "false" => Some(json!(false)),
            _ => None,
        },
        "integer" | "long" => text.parse::<i64>().ok().map(|number| json!(number)),
        "double" | "float" => text.parse::<f64>().ok().map(|number| json!(number)),
        "timestamp" => seconds(text).map(|seconds| json!(seconds)),
        _ => None,
    }
}

/// Reads a timestamp in any of the three forms AWS accepts.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
fn seconds(text: &str) -> Option<f64> {
    let exact = |at: Timestamp| at.as_millisecond() as f64 / 1000.0;
    text.parse::<f64>()
        .ok()
        .or_else(|| text.parse::<Timestamp>().ok().map(exact))
        .or_else(|| rfc2822::parse(text).ok().map(|zoned| exact(zoned.timestamp())))
}

/// The text of a scalar; None when the value is not of the shape's type. `format` is the timestamp's.
pub(super) fn write(shape: &Shape, format: &str, value: &Value) -> Option<String> {
    match (shape.kind.as_str(), value) {
        ("string" | "blob", Value::String(text)) => Some(text.clone()),
        ("boolean", Value::Bool(on)) => Some(on.to_string()),
        ("integer" | "long", Value::Number(number)) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        ("double" | "float", Value::Number(number)) => Some(number.to_string()),
        ("timestamp", Value::Number(number)) => moment(number.as_f64()?, format),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit 64 bits")]
fn moment(seconds: f64, format: &str) -> Option<String> {
    let at = Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()?;
    match format {
        "rfc822" => rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok(),
        "unixTimestamp" => Some(seconds.to_string()),
        _ => Some(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{moment, seconds};

    #[test]
    fn timestamps_go_both_ways() {
        assert_eq!(moment(1_764_000_000.25, "iso8601").as_deref(), Some("2025-11-24T16:00:00.250Z"));
        assert_eq!(moment(1_764_000_000.0, "rfc822").as_deref(), Some("Mon, 24 Nov 2025 16:00:00 GMT"));
        for text in ["1764000000", "2025-11-24T16:00:00Z", "Mon, 24 Nov 2025 16:00:00 GMT"] {
            assert_eq!(seconds(text), Some(1_764_000_000.0), "{text}");
        }
    }
}
