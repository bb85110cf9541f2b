//! Dynamic references: `{{resolve:SERVICE:…}}` inside property values.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html

use serde_json::Value;

/// One dynamic reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// `{{resolve:ssm:NAME[:VERSION]}}`
    Ssm { name: String, version: Option<u64> },
    /// `{{resolve:secretsmanager:ID[:SecretString[:KEY[:STAGE[:VERSION]]]]}}`
    Secret { id: String, key: Option<String>, stage: Option<String>, version: Option<String> },
}

/// Replaces the references in a value by what `look_up` says.
///
/// # Errors
/// The first error of `look_up`, or a reference that cannot be read.
pub fn replace(
    value: &Value,
    look_up: &mut dyn FnMut(&Reference) -> Result<Option<String>, String>,
) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(replace_text(text, look_up)?),
        Value::Array(items) => Value::Array(items.iter().map(|item| replace(item, look_up)).collect::<Result<_, _>>()?),
        Value::Object(map) => {
            let mut replaced = serde_json::Map::new();
            for (key, item) in map {
                replaced.insert(key.clone(), replace(item, look_up)?);
            }
            Value::Object(replaced)
        }
        other => other.clone(),
    })
}

/// `look_up` may leave a reference as it stands by answering None.
fn replace_text(
    text: &str,
    look_up: &mut dyn FnMut(&Reference) -> Result<Option<String>, String>,
) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{resolve:") {
        let Some(length) = rest[start..].find("}}") else { break };
        let whole = &rest[start..start + length + 2];
        result.push_str(&rest[..start]);
        match look_up(&parse(whole)?)? {
            Some(value) => result.push_str(&value),
            None => result.push_str(whole),
        }
        rest = &rest[start + length + 2..];
    }
    result.push_str(rest);
    Ok(result)
}

fn parse(whole: &str) -> Result<Reference, String> {
    let inner = whole.trim_start_matches("{{resolve:").trim_end_matches("}}");
    let incorrect = || format!("Incorrect format is used in the following SSM reference: [{whole}]");
    let (service, rest) = inner.split_once(':').ok_or_else(incorrect)?;
    match service {
        "ssm" => match rest.split_once(':') {
            None => Ok(Reference::Ssm { name: rest.to_owned(), version: None }),
            Some((name, version)) => {
                let version = version.parse().map_err(|_| incorrect())?;
                Ok(Reference::Ssm { name: name.to_owned(), version: Some(version) })
            }
        },
        "secretsmanager" => {
            let (id, rest) = secret_id(rest);
            let mut parts = rest.split(':').map(|part| (!part.is_empty()).then(|| part.to_owned()));
            if let Some(Some(kind)) = parts.next()
                && kind != "SecretString"
            {
                return Err(format!("Only SecretString is supported, not {kind}")); // [U]
            }
            let mut next = || parts.next().flatten();
            Ok(Reference::Secret { id, key: next(), stage: next(), version: next() })
        }
        _ => Err(format!("dynamic references to {service} are not supported")), // [U]
    }
}

/// An ARN has six colons of its own.
fn secret_id(rest: &str) -> (String, &str) {
    let colons = if rest.starts_with("arn:") { 7 } else { 1 };
    match rest.match_indices(':').nth(colons - 1) {
        Some((end, _)) => (rest[..end].to_owned(), &rest[end + 1..]),
        None => (rest.to_owned(), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_with_all_their_parts() {
        let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf";
        let secret = |id: &str, key: Option<&str>, stage: Option<&str>| Reference::Secret {
            id: id.to_owned(),
            key: key.map(str::to_owned),
            stage: stage.map(str::to_owned),
            version: None,
        };
        for (text, expected) in [
            ("{{resolve:ssm:/a/b}}", Reference::Ssm { name: "/a/b".into(), version: None }),
            ("{{resolve:ssm:/a/b:3}}", Reference::Ssm { name: "/a/b".into(), version: Some(3) }),
            ("{{resolve:secretsmanager:mine}}", secret("mine", None, None)),
            ("{{resolve:secretsmanager:mine:SecretString:password}}", secret("mine", Some("password"), None)),
            (
                &format!("{{{{resolve:secretsmanager:{arn}:SecretString:k:AWSPREVIOUS}}}}"),
                secret(arn, Some("k"), Some("AWSPREVIOUS")),
            ),
            (&format!("{{{{resolve:secretsmanager:{arn}}}}}"), secret(arn, None, None)),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        assert!(parse("{{resolve:ssm:/a/b:prod}}").is_err());
    }

    #[test]
    fn text_around_references_stays() {
        let replaced = replace_text("a {{resolve:ssm:x}} b {{resolve:ssm:y}}", &mut |reference| {
            Ok(Some(format!("{reference:?}").len().to_string()))
        });
        assert!(replaced.expect("replaces").starts_with("a "));
    }
}
