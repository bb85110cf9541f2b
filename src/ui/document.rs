//! The one JSON document that `--output json` writes, on every path. It only shapes; the shell writes it.

use serde::Serialize;
use serde_json::Value;

use crate::error::Failure;

/// Version of the document's form; raised when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// What a command has to say, as data.
#[derive(Debug, Clone, Serialize)]
pub struct Document<'a> {
    schema: u32,
    command: &'a str,
    result: &'static str,
    exit_code: u8,
    data: &'a Value,
    warnings: &'a [String],
    error: Option<ErrorPart<'a>>,
}

#[derive(Debug, Clone, Serialize)]
struct ErrorPart<'a> {
    kind: &'static str,
    message: &'a str,
    cause: Option<&'a str>,
    hint: Option<&'a str>,
    aws: Option<AwsPart<'a>>,
}

#[derive(Debug, Clone, Serialize)]
struct AwsPart<'a> {
    operation: &'a str,
    code: Option<&'a str>,
    request_id: Option<&'a str>,
}

impl<'a> Document<'a> {
    /// The document of a command by its word, with the facts it found and the failure that ended it, if any.
    pub fn new(command: &'a str, data: &'a Value, warnings: &'a [String], failure: Option<&'a Failure>) -> Self {
        let result = match failure {
            None => "ok",
            Some(failure) if failure.kind.is_refusal() => "refused",
            Some(_) => "failed",
        };
        let error = failure.map(|failure| ErrorPart {
            kind: failure.kind.word(),
            message: &failure.message,
            cause: failure.cause.as_deref(),
            hint: failure.hint.as_deref(),
            aws: failure.aws.as_ref().map(|aws| AwsPart {
                operation: aws.operation,
                code: aws.code.as_deref(),
                request_id: aws.request_id.as_deref(),
            }),
        });
        let exit_code = failure.map_or(0, |failure| failure.kind.exit_code());
        Self { schema: SCHEMA, command, result, exit_code, data, warnings, error }
    }
}

#[cfg(test)]
mod tests {
    use super::Document;
    use crate::error::{Failure, Kind};
    use serde_json::{Value, json};

    #[test]
    fn every_field_is_there_on_every_path() {
        let empty = Value::Null;
        let fine = serde_json::to_value(Document::new("up", &empty, &[], None)).unwrap_or_default();
        assert_eq!(
            fine,
            json!({"schema": 1, "command": "up", "result": "ok", "exit_code": 0, "data": null, "warnings": [],
                   "error": null})
        );
        for (kind, result) in [(Kind::Declined, "refused"), (Kind::OperationFailed, "failed"), (Kind::Usage, "refused")]
        {
            let failure = Failure::new(kind, "no").hint("type yes");
            let document = serde_json::to_value(Document::new("up", &empty, &[], Some(&failure))).unwrap_or_default();
            assert_eq!(document["result"], result);
            assert_eq!(document["exit_code"], kind.exit_code());
            let error = json!({"kind": kind.word(), "message": "no", "cause": null, "hint": "type yes", "aws": null});
            assert_eq!(document["error"], error);
        }
    }
}
